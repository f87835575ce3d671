import Foundation
import Frameworks
import Kernel
import Storage
import Synchronization
public import Web

/// The frameworks that come with the program, in `Packs/frameworks`: the form of CISO Assistant, our own words, each with its source.
///
/// A facility chooses those that it works with. A chosen one stands on its shelf as any other library: a later version of the program
/// is an update with its differences, and nothing that was answered is lost.
public struct OwnFrameworks: Sendable {
  let folder: String

  public init(_ library: PackLibrary) { folder = library.folder + "/frameworks" }

  /// What a list says of one.
  struct Summary: Sendable {
    /// Of the file, without its ending: `guideline-6.0`.
    let id: String
    let identity: Library.Identity
    let version: Int
    let sha256: String
    let counts: LibraryCounts
    let copyrights: [String: String]
    let names: [String: String]
    let descriptions: [String: String]

    func name(in language: String) -> String { names[language] ?? names["ja"] ?? id }
    func copyright(in language: String) -> String? { copyrights[language] ?? copyrights["ja"] }
    func description(in language: String) -> String { descriptions[language] ?? descriptions["ja"] ?? "" }
  }

  /// The names of the files without their ending, in order.
  public var ids: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// One of them as a file to be taken in; nil when there is none of this name.
  public func source(_ id: String) -> Libraries.Source? {
    // The name comes from a URL or a shell: it may only be that of a file here.
    guard ids.contains(id) else { return nil }
    let path = "\(folder)/\(id).yaml"
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    return Libraries.Source(name: "\(id).yaml", bytes: size) {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw FrameworkProblem.unreadable(file: path)
      }
      return [UInt8](data)
    }
  }

  func file(_ id: String) throws -> LibraryFile {
    guard let source = source(id) else { throw FrameworkProblem.noSuchLibrary }
    return try LibraryFile.read(try source.read(), named: source.name)
  }

  private static let known = Mutex<[String: [Summary]]>([:])

  /// Read once; they change with the program only.
  func summaries() throws -> [Summary] {
    if let known = OwnFrameworks.known.withLock({ $0[folder] }) { return known }
    let summaries = try ids.map { id in
      let file = try file(id)
      let library = file.library
      return Summary(
        id: id, identity: library.identity, version: library.version, sha256: file.sha256,
        counts: LibraryCounts(library), copyrights: library.texts("copyright", own: library.copyright),
        names: library.texts("name", own: library.name),
        descriptions: library.texts("description", own: library.description))
    }
    OwnFrameworks.known.withLock { $0[folder] = summaries }
    return summaries
  }

  // MARK: Slice

  /// Choosing one of them; the permissions are those of ``Libraries``.
  public static func feature(_ library: PackLibrary) -> Feature {
    var feature = Feature("own-frameworks")
    let own = OwnFrameworks(library)
    feature.routes = { routes in
      routes.get("frameworks/own", needs: .frameworksRead) { request, scope in
        .page(
          OwnFrameworkPages.list(request, try own.summaries(), try await scope.read { try $0.libraries() }))
      }
      routes.post("frameworks/own/:name/adoption", needs: .frameworksTake) { request, scope in
        guard let source = own.source(try request.parameter("name")) else {
          throw FrameworkProblem.noSuchLibrary
        }
        let report = try await Libraries.take([source], into: .facility(scope), isTrial: false).first
        if let problem = report?.problem { throw problem }
        return .redirect(to: "/frameworks?taken=\(urlEncoded(report?.name ?? ""))")
      }
    }
    return feature
  }
}

extension Library {
  /// By language.
  fileprivate func texts(_ field: String, own: String?) -> [String: String] {
    var texts = translations.texts(field)
    texts[locale] = own
    return texts
  }
}
