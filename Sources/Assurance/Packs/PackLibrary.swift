import Foundation
public import Kernel
import Synchronization
import Yams

/// The packs that stand in a folder, each read when it is first asked for, with the editions of one facility over them.
///
/// A facility's own edition stands in the place of the folder's edition of the same id. Nobody else sees it.
public final class PackLibrary: Sendable {
  public let folder: String
  /// Whose editions lie over those of the folder; nil for the folder alone.
  let owner: FacilityID?
  private let own: [String: Pack]
  private let files: Files
  private let overlays: Overlays

  /// What has been read of the folder.
  private final class Files: Sendable {
    struct Cache {
      var packs: [String: Pack] = [:]
      var concepts: [Concept]?
      var survey: Survey?
    }
    let cache = Mutex(Cache())
  }

  /// What the facilities of one installation laid over it.
  private final class Overlays: Sendable {
    let all = Mutex<[FacilityID: (count: Int, library: PackLibrary)]>([:])
  }

  public init(folder: String) {
    (self.folder, owner, own, files, overlays) = (folder, nil, [:], Files(), Overlays())
  }

  /// The folder of `other`, and what of it has been read, for another installation.
  public init(sharing other: PackLibrary) {
    (folder, owner, own, files, overlays) = (other.folder, nil, [:], other.files, Overlays())
  }

  private init(_ base: PackLibrary, own: [Pack], of owner: FacilityID?) {
    (folder, files, overlays, self.owner) = (base.folder, base.files, base.overlays, owner)
    self.own = Dictionary(own.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  // MARK: Editions of a facility

  /// The folder alone, as it was shipped.
  var shipped: PackLibrary { owner == nil ? self : PackLibrary(self, own: [], of: nil) }

  /// What the facility sees, when its editions have changed `count` times; nil when that was not read yet.
  func overlay(of facility: FacilityID, at count: Int) -> PackLibrary? {
    overlays.all.withLock { $0[facility] }.flatMap { $0.count == count ? $0.library : nil }
  }

  /// What the facility sees, as this process read it last. For places that cannot wait; see `seen(by:)`.
  func known(to facility: FacilityID) -> PackLibrary {
    if owner == facility { return self }
    return overlays.all.withLock { $0[facility]?.library } ?? shipped
  }

  /// Remembers what a facility sees.
  func lay(_ editions: [Pack], of facility: FacilityID, at count: Int) -> PackLibrary {
    let library = PackLibrary(self, own: editions, of: facility)
    overlays.all.withLock { all in
      // An installation of a region has many facilities; those not asked for lately are read again.
      if all.count >= PackLibrary.mostOverlays { all = [:] }
      all[facility] = (count, library)
    }
    return library
  }

  private static let mostOverlays = 200

  /// Finds the folder: `MAMORITE_PACKS`, else `Packs` beside the program or in a folder above it or above the working directory.
  ///
  /// - Throws: `PackProblem.folderMissing`.
  public static func find(environment: [String: String]) throws(PackProblem) -> PackLibrary {
    if let folder = environment["MAMORITE_PACKS"] {
      guard isFolder(folder) else { throw .folderMissing(folder) }
      return PackLibrary(folder: folder)
    }
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    for start in [executable, FileManager.default.currentDirectoryPath + "/x"] {
      var place = URL(fileURLWithPath: start).deletingLastPathComponent()
      for _ in 0..<8 {
        let candidate = place.appendingPathComponent("Packs").path
        if isFolder(candidate + "/concepts") { return PackLibrary(folder: candidate) }
        place.deleteLastPathComponent()
      }
    }
    throw .folderMissing("Packs")
  }

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// Ids of every edition, oldest first.
  public func ids() throws(PackProblem) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw .folderMissing(folder)
    }
    let standing = names.filter {
      PackLibrary.isFolder("\(folder)/\($0)")
        && FileManager.default.fileExists(atPath: "\(folder)/\($0)/pack.yaml")
    }
    return Set(standing).union(own.keys).sorted()
  }

  public func packs() throws(PackProblem) -> [Pack] {
    var packs: [Pack] = []
    for id in try ids() { packs.append(try pack(id)) }
    return packs.sorted { ($0.fiscalYear, $0.id) < ($1.fiscalYear, $1.id) }
  }

  public func pack(_ id: String) throws(PackProblem) -> Pack {
    if let mine = own[id] { return mine }
    if let known = files.cache.withLock({ $0.packs[id] }) { return known }
    // The id comes from a URL or a shell: it may only name a folder here.
    guard !id.isEmpty,
      id.utf8.allSatisfy({ $0 == 0x2D || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }),
      PackLibrary.isFolder("\(folder)/\(id)")
    else { throw .unknownPack(id) }
    let head = try decode(PackFile.self, "\(id)/pack.yaml")
    let items = try decode(ItemsFile.self, "\(id)/items.yaml")
    let pack = Pack(head, items)
    files.cache.withLock { $0.packs[id] = pack }
    return pack
  }

  public func form(_ id: String, of pack: String) throws(PackProblem) -> Pack.Form {
    guard let form = try self.pack(pack).form(id) else { throw .unknownForm(pack: pack, form: id) }
    return form
  }

  /// A form that can be answered.
  ///
  /// - Throws: `PackProblem.itemsUnknown` while the edition's items are not known yet; `.unknownForm`, `.unknownPack`.
  public func answerableForm(_ id: String, of pack: Pack) throws(PackProblem) -> Pack.Form {
    guard pack.unknown == nil else { throw .itemsUnknown(pack: pack.id) }
    guard let form = pack.form(id) else { throw .unknownForm(pack: pack.id, form: id) }
    guard !form.items.isEmpty else { throw .itemsUnknown(pack: pack.id) }
    return form
  }

  public func concepts() throws(PackProblem) -> [Concept] {
    if let known = files.cache.withLock({ $0.concepts }) { return known }
    let concepts = try decode(ConceptsFile.self, "concepts/concepts.yaml").concepts
    files.cache.withLock { $0.concepts = concepts }
    return concepts
  }

  public func concept(_ id: String) throws(PackProblem) -> Concept? { try concepts().first { $0.id == id } }

  public func survey() throws(PackProblem) -> Survey {
    if let known = files.cache.withLock({ $0.survey }) { return known }
    let survey = try decode(Survey.self, "mhlw-survey/survey.yaml")
    files.cache.withLock { $0.survey = survey }
    return survey
  }

  /// The edition of `family` to work with in `year`: its own when its items are known, else the newest before it that are.
  public func edition(of family: String, for year: FiscalYear, form: String) throws(PackProblem) -> Pack {
    let usable = try packs().filter { pack in
      pack.family == family && pack.fiscalYear <= year && !(pack.form(form)?.items.isEmpty ?? true)
    }
    guard let newest = usable.last else { throw .unknownForm(pack: family, form: form) }
    return newest
  }

  private func decode<T: Decodable>(_ type: T.Type, _ name: String) throws(PackProblem) -> T {
    let path = "\(folder)/\(name)"
    do {
      return try YAMLDecoder().decode(type, from: String(contentsOfFile: path, encoding: .utf8))
    } catch {
      throw .broken(file: path, reason: PackLibrary.explain(error))
    }
  }

  /// What is wrong and where, in one line.
  static func explain(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    let context: DecodingError.Context
    switch error {
    case .keyNotFound(let key, let found): return "\(key.stringValue) is missing at \(place(found))"
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found): context = found
    @unknown default: return "\(error)"
    }
    return "\(context.debugDescription) at \(place(context))"
  }

  private static func place(_ context: DecodingError.Context) -> String {
    context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
  }
}

/// `pack.yaml`
struct PackFile: Decodable {
  struct Form: Decodable {
    let id: String
    let title: Bilingual
    let confidence: Confidence
    let counts: Pack.Counts
    let note: Bilingual?
  }

  let format: Int
  let id: String
  let family: String
  let edition: String
  let fiscalYear: Int
  let revision: Int?
  let title: Bilingual
  let status: String
  let notice: Bilingual
  let unknown: Bilingual?
  let changes: [Bilingual]
  let sources: [Pack.Source]
  let forms: [Form]

  enum CodingKeys: String, CodingKey {
    case format, id, family, edition, revision, title, status, notice, unknown, changes, sources, forms
    case fiscalYear = "fiscal_year"
  }
}

/// `items.yaml`
struct ItemsFile: Decodable {
  struct Form: Decodable {
    let id: String
    let sections: [Pack.Section]
  }

  let format: Int
  let forms: [Form]
}

private struct ConceptsFile: Decodable { let concepts: [Concept] }

extension Pack {
  init(_ head: PackFile, _ items: ItemsFile) {
    let sections = Dictionary(
      items.forms.map { ($0.id, $0.sections) }, uniquingKeysWith: { first, _ in first })
    self.init(
      id: head.id, family: head.family, edition: head.edition, fiscalYear: FiscalYear(head.fiscalYear),
      revision: head.revision ?? 1,
      title: head.title, notice: head.notice, unknown: head.unknown, changes: head.changes,
      forms: head.forms.map { form in
        Form(
          id: form.id, title: form.title, confidence: form.confidence, note: form.note, counts: form.counts,
          sections: sections[form.id] ?? [])
      }, sources: head.sources)
  }
}
