import Kernel
import Storage
import Web

extension People {
  /// What the register needs beside the columns that a person had before.
  ///
  /// People who are there already get the key that the register would give them (``String/searchable``), written as SQL.
  /// Of several with one name, the one with the smallest id keeps it; the others' keys have their id behind it.
  static let registerColumns: [SQL] =
    [
      "ALTER TABLE person ADD COLUMN key_text TEXT",
      "ALTER TABLE person ADD COLUMN search_text TEXT NOT NULL DEFAULT ''",
      "ALTER TABLE person ADD COLUMN attention_on TEXT",
      "ALTER TABLE person ADD COLUMN extra TEXT NOT NULL DEFAULT '{}'",
      "ALTER TABLE person ADD COLUMN job TEXT",
      "ALTER TABLE person ADD COLUMN phone_day TEXT",
      "ALTER TABLE person ADD COLUMN phone_night TEXT",
      "ALTER TABLE person ADD COLUMN mail TEXT",
      "ALTER TABLE person ADD COLUMN tested_on TEXT",
      "ALTER TABLE person ADD COLUMN note TEXT",
      // Row-level security hides every facility from the schema's own changes but for this.
      "\(sqlite: "SELECT 1", postgres: "SELECT set_config('mamorite.wide', 'on', true)")",
      "UPDATE person SET key_text = lower(name), search_text = lower(department) WHERE facility_id IS NOT NULL",
    ] + foldings + [
      """
      UPDATE person SET search_text = CASE WHEN search_text = '' THEN key_text
        ELSE key_text || \(sqlite: "char(10)", postgres: "chr(10)") || search_text END
      WHERE facility_id IS NOT NULL
      """,
      """
      UPDATE person SET key_text = key_text || \(sqlite: "char(10)", postgres: "chr(10)") || id
      WHERE facility_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM person other WHERE other.facility_id = person.facility_id
          AND other.key_text = person.key_text AND other.id < person.id)
      """,
      "\(sqlite: "SELECT 1", postgres: "SELECT set_config('mamorite.wide', 'off', true)")",
      "CREATE UNIQUE INDEX person_by_key ON person (facility_id, key_text)",
      "CREATE INDEX person_by_attention ON person (facility_id, attention_on)",
      "CREATE INDEX person_by_text ON person (facility_id, key_text, search_text, attention_on)",
    ]

  /// Statements that together do what ``String/searchable`` does to names: white space, width, case, kana, and the
  /// compatibility forms among Chinese characters that stand in Japanese names.
  private static let foldings: [SQL] = {
    let kana = "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ".map { "\($0)ﾞ" } + "ﾊﾋﾌﾍﾎ".map { "\($0)ﾟ" } + ["ｳﾞ"]
    let ranges: [ClosedRange<UInt32>] = [0x3041...0x3096, 0xFF01...0xFF5E, 0xFF61...0xFF9F, 0xF900...0xFAD9]
    let letters = ranges.joined().compactMap(Unicode.Scalar.init).map { String($0) }
    let spaces = [" ", "\u{3000}", "\t", "\u{A0}"]
    let pairs = (kana + letters + spaces).map { ($0, $0.searchable) }.filter { $0.0 != $0.1 }
    // Sixteen at a time: SQLite's parser bounds how deep an expression may nest.
    return stride(from: 0, to: pairs.count, by: 16).map { start in
      let some = pairs[start..<min(start + 16, pairs.count)]
      func folded(_ column: SQL) -> SQL {
        some.reduce(column) { "replace(\($0), \($1.0), \($1.1))" }
      }
      return """
        UPDATE person SET key_text = \(folded("key_text")), search_text = \(folded("search_text"))
        WHERE facility_id IS NOT NULL
        """
    }
  }()

  /// What the register keeps of a person beside the fields.
  static func entry(of person: Person) -> (key: String, search: String, attention: Day?) {
    let values = ["name": person.name, "department": person.department].filter { !$0.value.isEmpty }
    let entry = Entry(id: ID(person.id.text) ?? ID(at: Instant(milliseconds: 0)), values: values, version: 1)
    return (register.keyText(of: entry), register.searchText(of: entry), register.attention(of: entry))
  }
}
