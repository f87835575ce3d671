import Web

/// Words of the columns that a facility adds.
enum ColumnText: String, TextKey {
  case link, title, lead, inUse, none, label, labelHint, kind, kindHint, listed, listedHint, newChoices
  case newChoicesHint, addTitle, add, changeTitle, save, up, down, upOf, downOf, order
  case retire, retireText, retired, retiredText, restore, restoreOf, choiceWord, choiceWordHint, history
  case text, lines, number, day, choice, yesNo, yes, no, noPatients, saved, full, back

  static func kind(_ kind: ExtraColumn.Kind) -> ColumnText {
    switch kind {
    case .text: .text
    case .lines: .lines
    case .number: .number
    case .day: .day
    case .choice: .choice
    case .yesNo: .yesNo
    }
  }

  static let catalog = Catalog(ColumnText.self, in: .module, folder: "Columns.files")
}
