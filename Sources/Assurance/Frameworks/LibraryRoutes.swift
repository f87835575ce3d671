import Frameworks
import Kernel
import Publishing
import Registers
import Storage
import Web

extension Libraries {
  static func routes(_ routes: inout Routes) {
    routes.get("frameworks", needs: .frameworksRead) { request, scope in
      .page(LibraryPages.list(request, try await scope.read { try $0.libraries() }))
    }
    imports(&routes)
    routes.get("frameworks/:id", needs: .frameworksRead) { request, scope in
      let id: ID<ShelvedLibrary> = try request.id()
      let shown = try await scope.read { tx -> LibraryPages.Shown? in
        guard let library = try tx.library(id) else { return nil }
        return LibraryPages.Shown(
          library: library, versions: try tx.versions(of: library), remarks: try tx.remarks(of: id))
      }
      guard let shown else { throw FrameworkProblem.noSuchLibrary }
      let content = try await opened(shown.library, in: scope)
      return .page(LibraryPages.library(request, shown, content))
    }
    routes.post("frameworks/:id/retirement", needs: .frameworksTake) { request, scope in
      let id: ID<ShelvedLibrary> = try request.id()
      let name = try await scope.write { tx -> String in
        guard let library = try tx.library(id) else { throw FrameworkProblem.noSuchLibrary }
        guard !library.isShared else { throw LibraryRefusal.shared }
        let audits = try tx.auditCount(on: library)
        guard audits == 0 else { throw LibraryRefusal.inUse(audits) }
        try tx.retire(library)
        return library.facts.name
      }
      return .redirect(to: "/frameworks?retired=\(urlEncoded(name))")
    }
    routes.get("frameworks/:id/requirements", needs: .frameworksRead) { request, scope in
      let id: ID<ShelvedLibrary> = try request.id()
      guard let library = try await scope.read({ try $0.library(id) }) else {
        throw FrameworkProblem.noSuchLibrary
      }
      let content = try await opened(library, in: scope)
      guard let view = RequirementView(request, content) else { throw WebProblem.notFound }
      return .page(RequirementPages.page(request, library, view))
    }
    routes.get("frameworks/:id/library.yaml", needs: .frameworksRead) { request, scope in
      let id: ID<ShelvedLibrary> = try request.id()
      let found = try await scope.read { tx in
        (try tx.library(id), try tx.libraryBody(of: id))
      }
      guard let library = found.0, let body = found.1 else { throw FrameworkProblem.noSuchLibrary }
      let text = try LibraryFile.yaml(from: body, named: library.facts.name)
      return .file(
        Array(text.utf8), type: "application/yaml; charset=utf-8", name: "\(library.facts.name).yaml")
    }
  }

  private static func imports(_ routes: inout Routes) {
    routes.get("frameworks/import", needs: .frameworksTake) { request, _ in
      .page(LibraryImportPages.choose(request, nil))
    }
    routes.post("frameworks/import", needs: .frameworksTake, bodyLimit: fileBytes + 1 << 20) {
      request, scope in
      let file = try request.form().files["file"]
      do {
        guard let file, !file.bytes.isEmpty else { throw LibraryRefusal.noFile }
        let report = try await desk.inTurn {
          try await one(file.bytes, named: file.name, isTrial: true, in: scope)
        }
        if let problem = report.problem { throw problem }
        let upload: ID<Upload> = scope.newID()
        if report.outcome != .same {
          try await scope.write {
            try $0.housekeeping.keepUpload(upload, file.name, file.bytes, by: scope.facility, now: scope.now)
          }
        }
        return .page(LibraryImportPages.preview(request, report, upload))
      } catch let problem as any Problem where problem.kind != .unavailable {
        return .page(LibraryImportPages.choose(request, problem), status: 422)
      }
    }
    routes.post("frameworks/import/apply", needs: .frameworksTake) { request, scope in
      guard let id = ID<Upload>(try request.form()["upload"]) else { throw LibraryRefusal.uploadGone }
      let upload = try await scope.read { try $0.frameworkUpload(id) }
      guard let upload else { throw LibraryRefusal.uploadGone }
      let report = try await desk.inTurn {
        try await one(upload.bytes, named: upload.name, isTrial: false, in: scope)
      }
      if let problem = report.problem { throw problem }
      try await scope.write { try $0.housekeeping.forgetUpload(id, by: scope.facility) }
      return .redirect(to: "/frameworks?taken=\(urlEncoded(report.name))")
    }
  }

  /// One file is read at a time: the largest takes 200 MB while it is.
  private static let desk = Turns(atOnce: 1)

  private static func one(_ bytes: [UInt8], named name: String, isTrial: Bool, in scope: Scope) async throws
    -> LibraryReport
  {
    let source = Source(name: name, bytes: bytes.count) { bytes }
    let reports = try await take([source], into: .facility(scope), isTrial: isTrial)
    guard let report = reports.first else { throw LibraryRefusal.noFile }
    return report
  }

  /// The content of a library that this facility has been found to see; the last few stay in memory.
  static func opened(_ library: ShelvedLibrary, in scope: Scope) async throws -> Library {
    guard let content = try await content(library.sha256, in: scope) else {
      throw FrameworkProblem.noSuchLibrary
    }
    return content
  }

  /// The content of the file with this fingerprint; nil when the facility sees none.
  ///
  /// Whoever asks for one that is in memory has a record with its fingerprint, and so has been found to see it.
  static func content(_ sha256: String, in scope: Scope) async throws -> Library? {
    if let known = OpenedLibraries.common[sha256] { return known }
    guard let (name, body) = try await scope.read({ try $0.libraryBody(sha256: sha256) }) else { return nil }
    let content = try LibraryFile.library(from: body, named: name)
    OpenedLibraries.common[sha256] = content
    return content
  }
}

/// Why a page did not take a file, or did not take it off.
enum LibraryRefusal: Problem, Equatable {
  case noFile, uploadGone, shared
  /// So many audits stand on it.
  case inUse(Int)

  var code: String {
    switch self {
    case .inUse: "libraries.inUse"
    default: "libraries.\(self)"
    }
  }
  var kind: ProblemKind {
    switch self {
    case .noFile: .invalid
    case .uploadGone: .notFound
    case .shared: .forbidden
    case .inUse: .conflict
    }
  }
  var arguments: [String] { if case .inUse(let audits) = self { ["\(audits)"] } else { [] } }
}
