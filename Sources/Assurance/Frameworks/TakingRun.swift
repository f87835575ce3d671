import Frameworks
import Kernel
import Storage

/// One run of taking files in: what has been decided, what waits to be stored, what waits for the other files.
struct TakingRun {
  private let place: Libraries.Place?
  private let isTrial: Bool
  private let shelved: [ShelvedLibrary]
  private var shelf: Shelf
  private var reports: [LibraryReport] = []
  private var resolution = Resolution()
  private var waiting: [NewLibrary] = []
  private var ids: [Int: ID<ShelvedLibrary>] = [:]
  /// Libraries with mappings by the number of their file; their unresolved ones are written at the end.
  private var facts: [Int: ShelvedLibrary.Facts] = [:]

  init(place: Libraries.Place?, isTrial: Bool, shelved: [ShelvedLibrary]) {
    (self.place, self.isTrial, self.shelved) = (place, isTrial, shelved)
    shelf = Shelf(shelved)
  }

  /// - Parameter number: of the file in this run, from 0.
  mutating func decide(_ name: String, _ read: Result<LibraryFile, any Error>, number: Int) async throws {
    var report = LibraryReport(file: name, outcome: .refused)
    do {
      var file = try read.get()
      report.name = file.library.name
      report.version = file.library.version
      report.counts = LibraryCounts(file.library)
      let verdict = try shelf.verdict(on: file)
      resolution.add(file.library, number: number)
      switch verdict {
      case .new: report.outcome = .new
      case .same: report.outcome = .same
      case .update(let from):
        (report.outcome, report.otherVersion) = (.update, from)
        report.difference = try await difference(to: file, from: from)
      case .older(let than):
        (report.outcome, report.otherVersion) = (.older, than)
        file.note(.olderVersion, "\(than)")
      }
      for urn in shelf.shared(file.library) { file.note(.sharedURN, urn) }
      report.remarks = file.remarks
      if verdict != .same {
        shelf.add(file)
        keep(file, number)
      }
    } catch let problem as any Problem {
      report.problem = problem
    }
    reports.append(report)
  }

  private mutating func keep(_ file: LibraryFile, _ number: Int) {
    guard !isTrial, let place else { return }
    let library = NewLibrary(file, place)
    ids[number] = library.id
    if !file.library.mappingSets.isEmpty { facts[number] = library.facts }
    waiting.append(library)
  }

  /// Against the version that is on the shelf; nil when that came in this run.
  private func difference(to file: LibraryFile, from version: Int) async throws -> LibraryDifference? {
    let known = shelved.first { $0.identity == file.library.identity && $0.version == version }
    guard let known, let body = try await place?.body(of: known.id) else { return nil }
    return LibraryDifference(
      from: try LibraryFile.library(from: body, named: known.facts.name), to: file.library)
  }

  mutating func store() async throws {
    guard let place, !waiting.isEmpty else { return }
    let libraries = waiting
    waiting = []
    switch place {
    case .facility(let scope):
      try await scope.write { tx in for library in libraries { try tx.insert(library) } }
    case .installation(let database, _, let now):
      try await Installation(database).keep(now: now) { tx in
        for library in libraries { try tx.insert(library) }
      }
    }
  }

  /// Looks mappings up across all files and the shelf, and writes what a whole run leaves in the ledgers.
  mutating func finish() async throws -> [LibraryReport] {
    try await addShelvedFrameworks()
    let unresolved = resolution.unresolved
    for (number, count) in unresolved {
      reports[number].unresolvedMappings = count
      reports[number].remarks.add(.unresolvedMapping, times: count)
      facts[number]?.unresolvedMappings = count
      facts[number]?.warnings[Remark.Kind.unresolvedMapping.rawValue] = count
    }
    for (number, urn) in resolution.missing(besides: shelf) {
      reports[number].remarks.add(Remark(.missingDependency, urn))
    }
    let changed = unresolved.keys.compactMap { number in
      facts[number].flatMap { facts in ids[number].map { (id: $0, facts: facts) } }
    }
    try await write(changed)
    return reports
  }

  /// The frameworks that this run's mappings may mean and that were there before.
  private mutating func addShelvedFrameworks() async throws {
    guard resolution.hasMappings, let place else { return }
    for known in shelved where known.facts.counts.frameworks > 0 {
      guard known.facts.objects.contains(where: { !resolution.frameworks.contains($0) }) else { continue }
      guard let body = try await place.body(of: known.id) else { continue }
      for framework in try LibraryFile.library(from: body, named: known.facts.name).frameworks {
        resolution.add(framework)
      }
    }
  }

  private func write(_ changed: [(id: ID<ShelvedLibrary>, facts: ShelvedLibrary.Facts)]) async throws {
    guard let place, !isTrial else { return }
    let taken = reports.filter { $0.isOK && $0.outcome != .same }.map { "\($0.name) (\($0.version))" }
    switch place {
    case .facility(let scope):
      guard !changed.isEmpty else { return }
      try await scope.write { tx in
        for one in changed { try tx.housekeeping.update(one.id, one.facts, by: scope.facility) }
      }
    case .installation(let database, let actor, let now):
      try await Installation(database).keep(now: now) { tx in
        for one in changed { try tx.updateShared(one.id, one.facts) }
      }
      guard !taken.isEmpty else { return }
      for facility in try await Installation(database).read({ try $0.facilityIDs() }) {
        let scope = Scope(database, actor: actor, facility: facility, now: now)
        try await scope.write { try $0.recordSharedLibraries(taken) }
      }
    }
  }
}

extension LibraryFile {
  mutating func note(_ kind: Remark.Kind, _ place: String) { remarks.add(Remark(kind, place)) }
}
