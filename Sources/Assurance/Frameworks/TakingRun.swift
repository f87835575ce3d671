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
  /// What is stored and may change at the end, by its number in ``resolution``: the libraries of this run, and those on the shelf
  /// that waited for one of them.
  private var kept: [Int: (id: ID<ShelvedLibrary>, facts: ShelvedLibrary.Facts)] = [:]

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
      if verdict == .same {
        keepAgain(file, number)
      } else {
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
    kept[number] = (library.id, library.facts)
    waiting.append(library)
  }

  /// What is there already is not stored again, but what it lacked may have come since.
  private mutating func keepAgain(_ file: LibraryFile, _ number: Int) {
    let known = shelved.first { $0.identity == file.library.identity && $0.version == file.library.version }
    guard let known, mayChange(known) else { return }
    kept[number] = (known.id, known.facts)
  }

  /// A facility changes only its own.
  private func mayChange(_ library: ShelvedLibrary) -> Bool {
    switch place {
    case .facility: !isTrial && !library.isShared
    case .installation: !isTrial
    case nil: false
    }
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
    case .installation(let database, let actor, let now):
      let telling = Libraries.Telling(
        .share, libraries.map { "\($0.facts.name) (\($0.version))" }, at: now)
      try await Installation(database).keep(now: now) { tx in
        for library in libraries { try tx.insert(library) }
        try tx.oweTelling(telling, now: now)
      }
      try await Libraries.tell(telling, in: database, by: actor, now: now)
    }
  }

  /// Looks mappings and dependencies up across all files and the shelf, and writes what has changed by that.
  mutating func finish() async throws -> [LibraryReport] {
    try await addWaiting()
    try await addShelvedFrameworks()
    let unresolved = resolution.unresolved
    let missing = Dictionary(grouping: resolution.missing(besides: shelf), by: \.file)
      .mapValues { $0.map(\.urn) }
    for number in reports.indices {
      reports[number].unresolvedMappings = unresolved[number] ?? 0
      reports[number].remarks.add(.unresolvedMapping, times: unresolved[number] ?? 0)
      for urn in missing[number] ?? [] { reports[number].remarks.add(Remark(.missingDependency, urn)) }
    }
    let changed = kept.compactMap { number, one -> (id: ID<ShelvedLibrary>, facts: ShelvedLibrary.Facts)? in
      var facts = one.facts
      facts.unresolvedMappings = unresolved[number] ?? 0
      facts.missing = missing[number]
      facts.warnings[Remark.Kind.unresolvedMapping.rawValue] = unresolved[number]
      facts.warnings[Remark.Kind.missingDependency.rawValue] = missing[number]?.count
      return facts == one.facts ? nil : (one.id, facts)
    }
    try await write(changed)
    return reports
  }

  /// The libraries on the shelf that lack something: one of this run may be it.
  private mutating func addWaiting() async throws {
    guard !kept.isEmpty, let place else { return }
    let known = Set(kept.values.map(\.id))
    var number = reports.count
    for one in shelved where mayChange(one) && !known.contains(one.id) {
      guard one.facts.unresolvedMappings > 0 || one.facts.missing != nil,
        let body = try await place.body(of: one.id)
      else { continue }
      resolution.add(try LibraryFile.library(from: body, named: one.facts.name), number: number)
      kept[number] = (one.id, one.facts)
      number += 1
    }
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
    guard let place, !isTrial, !changed.isEmpty else { return }
    switch place {
    case .facility(let scope):
      try await scope.write { tx in
        for one in changed { try tx.housekeeping.update(one.id, one.facts, by: scope.facility) }
      }
    case .installation(let database, _, let now):
      try await Installation(database).keep(now: now) { tx in
        for one in changed { try tx.updateShared(one.id, one.facts) }
      }
    }
  }
}

extension LibraryFile {
  mutating func note(_ kind: Remark.Kind, _ place: String) { remarks.add(Remark(kind, place)) }
}
