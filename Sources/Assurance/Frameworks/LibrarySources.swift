import Frameworks
import Kernel
import Storage

extension Libraries {
  /// A profile of OSCAL rests on other documents, and rows of a workbook are named in one of several ways: both are settled here, with
  /// the other files of the run and with what is on the shelf.
  struct Sources {
    let files: [Source]
    let place: Place?
    let shelved: [ShelvedLibrary]
    /// How rows of workbooks are named; nil to look which way agrees with the version that is there.
    let urns: URNMode?

    func settled(_ read: Result<LibraryFile, any Error>, of number: Int) async throws -> Result<
      LibraryFile, any Error
    > {
      switch read {
      case .failure(let problem as FrameworkProblem):
        guard case .needsSource = problem else { return read }
        return try await profile(files[number], problem)
      case .failure: return read
      case .success(let file):
        guard case .workbook = file.form, urns == nil else { return read }
        return try await workbook(file, files[number])
      }
    }

    // MARK: Profiles

    /// Reads it again with one document more, until it lacks none.
    private func profile(_ source: Source, _ first: FrameworkProblem) async throws -> Result<
      LibraryFile, any Error
    > {
      var beside: [String: LibraryFile.Beside] = [:]
      var problem = first
      while case .needsSource(_, let name) = problem, beside[name] == nil {
        do {
          guard let found = try await document(name, besides: source.name) else { break }
          beside[name] = found
          return .success(
            try LibraryFile.read(try LibraryFile.bytes(of: source), named: source.name, beside: beside))
        } catch let next as FrameworkProblem { problem = next } catch { return .failure(error) }
      }
      return .failure(problem)
    }

    /// Among the files of this run, else on the shelf, the newest version first.
    private func document(_ stem: String, besides name: String) async throws -> LibraryFile.Beside? {
      let isOSCAL: (Source) -> Bool = { $0.name != name && LibraryFile.stem(of: $0.name) == stem }
      if let file = files.first(where: isOSCAL) { return .file(try LibraryFile.bytes(of: file)) }
      let fitting = shelved.filter { $0.facts.source == stem }
      // Any of them might be meant: the name of a file says little.
      guard Set(fitting.map(\.identity)).count <= 1 else {
        let names = Set(fitting.map { "\($0.facts.name) (\($0.urn))" }).sorted().joined(separator: "、")
        throw FrameworkProblem.manySources(file: name, name: stem, libraries: names)
      }
      let known = fitting.max { $0.version < $1.version }
      guard let known, let body = try await place?.body(of: known.id) else { return nil }
      return .stored(body: body, sha256: known.sha256)
    }

    // MARK: Workbooks

    /// A library keeps the way in which its rows were named: otherwise every answer would lose its requirement.
    private func workbook(_ file: LibraryFile, _ source: Source) async throws -> Result<
      LibraryFile, any Error
    > {
      let known = shelved.filter { $0.identity == file.library.identity }.max { $0.version < $1.version }
      guard let known, let body = try await place?.body(of: known.id) else { return .success(file) }
      let before = Set(try LibraryFile.library(from: body, named: known.facts.name).nodeNames)
      var (best, most) = (file, file.library.nodeNames.count(where: before.contains))
      guard most < before.count else { return .success(file) }
      let bytes = try LibraryFile.bytes(of: source)
      for mode in URNMode.allCases where mode != .current {
        // A way that does not fit may name two rows alike.
        guard let other = try? LibraryFile.read(bytes, named: source.name, urns: mode) else { continue }
        let count = other.library.nodeNames.count(where: before.contains)
        if count > most { (best, most) = (other, count) }
      }
      if case .workbook(let mode) = best.form, mode != .current { best.note(.urnMode, "\(mode.rawValue)") }
      return .success(best)
    }
  }
}

extension Library {
  /// Folded, of all its frameworks.
  fileprivate var nodeNames: [String] { frameworks.flatMap { $0.nodes.map { URN.folded($0.urn) } } }
}
