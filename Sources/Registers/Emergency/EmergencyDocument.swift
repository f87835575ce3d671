import Foundation
import Kernel
import Publishing
public import Web

/// The data of `emergency.typ`.
private struct EmergencyDocument: Encodable {
  struct Step: Encodable {
    let strong: String
    let rest: String
  }

  let lang: String
  let title: String
  let subtitle: String
  let dateIso: String
  let author: String
  let alarm: String
  let steps: [Step]
  let chartTitle: String
  let chart: String
  let listTitle: String
  let listHead: [String]
  let list: [[String]]
  let listMore: String?
  let tell: String
  let tellStrong: String
  let footLeft: String
  let fingerprintLabel: String
  let fingerprint: String
  let pageOf: String

  init(_ words: EmergencyWords) {
    let sheet = words.sheet
    (lang, title, subtitle) = (words.language.rawValue, words.text(.title), words.subtitle)
    (dateIso, author) = (sheet.day.description, sheet.facility)
    alarm = words.text(.alarm)
    steps = words.steps.map { Step(strong: $0.strong, rest: $0.rest) }
    (chartTitle, chart) = (words.text(.chart), "contacts.svg")
    listTitle = words.text(.list)
    listHead = [
      words.text(.order), words.text(.who), words.text(.weekday), words.text(.nights), words.text(.tested),
    ]
    let calls = words.calls
    list = calls.rows.map { call in
      [
        "\(call.order)", call.who, call.day ?? call.web ?? words.text(.none), call.night ?? words.text(.none),
        words.tested(call),
      ]
    }
    listMore = calls.left > 0 ? Texts<EmergencyText>(words.language)(.listMore, calls.left) : nil
    (tell, tellStrong) = words.tell
    footLeft = [words.nextCheck, words.responsible].compactMap { $0 }.joined(separator: " ・ ")
    (fingerprintLabel, fingerprint) = (words.text(.fingerprint), sheet.fingerprint)
    pageOf = words.text(.pageOf)
  }
}

extension EmergencySheet {
  /// The chart alone as SVG, or the whole sheet as PDF.
  ///
  /// - Throws: `PdfProblem`.
  public func file(
    as format: Diagrams.Format, _ language: Language, environment: [String: String]
  ) async throws -> [UInt8] {
    switch format {
    case .svg: Array(EmergencyWords(self, language).drawingWithHead.standalone.utf8)
    case .pdf: try await pdf(language, environment: environment)
    }
  }

  /// The whole sheet on one A4 page.
  ///
  /// - Throws: `PdfProblem`.
  public func pdf(_ language: Language, environment: [String: String]) async throws -> [UInt8] {
    let words = EmergencyWords(self, language)
    return try await PdfMaker.find(environment: environment)
      .make(template: "emergency", of: EmergencyDocument(words), charts: ["contacts.svg": words.drawing])
  }
}
