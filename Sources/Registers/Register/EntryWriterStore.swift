import Storage
import Web

/// The statements that write entries of a register; made once for a transaction, however many entries it writes.
final class EntryWriter {
  let register: Register
  let language: Language
  let insertion: SQL.Template
  /// Statements that replace an entry, by the fields they write.
  private var replacements: [Replacement: SQL.Template] = [:]

  private struct Replacement: Hashable {
    let isKeyed: Bool
    /// Places among the register's declared fields.
    let fields: [Int]
  }

  init(_ register: Register, _ language: Language) {
    (self.register, self.language) = (register, language)
    let others = register.sharing?.inserted ?? []
    let columns = SQL(joining: register.declared.map(\.column) + others.map(\.column), by: ", ")
    let places = SQL(
      joining: register.declared.map { _ in "\("")" as SQL } + others.map(\.value), by: ", ")
    // Every row bears the facility's id; what is bound here says only where.
    insertion = SQL.Template(
      """
      INSERT INTO \(register.table) (facility_id, id, key_text, search_text, attention_on, extra, version, \(columns))
      VALUES (\(""), \(""), \(""), \(""), \(""), \(""), \(""), \(places))
      ON CONFLICT (facility_id, key_text) DO NOTHING
      """)
  }

  /// The statement that replaces an entry, for values in this order: the key if `isKeyed`, the text to be searched, the day of
  /// attention, the facility's columns, the new version, `fields`, the facility, the id, the old version.
  ///
  /// Only what differs is written: the indexes of what stays the same then stay as they are.
  ///
  /// - Parameter fields: places among the register's declared fields.
  func replacement(isKeyed: Bool, fields: [Int]) -> SQL.Template {
    let which = Replacement(isKeyed: isKeyed, fields: fields)
    if let known = replacements[which] { return known }
    let assignments = fields.map { ", \(register.declared[$0].column) = \("")" as SQL }
    let keyed: SQL = isKeyed ? "key_text = \(""), " : ""
    let template = SQL.Template(
      """
      UPDATE \(register.table) SET \(keyed)search_text = \(""), attention_on = \(""), extra = \(""), version = \("")
        \(SQL(joining: assignments, by: ""))
      WHERE facility_id = \("") AND id = \("") AND version = \("")
      """)
    replacements[which] = template
    return template
  }
}
