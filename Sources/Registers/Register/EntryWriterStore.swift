import Storage
import Web

/// The statements that write entries of a register; made once for a transaction, however many entries it writes.
struct EntryWriter {
  let register: Register
  let language: Language
  let insertion: SQL.Template
  /// For an entry whose key stays, and for one that gets another.
  let replacement, rekeying: SQL.Template

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
    let assignments = SQL(joining: register.declared.map { "\($0.column) = \("")" as SQL }, by: ", ")
    func replacement(_ keyed: SQL) -> SQL.Template {
      SQL.Template(
        """
        UPDATE \(register.table) SET \(keyed)search_text = \(""), attention_on = \(""), extra = \(""), version = \(""),
          \(assignments)
        WHERE facility_id = \("") AND id = \("") AND version = \("")
        """)
    }
    (self.replacement, rekeying) = (replacement(""), replacement("key_text = \(""), "))
  }
}
