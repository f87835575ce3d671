import Kernel
import Publishing
import Web

/// Decides row by row what becomes of it. Each distinct text of a column is read once only.
struct RowPlanner {
  private struct Column {
    let field: Field
    let label: String
    let source: ColumnMatch.Column
    /// Whether few texts stand in many rows, so that remembering pays.
    let repeats: Bool
  }

  private let register: Register
  private let reader: EntryReader
  private let emptyClears: Bool
  private let language: Language
  private let key: Int
  private let required: [Field]
  private let columns: [Column]
  /// What texts have been read as, by column.
  private var known: [[String: Result<String?, Entry.Refusal>]]
  /// Rows by folded key.
  private var seen: [String: Int] = [:]

  /// The source has a column for the key.
  init(_ source: ImportSource, _ names: ReferenceNames) {
    let (register, language, match) = (source.register, source.language, source.match)
    (self.register, self.language, emptyClears) = (register, language, source.emptyClears)
    reader = EntryReader(register: register, language: language) { names.find($0, $1) }
    columns = register.fields.compactMap { field in
      guard let source = match.column(of: field.id) else { return nil }
      let repeats =
        switch field.kind {
        case .text, .lines: false
        default: true
        }
      return Column(field: field, label: field.label(language), source: source, repeats: repeats)
    }
    known = columns.map { _ in [:] }
    key = columns.firstIndex { $0.field.id == register.key.id } ?? 0
    required = register.fields.filter(\.isRequired)
  }

  /// The key of a row as it is compared; empty when it has none.
  func keyText(_ cells: [Cell]) -> String { text(cells, columns[key]).searchable }

  /// What becomes of a row; nil for an empty one.
  ///
  /// - Parameter standing: the register's entry with that key.
  mutating func plan(_ cells: [Cell], number: Int, keyText: String, standing: Entry?) -> RegisterImport.Row? {
    guard cells.contains(where: { $0 != .empty && !$0.text.trimmed.isEmpty }) else { return nil }
    let key = text(cells, columns[key])
    let fate = fate(cells, number, key: key, keyText, standing)
    return RegisterImport.Row(number: number, key: key, fate: fate)
  }

  private mutating func fate(
    _ cells: [Cell], _ number: Int, key written: String, _ keyText: String, _ before: Entry?
  ) -> RegisterImport.Fate {
    let keyColumn = columns[key]
    guard !keyText.isEmpty else {
      return .refuse([fault(keyColumn, Entry.Refusal.missing(field: register.key.id, label: keyColumn.label))]
      )
    }
    if let first = seen[keyText] {
      return .refuse([
        fault(keyColumn, ImportRefusal.duplicateKey(label: keyColumn.label, text: written, row: first))
      ])
    }
    seen[keyText] = number
    var (values, faults) = read(cells, over: before?.values ?? [:])
    if faults.isEmpty {
      faults = register.rules.compactMap { $0.refusal(of: values, in: register, language) }.map(fault)
    }
    guard faults.isEmpty else { return .refuse(faults) }
    guard let before else { return .add(values) }
    let differences = columns.compactMap { column -> RegisterImport.Difference? in
      let (old, new) = (before.values[column.field.id], values[column.field.id])
      return old == new ? nil : RegisterImport.Difference(field: column.field.id, before: old, after: new)
    }
    return differences.isEmpty ? .unchanged(before) : .update(before, to: values, differences)
  }

  private mutating func read(_ cells: [Cell], over before: [String: String]) -> (
    values: [String: String], faults: [RegisterImport.Fault]
  ) {
    var values = before
    var faults: [RegisterImport.Fault] = []
    for index in columns.indices {
      let column = columns[index]
      if column.source.index < cells.count, case .fault(let text) = cells[column.source.index] {
        faults.append(fault(column, ImportRefusal.cellFault(label: column.label, text: text)))
        continue
      }
      let text = text(cells, column)
      if text.isEmpty && !emptyClears { continue }
      switch value(of: text, at: index) {
      case .success(let value): values[column.field.id] = value
      case .failure(let refusal): faults.append(fault(column, refusal))
      }
    }
    for field in required where values[field.id] == nil {
      let column = columns.first { $0.field.id == field.id }
      let label = field.label(language)
      if faults.contains(where: { $0.problem.field == field.id || $0.column == column?.source.heading }) {
        continue
      }
      let missing = Entry.Refusal.missing(field: field.id, label: label)
      faults.append(
        RegisterImport.Fault(
          column: column?.source.heading ?? label, index: column?.source.index, problem: missing))
    }
    return (values, faults)
  }

  private mutating func value(of text: String, at index: Int) -> Result<String?, Entry.Refusal> {
    let column = columns[index]
    if column.repeats, let result = known[index][text] { return result }
    let result: Result<String?, Entry.Refusal>
    do throws(Entry.Refusal) { result = .success(try reader.value(column.field, text)) } catch {
      result = .failure(error)
    }
    if column.repeats { known[index][text] = result }
    return result
  }

  /// The text of a cell, with days that a spreadsheet keeps as bare numbers.
  private func text(_ cells: [Cell], _ column: Column) -> String {
    guard column.source.index < cells.count else { return "" }
    let cell = cells[column.source.index]
    if case .day = column.field.kind, case .number(let serial) = cell, let day = Day.excelSerial(serial) {
      return day.description
    }
    return cell.text.trimmed
  }

  private func fault(_ column: Column, _ problem: any Problem) -> RegisterImport.Fault {
    RegisterImport.Fault(column: column.source.heading, index: column.source.index, problem: problem)
  }

  /// What a rule between two fields refuses, at the column of the field it names.
  private func fault(_ refusal: Entry.Refusal) -> RegisterImport.Fault {
    if let column = columns.first(where: { $0.field.id == refusal.field }) { return fault(column, refusal) }
    let label = refusal.field.flatMap { register.field($0)?.label(language) } ?? ""
    return RegisterImport.Fault(column: label, index: nil, problem: refusal)
  }
}
