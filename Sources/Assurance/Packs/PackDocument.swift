import Foundation
import Frameworks
import Kernel
import Yams

/// An edition in one file, for going from one installation to another: `pack.yaml` with the sections in its forms.
struct PackDocument: Codable, Sendable, Equatable {
  struct Form: Codable, Sendable, Equatable {
    let id: String
    let title: Bilingual
    let confidence: Confidence
    let counts: Pack.Counts
    let note: Bilingual?
    let sections: [Pack.Section]
  }

  let format: Int
  let id: String
  let family: String
  let edition: String
  let fiscalYear: Int
  let revision: Int
  let title: Bilingual
  let notice: Bilingual
  let changes: [Bilingual]
  let sources: [Pack.Source]
  let forms: [Form]

  enum CodingKeys: String, CodingKey {
    case format, id, family, edition, revision, title, notice, changes, sources, forms
    case fiscalYear = "fiscal_year"
  }

  init(_ pack: Pack, revision: Int, forms: [Form]) {
    format = 1
    (id, family, edition, fiscalYear) = (pack.id, pack.family, pack.edition, pack.fiscalYear.year)
    self.revision = revision
    (title, notice, changes, sources) = (pack.title, pack.notice, pack.changes, pack.sources)
    self.forms = forms
  }

  /// The largest that is read; the largest known edition has 90 KB.
  static let mostBytes = 4 << 20

  /// Reads YAML or JSON from outside.
  ///
  /// - Throws: `PackProblem.broken`; `FrameworkProblem` for what swells or is nested without end.
  init(_ bytes: [UInt8], named name: String) throws {
    guard bytes.count <= PackDocument.mostBytes else {
      throw FrameworkProblem.tooLarge(file: name, megabytes: PackDocument.mostBytes >> 20)
    }
    // Aliases are followed without an object for each value: what swells is refused before anything is made of it.
    let values = try LibraryFile.countOfValues(bytes, named: name)
    guard values <= 100_000 else { throw FrameworkProblem.tooManyValues(file: name, line: 1, limit: 100_000) }
    do {
      self = try YAMLDecoder().decode(PackDocument.self, from: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw PackProblem.broken(file: name, reason: PackLibrary.explain(error))
    }
  }

  /// What was stored by this program.
  init(stored json: String) throws {
    self = try JSONDecoder().decode(PackDocument.self, from: Data(json.utf8))
  }

  var json: String {
    get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
  }

  var yaml: String {
    get throws {
      let encoder = YAMLEncoder()
      encoder.options.allowUnicode = true
      encoder.options.width = -1
      return try encoder.encode(self)
    }
  }

  /// The edition as the rest of the program knows it.
  var pack: Pack {
    Pack(
      id: id, family: family, edition: edition, fiscalYear: FiscalYear(fiscalYear), revision: revision,
      title: title, notice: notice, unknown: nil, changes: changes,
      forms: forms.map {
        Pack.Form(
          id: $0.id, title: $0.title, confidence: $0.confidence, note: $0.note, counts: $0.counts,
          sections: $0.sections)
      }, sources: sources)
  }
}
