import Foundation
public import Frameworks
public import Kernel
import Registers
public import Storage
public import Web

/// Frameworks from outside: taking libraries in, keeping their versions, browsing them.
public enum Libraries {
  public static var feature: Feature {
    var feature = Feature("frameworks")
    feature.migrations = migrations
    feature.catalogs = [LibraryText.catalog]
    let read: Set<Permission> = [.frameworksRead]
    let take = read.union([.frameworksTake])
    feature.grants = [
      .administrator: take, .safetyManager: take, .itStaff: take, .management: read, .contributor: read,
      .auditor: read, .specialist: read,
    ]
    feature.routes = routes
    feature.due = [
      "frameworks.tell": { row, scope in
        guard let telling = Telling(subject: row.subject) else { return }
        try await scope.write { try $0.tellOfShared(telling) }
      }
    ]
    return feature
  }

  /// The largest file that a page takes; the command line takes larger ones.
  static let fileBytes = 16 << 20

  /// Files that were shown and wait for a decision, in one facility.
  static let keptUploads = 3

  /// Where libraries go.
  public enum Place: Sendable {
    /// For all facilities of an installation, those that come later too.
    case installation(Database, by: Actor, now: Instant)
    case facility(Scope)

    func shelf() async throws -> [ShelvedLibrary] {
      switch self {
      case .installation(let database, _, _):
        try await Installation(database).readQueues { try $0.sharedLibraries() }
      case .facility(let scope): try await scope.read { try $0.libraries() }
      }
    }

    func body(of id: ID<ShelvedLibrary>) async throws -> [UInt8]? {
      switch self {
      case .installation(let database, _, _):
        try await Installation(database).readQueues { try $0.sharedBody(of: id) }
      case .facility(let scope): try await scope.read { try $0.libraryBody(of: id) }
      }
    }
  }

  /// A file to be taken in; its bytes are read when its turn comes.
  public struct Source: Sendable {
    public let name: String
    public let bytes: Int
    public let read: @Sendable () throws -> [UInt8]

    public init(name: String, bytes: Int, read: @escaping @Sendable () throws -> [UInt8]) {
      (self.name, self.bytes, self.read) = (name, bytes, read)
    }
  }

  /// Read together at most: enough for two cores, little enough for memory.
  private static let bytesAtOnce = 8 << 20

  /// Reads, checks and stores files, a few at a time; gives a report for each, in their order.
  ///
  /// A file that is refused stops no other.
  /// - Parameters:
  ///   - place: nil when nothing is known before and nothing is stored.
  ///   - isTrial: true to store nothing.
  ///   - urns: how rows of workbooks are named; nil to follow the version that is there.
  public static func take(
    _ files: [Source], into place: Place?, isTrial: Bool, urns: URNMode? = nil
  ) async throws -> [LibraryReport] {
    let shelved = try await place?.shelf() ?? []
    var run = TakingRun(place: place, isTrial: isTrial, shelved: shelved)
    let sources = Sources(files: files, place: place, shelved: shelved, urns: urns)
    var (start, number) = (0, 0)
    while start < files.count {
      var (end, size) = (start, 0)
      repeat {
        size += files[end].bytes
        end += 1
      } while end < files.count && size + files[end].bytes <= bytesAtOnce
      for (name, read) in try await readTogether(Array(files[start..<end]), urns ?? .current) {
        try await run.decide(name, try await sources.settled(read, of: number), number: number)
        number += 1
      }
      try await run.store()
      start = end
    }
    return try await run.finish()
  }

  /// Takes a library off the shelf of all facilities; each facility's ledger says so.
  ///
  /// - Throws: `FrameworkProblem.noSuchLibrary` unless one for all facilities has this name and version.
  public static func retireShared(
    urn: String, version: Int, in database: Database, by actor: Actor, now: Instant
  ) async throws {
    let installation = Installation(database)
    let found = try await installation.readQueues { try $0.sharedLibraries() }.filter {
      $0.urn == URN.folded(urn) && $0.version == version
    }
    guard !found.isEmpty else { throw FrameworkProblem.noSuchLibrary }
    let telling = Telling(.unshare, found.map { "\($0.facts.name) (\($0.version))" }, at: now)
    try await installation.keep(now: now) { tx in
      for one in found {
        let audits = try tx.auditCountEverywhere(on: one)
        guard audits == 0 else { throw LibraryRefusal.inUse(audits) }
        try tx.removeShared(one.id)
      }
      try tx.oweTelling(telling, now: now)
    }
    try await tell(telling, in: database, by: actor, now: now)
  }

  /// Writes into every facility's ledger at once what it is owed; what a crash leaves out the worker writes.
  static func tell(_ telling: Telling, in database: Database, by actor: Actor, now: Instant) async throws {
    for facility in try await Installation(database).read({ try $0.facilityIDs() }) {
      let scope = Scope(database, actor: actor, facility: facility, now: now)
      try await scope.write { try $0.tellOfShared(telling) }
    }
  }

  /// The id of the newest version of a library, for programs that measure.
  public static func shelved(_ urn: String, in scope: Scope) async throws -> String? {
    try await scope.read { try $0.libraries() }.first { $0.urn == URN.folded(urn) }?.id.text
  }

  private static func readTogether(_ files: [Source], _ urns: URNMode) async throws -> [(
    String, Result<LibraryFile, any Error>
  )] {
    try await withThrowingTaskGroup(of: (Int, Result<LibraryFile, any Error>).self) { group in
      var results: [(String, Result<LibraryFile, any Error>)?] = Array(repeating: nil, count: files.count)
      var next = 0
      func begin() {
        guard next < files.count else { return }
        let (number, file) = (next, files[next])
        next += 1
        group.addTask {
          (
            number,
            Result { try LibraryFile.read(try LibraryFile.bytes(of: file), named: file.name, urns: urns) }
          )
        }
      }
      for _ in 0..<2 { begin() }
      while let (number, result) = try await group.next() {
        results[number] = (files[number].name, result)
        begin()
      }
      return results.compactMap { $0 }
    }
  }
}

extension LibraryFile {
  /// What is too large is not read at all.
  static func bytes(of source: Libraries.Source) throws -> [UInt8] {
    let limit = LibraryLimits.standard.fileBytes
    guard source.bytes <= limit else {
      throw FrameworkProblem.tooLarge(file: source.name, megabytes: limit >> 20)
    }
    return try source.read()
  }
}

extension Permission {
  public static let frameworksRead = Permission("frameworks.read")
  public static let frameworksTake = Permission("frameworks.take")
}
