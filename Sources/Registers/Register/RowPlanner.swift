import Kernel
import Publishing
import Web

/// Decides row by row what becomes of it. Each distinct text of a column is read once only.
struct RowPlanner {
  /// A class, since each cell of each row looks at one: copying a field's words costs more than reading the cell.
  private final class Column {
    let field: Field
    let id: String
    let label: String
    let source: ColumnMatch.Column
    /// Where it stands in the sheet.
    let index: Int
    let isDay: Bool
    /// Whether few texts stand in many rows, so that remembering pays.
    let repeats: Bool
    /// What texts have been read as, where they repeat.
    var known: [String: Result<String?, Entry.Refusal>] = [:]

    init(_ field: Field, _ source: ColumnMatch.Column, _ language: Language) {
      (self.field, id, label, self.source) = (field, field.id, field.label(language), source)
      index = source.index
      switch field.kind {
      case .text, .lines: (repeats, isDay) = (false, false)
      case .day: (repeats, isDay) = (true, true)
      default: (repeats, isDay) = (true, false)
      }
    }
  }

  private let register: Register
  private let reader: EntryReader
  private let emptyClears: Bool
  private let language: Language
  private let key: Int
  private let required: [Field]
  private let columns: [Column]
  /// Rows by folded key.
  private var seen: [String: Int] = [:]

  /// The source has a column for the key.
  init(_ source: ImportSource, _ names: ReferenceNames) {
    let (register, language, match) = (source.register, source.language, source.match)
    (self.register, self.language, emptyClears) = (register, language, source.emptyClears)
    reader = EntryReader(register: register, language: language) { names.find($0, $1) }
    columns = register.fields.compactMap { field in
      guard let source = match.column(of: field.id) else { return nil }
      return Column(field, source, language)
    }
    key = columns.firstIndex { $0.id == register.key.id } ?? 0
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
      let (old, new) = (before.values[column.id], values[column.id])
      return old == new ? nil : RegisterImport.Difference(field: column.id, before: old, after: new)
    }
    return differences.isEmpty ? .unchanged(before) : .update(before, to: values, differences)
  }

  private func read(_ cells: [Cell], over before: [String: String]) -> (
    values: [String: String], faults: [RegisterImport.Fault]
  ) {
    var values = before
    var faults: [RegisterImport.Fault] = []
    for column in columns {
      if column.index < cells.count, case .fault(let text) = cells[column.index] {
        faults.append(fault(column, ImportRefusal.cellFault(label: column.label, text: text)))
        continue
      }
      let text = text(cells, column)
      if text.isEmpty && !emptyClears { continue }
      switch value(of: text, in: column) {
      case .success(let value): values[column.id] = value
      case .failure(let refusal): faults.append(fault(column, refusal))
      }
    }
    for field in required where values[field.id] == nil {
      let column = columns.first { $0.id == field.id }
      let label = field.label(language)
      if faults.contains(where: { $0.problem.field == field.id || $0.column == column?.source.heading }) {
        continue
      }
      let missing = Entry.Refusal.missing(field: field.id, label: label)
      faults.append(
        RegisterImport.Fault(
          column: column?.source.heading ?? label, index: column?.index, problem: missing))
    }
    return (values, faults)
  }

  private func value(of text: String, in column: Column) -> Result<String?, Entry.Refusal> {
    if column.repeats, let result = column.known[text] { return result }
    let result: Result<String?, Entry.Refusal>
    do throws(Entry.Refusal) { result = .success(try reader.value(column.field, text)) } catch {
      result = .failure(error)
    }
    if column.repeats { column.known[text] = result }
    return result
  }

  /// The text of a cell, with days that a spreadsheet keeps as bare numbers.
  private func text(_ cells: [Cell], _ column: Column) -> String {
    guard column.index < cells.count else { return "" }
    let cell = cells[column.index]
    if column.isDay, case .number(let serial) = cell, let day = Day.excelSerial(serial) {
      return day.description
    }
    return cell.text.trimmed
  }

  private func fault(_ column: Column, _ problem: any Problem) -> RegisterImport.Fault {
    RegisterImport.Fault(column: column.source.heading, index: column.index, problem: problem)
  }

  /// What a rule between two fields refuses, at the column of the field it names.
  private func fault(_ refusal: Entry.Refusal) -> RegisterImport.Fault {
    if let column = columns.first(where: { $0.id == refusal.field }) { return fault(column, refusal) }
    let label = refusal.field.flatMap { register.field($0)?.label(language) } ?? ""
    return RegisterImport.Fault(column: label, index: nil, problem: refusal)
  }
}
