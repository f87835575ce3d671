import Foundation
import Frameworks
import Kernel
import Web
import Yams

/// A risk matrix as data: how probability and impact come to a level. Ours, or one of a library that was taken in.
struct RiskScale: Sendable, Equatable, Codable {
  struct Level: Sendable, Equatable, Codable {
    /// By language; "" for the library's own.
    let names: [String: String]

    func callAsFunction(_ language: Language) -> String { names[language.rawValue] ?? names[""] ?? "" }
  }

  let name: Level
  let source: Level
  let probability: [Level]
  let impact: [Level]
  let risk: [Level]
  /// By probability, then impact: the place in ``risk``.
  let grid: [[Int]]
  /// How the two are come by; nil where a person chooses them.
  let analysis: Analysis?

  /// Importance from confidentiality, integrity and availability, likelihood from threat and weakness.
  struct Analysis: Sendable, Equatable, Codable {
    let worth: [Level]
    let threat: [Level]
    let weakness: [Level]
    /// By threat, then weakness; from 1.
    let likelihood: [[Int]]
    let facts: [Fact]
  }

  /// Something the analysis rests on, and how sure it is.
  struct Fact: Sendable, Equatable, Codable {
    let confidence: Confidence
    let text: Level
  }

  /// The one that needs no library.
  static let ownID = "ipa"

  func level(_ rating: RiskRating) -> Int? {
    guard grid.indices.contains(rating.probability), grid[rating.probability].indices.contains(rating.impact)
    else { return nil }
    return grid[rating.probability][rating.impact]
  }

  /// 0 for the lowest level, 100 for the highest: levels of different matrices side by side.
  func severity(_ rating: RiskRating) -> Int? {
    level(rating).map { risk.count > 1 ? $0 * 100 / (risk.count - 1) : 100 }
  }

  /// Importance × likelihood; nil where a matrix has levels only.
  func value(_ rating: RiskRating) -> Int? {
    analysis == nil || level(rating) == nil ? nil : (rating.probability + 1) * (rating.impact + 1)
  }

  /// 大 (6), or the name of the level alone.
  func words(_ rating: RiskRating, _ language: Language) -> String {
    guard let level = level(rating) else { return "" }
    let name = risk[level](language)
    return value(rating).map { "\(name) (\($0))" } ?? name
  }

  /// Of a library; nil when its grid does not fit its levels.
  init?(_ matrix: RiskMatrix, library: String) {
    func levels(_ all: [RiskMatrix.Level]) -> [Level] {
      all.map { level in
        Level(
          names: level.translations.compactMapValues { $0["name"] }.merging(["": level.name]) { first, _ in
            first
          })
      }
    }
    let (probability, impact, risk) = (levels(matrix.probability), levels(matrix.impact), levels(matrix.risk))
    name = Level(
      names: matrix.translations.compactMapValues { $0["name"] }.merging(["": matrix.name]) { first, _ in
        first
      })
    source = Level(names: ["": library])
    (self.probability, self.impact, self.risk) = (probability, impact, risk)
    (grid, analysis) = (matrix.grid, nil)
    guard isWhole else { return nil }
  }

  /// Whether the grid fits the levels, of which there are few enough to be read; of a matrix that a person chooses by.
  var isWhole: Bool {
    !risk.isEmpty && !impact.isEmpty && !probability.isEmpty && grid.count == probability.count
      && grid.allSatisfy { $0.count == impact.count && $0.allSatisfy(risk.indices.contains) }
      && max(probability.count, impact.count) <= RiskScale.mostLevels && analysis == nil
  }

  /// A matrix with more rows or columns is no table that a person reads.
  static let mostLevels = 12
}

extension RiskScale.Analysis {
  /// Likelihood of harm, from 1; both from 1.
  func likelihood(threat: Int, weakness: Int) -> Int? {
    guard likelihood.indices.contains(threat - 1), likelihood[threat - 1].indices.contains(weakness - 1)
    else { return nil }
    return likelihood[threat - 1][weakness - 1]
  }
}

// MARK: The file

extension RiskScale {
  /// The analysis that comes along, read once. A test holds the file against the reference.
  static let own: RiskScale = {
    let file = Bundle.module.bundleURL.appendingPathComponent("Risks.files/ipa.yaml")
    do {
      return RiskScale(
        try YAMLDecoder().decode(Written.self, from: String(contentsOf: file, encoding: .utf8)))
    } catch { preconditionFailure("ipa.yaml: \(error)") }
  }()

  private struct Written: Decodable {
    struct Band: Decodable {
      let from: Int
      let name: Bilingual
    }
    struct Fact: Decodable {
      let confidence: Confidence
      let ja: String
      let en: String
    }

    let name: Bilingual
    let source: Bilingual
    let worth: [Bilingual]
    let threat: [Bilingual]
    let weakness: [Bilingual]
    let likelihood: [[Int]]
    let probability: [Bilingual]
    let impact: [Bilingual]
    let bands: [Band]
    let facts: [Fact]
  }

  private init(_ file: Written) {
    func level(_ one: Bilingual) -> Level { Level(names: ["ja": one.ja, "en": one.en]) }
    (name, source) = (level(file.name), level(file.source))
    (probability, impact) = (file.probability.map(level), file.impact.map(level))
    risk = file.bands.map { level($0.name) }
    grid = file.probability.indices.map { p in
      file.impact.indices.map { i in
        (file.bands.lastIndex { $0.from <= (p + 1) * (i + 1) }) ?? 0
      }
    }
    analysis = Analysis(
      worth: file.worth.map(level), threat: file.threat.map(level), weakness: file.weakness.map(level),
      likelihood: file.likelihood,
      facts: file.facts.map {
        Fact(confidence: $0.confidence, text: Level(names: ["ja": $0.ja, "en": $0.en]))
      })
  }
}
