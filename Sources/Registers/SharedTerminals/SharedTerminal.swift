import Foundation
import Kernel
import Web

enum SharedTerminalTag {}
typealias SharedTerminalID = ID<SharedTerminalTag>

/// A browser that several people use in turn, as at a nurses' station.
struct SharedTerminal: Sendable, Equatable {
  let id: SharedTerminalID
  let facility: FacilityID
  let name: String
  /// After so long without anyone at it, the screen is locked.
  let lockMinutes: Int
  let createdAt: Instant
  let version: Int

  static let minutes = 1...15
  static let usualMinutes = 3
  /// How long a session on one may last in all: a shift, and the time for handing over.
  static let absoluteMs: Int64 = 12 * 3_600_000

  /// - Throws: ``SharedTerminalRefusal``.
  init(
    id: SharedTerminalID, facility: FacilityID, name: String, minutes: String, createdAt: Instant,
    version: Int = 1
  ) throws(SharedTerminalRefusal) {
    guard let name = name.trimmed(to: 1...60) else { throw .badName }
    guard let minutes = Int(minutes), SharedTerminal.minutes.contains(minutes) else { throw .badMinutes }
    (self.id, self.facility, self.name) = (id, facility, name)
    (lockMinutes, self.createdAt, self.version) = (minutes, createdAt, version)
  }

  init(
    id: SharedTerminalID, facility: FacilityID, name: String, lockMinutes: Int, createdAt: Instant,
    version: Int
  ) {
    (self.id, self.facility, self.name) = (id, facility, name)
    (self.lockMinutes, self.createdAt, self.version) = (lockMinutes, createdAt, version)
  }

  /// Whether a session at which someone was last seen then is locked.
  static func isLocked(at now: Instant, lastSeen: Instant, lockMinutes: Int, lockedAt: Instant?) -> Bool {
    lockedAt != nil || lastSeen.adding(milliseconds: Int64(lockMinutes) * 60_000) <= now
  }
}

/// What stood in pages when the screen was locked, and is given back to the same person only.
struct KeptInput: Sendable, Equatable, Codable {
  struct Form: Sendable, Equatable, Codable {
    let action: String
    /// Name and value of each field, in order.
    let fields: [[String]]
  }

  struct Page: Sendable, Equatable, Codable {
    let path: String
    /// Whether it was on its way to being saved: it is then offered for sending again.
    let posted: Bool
    let forms: [Form]
    /// What the script keeps in the tab, by its name there.
    var drafts: [String: String]?
  }

  var pages: [Page] = []

  static let (mostPages, mostBytes) = (8, 1 << 20)

  /// With one more page in front; the same page counts once, and what is too much is left out.
  func adding(_ page: Page) -> KeptInput {
    var next = KeptInput(pages: [page] + pages.filter { $0.path != page.path || $0.posted != page.posted })
    next.pages = Array(next.pages.prefix(KeptInput.mostPages))
    while next.pages.count > 1, (next.text?.utf8.count ?? 0) > KeptInput.mostBytes { next.pages.removeLast() }
    return next
  }

  /// Where its person goes on: what was on its way to being saved comes first.
  var path: String { pages.contains(where: \.posted) ? "/terminal/kept" : pages.first?.path ?? "/" }

  /// As it is stored; nil when there is nothing.
  var text: String? {
    guard !pages.isEmpty else { return nil }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    // Plain texts always encode.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What was stored; nothing where it cannot be read any more.
  init(text: String?) {
    guard let text, let known = try? JSONDecoder().decode(KeptInput.self, from: Data(text.utf8)) else {
      return
    }
    self = known
  }

  init(pages: [Page] = []) { self.pages = pages }
}

extension KeptInput.Page {
  /// What the script of a page sends when it locks; nil when it is none of ours.
  init?(sent text: String) {
    guard text.utf8.count <= KeptInput.mostBytes,
      let page = try? JSONDecoder().decode(KeptInput.Page.self, from: Data(text.utf8)),
      page.forms.allSatisfy({ $0.fields.allSatisfy { $0.count == 2 } })
    else { return nil }
    let forms = page.forms.map { form in
      KeptInput.Form(
        action: String(form.action.prefix(500)),
        fields: form.fields.filter { SignedOutPage.mayBeKept($0[0]) })
    }
    self.init(path: localPath(page.path), posted: page.posted, forms: forms, drafts: page.drafts)
  }

  /// A form that was sent while the screen was locked.
  init(posted path: String, _ form: FormValues) {
    let fields = form.fields.filter { SignedOutPage.mayBeKept($0.name) }.map { [$0.name, $0.value] }
    self.init(
      path: localPath(path), posted: true,
      forms: [KeptInput.Form(action: localPath(path), fields: fields)], drafts: nil)
  }
}

enum SharedTerminalRefusal: Problem, Equatable {
  case badName, badMinutes, notHere

  var code: String { "terminals.\(self)" }
  var kind: ProblemKind { self == .notHere ? .notFound : .invalid }
  var field: String? {
    switch self {
    case .badName: "name"
    case .badMinutes: "minutes"
    case .notHere: nil
    }
  }
}
