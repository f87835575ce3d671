import Kernel
import Publishing

/// What a workbook says of itself: form, product, maker, day. A person confirms it before anything is taken.
struct DisclosureFacts: Sendable, Equatable {
  var kind: Disclosure.Kind?
  var edition: String?
  var vendor: String?
  var product: String?
  var model: String?
  var productVersion: String?
  var madeOn: Day?

  private static let labels: [any WritableKeyPath<DisclosureFacts, String?> & Sendable: [String]] = [
    \.vendor: [
      "事業者名", "事業者", "会社名", "製造業者名", "製造業者", "製造販売業者", "製造販売業者名", "サービス事業者名", "サービス事業者", "作成会社",
      "manufacturername", "manufacturer",
    ],
    \.product: [
      "製品名", "製品名称", "サービス名", "サービス名称", "製品・サービス名", "製品またはサービスの名称", "製品名/サービス名", "商品名", "販売名", "対象製品",
      "対象サービス",
      "devicedescription", "productname",
    ],
    \.model: ["型番", "型式", "型名", "モデル", "devicemodel", "model"],
    \.productVersion: ["版", "バージョン", "製品バージョン", "製品の版", "サービスバージョン", "softwareversion", "version"],
  ]
  private static let dayLabels = ["作成日", "作成年月日", "記入日", "発行日", "documentreleasedate", "releasedate"]

  /// - Parameters:
  ///   - index: the sheet that holds the questions; above its `headRows`th row, and on the other sheets, are the facts.
  init(
    _ sheets: [Sheet], of index: Int, headRows: Int, named file: String, _ questions: [Disclosure.Question]
  ) {
    guard sheets.indices.contains(index) else { return }
    let heads =
      [Array(sheets[index].rows.prefix(headRows))]
      + sheets.indices.filter { $0 != index }.map { Array(sheets[$0].rows.prefix(40)) }
    for rows in heads { take(from: rows) }
    let titles =
      [sheets[index].name] + heads.flatMap { $0.joined().map(\.text).filter { $0.count <= 100 } } + [file]
    edition = titles.lazy.compactMap { DisclosureEdition.find(in: $0) }.first
    kind = Self.kind(titles, questions)
    guard kind == .mds2 else { return }
    let isOld = questions.contains { question in
      Mds2.oldSections.contains(String(question.number.prefix { $0 != "-" }))
    }
    let isNew = questions.count { Mds2.known.contains($0.number) } >= 5
    if isOld && !isNew { edition = DisclosureEdition.mds2Old }
    edition = edition ?? (isNew ? DisclosureEdition.mds2 : nil)
    takeDocument(questions)
  }

  private static func kind(_ titles: [String], _ questions: [Disclosure.Question]) -> Disclosure.Kind? {
    if questions.count(where: { Mds2.known.contains($0.number) }) >= 5 { return .mds2 }
    for title in titles {
      // MDS/SDS together is the name of the standard, not of this form.
      let plain = title.folded.uppercased().replacing("MDS/SDS", with: "").replacing("MDS・SDS", with: "")
      if ["MDS2", "MDS²", "HN1-20"].contains(where: plain.contains) { return .mds2 }
      let isSds = plain.contains("SDS") || plain.contains("サービス事業者")
      let isMds = plain.contains("MDS") || plain.contains("製造業者")
      if isSds != isMds { return isSds ? .sds : .mds }
    }
    return nil
  }

  /// The value beside a label, or behind its colon.
  private mutating func take(from rows: [[Cell]]) {
    for row in rows {
      for (column, cell) in row.enumerated() {
        let text = cell.text.trimmed
        let parts = text.halfWidth.split(separator: ":", maxSplits: 1)
        let label = (parts.first.map(String.init) ?? "").folded
        let value: Cell? =
          parts.count == 2 && !parts[1].trimmed.isEmpty
          ? .text(parts[1].trimmed) : row[(column + 1)...].prefix(4).first { !$0.text.trimmed.isEmpty }
        guard let value else { continue }
        for (path, labels) in Self.labels where self[keyPath: path] == nil && labels.contains(label) {
          self[keyPath: path] = String(value.text.trimmed.prefix(80))
        }
        if madeOn == nil, Self.dayLabels.contains(label) { madeOn = day(value) }
      }
    }
  }

  private func day(_ cell: Cell) -> Day? {
    if case .day(let day) = cell { return day }
    return Day.parse(cell.text)
  }

  /// MDS2 says it in its own questions.
  private mutating func takeDocument(_ questions: [Disclosure.Question]) {
    func said(_ number: String) -> String? {
      guard let question = questions.first(where: { $0.number == number }), question.answer == .text else {
        return nil
      }
      return question.raw.isEmpty ? nil : String(question.raw.prefix(80))
    }
    vendor = vendor ?? said("DOC-1")
    product = product ?? said("DOC-2")
    model = model ?? said("DOC-3")
    madeOn = madeOn ?? said("DOC-7").flatMap { Day.parse($0) }
  }
}
