import Kernel
import Storage

extension ReadTx {
  /// The entries of `ids` with the names of what they refer to, in that order.
  func entries(_ register: Register, _ ids: [EntryIndex.Bits]) throws -> [NamedEntry] {
    guard !ids.isEmpty else { return [] }
    let wanted = ids.compactMap(\.id)
    let list = SQL(joining: wanted.map { "\($0)" as SQL }, by: ", ")
    let found = try all(
      "\(register.selection) WHERE e.facility_id = \(facility) AND e.id IN (\(list))", register.named)
    let byID = Dictionary(found.map { ($0.entry.id, $0) }, uniquingKeysWith: { first, _ in first })
    return wanted.compactMap { byID[$0] }
  }

  /// A part of the index: all entries, or those of `ids`; in the order of the bytes of their keys on either database.
  func indexed(_ register: Register, ids: [EntryIndex.Bits]? = nil) throws -> EntryIndex {
    let layout = EntryIndex.Layout(register)
    var index = EntryIndex(layout)
    let columns = (layout.choices.map(\.field) + layout.references).map { ", \($0.stored)" as SQL }
    var condition: SQL = "e.facility_id = \(facility)"
    if let ids {
      let list = SQL(joining: ids.compactMap(\.id).map { "\($0)" as SQL }, by: ", ")
      condition = "\(condition) AND e.id IN (\(list))"
    }
    let bytewise: SQL = "\(sqlite: "BINARY", postgres: "\"C\"")"
    var codes = [UInt8](repeating: 0, count: layout.choices.count)
    var named = [EntryIndex.Bits?](repeating: nil, count: layout.references.count)
    try scan(
      """
      SELECT e.id, e.attention_on, e.search_text\(SQL(joining: columns, by: "")) FROM \(register.table) e
      WHERE \(condition) ORDER BY e.key_text COLLATE \(bytewise)
      """
    ) { row in
      guard let text = try row.text(2), let id = try row.text(0).flatMap({ EntryIndex.Bits($0) }) else {
        throw Row.Corrupt("an entry of \(register.id) without id or text")
      }
      for (place, choice) in layout.choices.enumerated() {
        let value = try row.text(3 + place)
        codes[place] =
          value.flatMap { bytes in choice.values.firstIndex { bytes.elementsEqual($0) } }.map {
            UInt8($0 + 1)
          }
          ?? (value == nil ? 0 : 255)
      }
      for place in named.indices {
        named[place] = try row.text(3 + codes.count + place).flatMap { EntryIndex.Bits($0) }
      }
      index.append(
        EntryIndex.Line(
          id: id, attention: EntryIndex.Bits.number(ofDay: try row.text(1)), choices: codes,
          references: named,
          text: text))
      return true
    }
    return index
  }

  /// What happened to a register's entries after `head`: their ids, or nil when that cannot be told or is too much.
  ///
  /// One statement, also when nothing happened. The first entry must be `head` itself.
  func changes(of register: Register, after head: LedgerHead, most: Int) throws -> (
    ids: [EntryIndex.Bits], head: LedgerHead
  )? {
    let entries = try all(
      """
      SELECT seq, hash, subject FROM audit_entry
      WHERE facility_id = \(facility) AND seq >= \(head.sequence) ORDER BY seq LIMIT \(most + 1)
      """
    ) { (head: LedgerHead(sequence: try $0.int(0), hash: try $0.text(1)), subject: try $0.text(2)) }
    guard let first = entries.first, let last = entries.last, first.head == head, entries.count <= most else {
      return nil
    }
    var ids: [EntryIndex.Bits] = []
    for (_, subject) in entries.dropFirst() {
      // The facility's columns are part of the index: others of them, and it is made anew.
      guard subject != "columns:\(register.id)" else { return nil }
      guard subject.hasPrefix(register.id) else { continue }
      // What is written of the register itself may concern every entry.
      guard subject.utf8.dropFirst(register.id.utf8.count).first == 0x3A,
        let id = EntryIndex.Bits(subject.utf8.dropFirst(register.id.utf8.count + 1))
      else { return nil }
      ids.append(id)
    }
    return (Array(Set(ids)), last.head)
  }
}
