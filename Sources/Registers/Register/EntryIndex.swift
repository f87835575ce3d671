import Glibc
import Kernel

/// What the list of a large register counts and searches, in memory: a few bytes of each entry, in the order of the keys.
///
/// A value that is made from the rows of one moment and never changes; ``updated(with:gone:head:)`` makes the next one.
struct EntryIndex: Sendable {
  /// Which columns of a register it holds.
  struct Layout: Sendable {
    /// Fields that are filters, with the bytes of their choices' values.
    let choices: [(field: Field, values: [[UInt8]])]
    /// Fields that name people or entries of other registers.
    let references: [Field]

    init(_ register: Register) {
      choices = register.fields.compactMap { field in
        guard field.isFilter, case .choice(let all) = field.kind, all.count < 255 else { return nil }
        return (field, all.map { Array($0.value.utf8) })
      }
      references = register.declared.filter { field in
        switch field.kind {
        case .entry, .person: true
        default: false
        }
      }
    }
  }

  /// The 128 bits of an id.
  struct Bits: Sendable, Hashable {
    let high, low: UInt64
  }

  /// One entry as its row lies in the database; the memory is gone with the row.
  struct Line {
    let id: Bits
    /// `YYYYMMDD` as a number; ``never`` for none.
    let attention: Int32
    /// For each choice of the layout: 0 for none, else its place counted from 1.
    let choices: [UInt8]
    let references: [Bits?]
    /// Begins with the key; a line feed ends it.
    let text: UnsafeRawBufferPointer
  }

  static let never = Int32.max

  let layout: Layout
  private(set) var ids: [Bits] = []
  private var attention: [Int32] = []
  /// One array for each choice and each reference of the layout.
  private var choices: [[UInt8]]
  private var references: [[UInt32]]
  /// References are kept as small numbers, from 1; 0 is none.
  private var numbers: [Bits: UInt32] = [:]
  /// All texts behind each other; `starts` has one more than there are entries.
  private var text: [UInt8] = []
  private var starts: [Int] = [0]
  /// How often each byte occurs, so that a search looks for a rare one.
  private var frequency = [Int](repeating: 0, count: 256)

  init(_ layout: Layout) {
    self.layout = layout
    choices = layout.choices.map { _ in [] }
    references = layout.references.map { _ in [] }
  }

  var count: Int { ids.count }

  /// Memory that it takes, roughly.
  var bytes: Int { text.capacity + count * (16 + 4 + 8 + choices.count + 4 * references.count) }

  /// Adds an entry behind all others.
  mutating func append(_ line: Line) {
    ids.append(line.id)
    attention.append(line.attention)
    for (index, code) in line.choices.enumerated() { choices[index].append(code) }
    for (index, id) in line.references.enumerated() { references[index].append(number(of: id)) }
    for byte in line.text { frequency[Int(byte)] += 1 }
    text.append(contentsOf: line.text)
    starts.append(text.count)
  }

  private mutating func number(of id: Bits?) -> UInt32 {
    guard let id else { return 0 }
    if let known = numbers[id] { return known }
    let next = UInt32(numbers.count + 1)
    numbers[id] = next
    return next
  }

  private func line(_ index: Int, _ memory: UnsafeRawBufferPointer, _ named: [Bits]) -> Line {
    Line(
      id: ids[index], attention: attention[index], choices: choices.map { $0[index] },
      references: references.map { $0[index] == 0 ? nil : named[Int($0[index]) - 1] },
      text: UnsafeRawBufferPointer(rebasing: memory[starts[index]..<starts[index + 1]]))
  }

  /// The index with `changes` (an index of its own, in the order of the keys) in the place of what had their ids, and without `gone`.
  func updated(with changes: EntryIndex, gone: Set<Bits>) -> EntryIndex {
    var next = EntryIndex(layout)
    next.reserve(count + changes.count, text.count + changes.text.count)
    let outdated = gone.union(changes.ids)
    let (mine, theirs) = (named, changes.named)
    text.withUnsafeBytes { old in
      changes.text.withUnsafeBytes { new in
        var other = 0
        for index in ids.indices where !outdated.contains(ids[index]) {
          let line = line(index, old, mine)
          while other < changes.count {
            let candidate = changes.line(other, new, theirs)
            guard candidate.key.precedes(line.key) else { break }
            next.append(candidate)
            other += 1
          }
          next.append(line)
        }
        while other < changes.count {
          next.append(changes.line(other, new, theirs))
          other += 1
        }
      }
    }
    return next
  }

  private var named: [Bits] { numbers.sorted { $0.value < $1.value }.map(\.key) }

  private mutating func reserve(_ entries: Int, _ bytes: Int) {
    ids.reserveCapacity(entries)
    attention.reserveCapacity(entries)
    text.reserveCapacity(bytes)
    starts.reserveCapacity(entries + 1)
  }
}

extension EntryIndex.Line {
  /// The key of the entry, as it is compared.
  var key: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: text[..<(text.firstIndex(of: 0x0A) ?? text.endIndex)])
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
    guard let start = baseAddress, let otherStart = other.baseAddress else { return count < other.count }
    let order = memcmp(start, otherStart, Swift.min(count, other.count))
    return order == 0 ? count < other.count : order < 0
  }
}

// MARK: Finding

extension EntryIndex {
  /// What a list shows of the entries that fit.
  struct Found: Sendable, Equatable {
    /// Of the page, in order.
    var ids: [Bits] = []
    var total = 0
    var attention = 0
  }

  /// A query in the numbers of the index; nil when it asks for something that the index does not hold.
  private struct Terms {
    var choices: [(column: Int, code: UInt8)] = []
    var references: [(column: Int, number: UInt32)] = []
    var attention: Int32?
    /// False when a value is asked for that no entry has.
    var isPossible = true
  }

  private func terms(_ query: EntryQuery) -> Terms? {
    var terms = Terms()
    for (id, value) in query.filters where !value.isEmpty {
      let isNone = value == EntryQuery.none
      if let column = layout.choices.firstIndex(where: { $0.field.id == id }) {
        let place = layout.choices[column].values.firstIndex(of: Array(value.utf8))
        if !isNone && place == nil { terms.isPossible = false }
        terms.choices.append((column, isNone ? 0 : UInt8((place ?? 0) + 1)))
      } else if let column = layout.references.firstIndex(where: { $0.id == id }) {
        let number = isNone ? 0 : Bits(Array(value.utf8)[...]).flatMap { numbers[$0] }
        if number == nil { terms.isPossible = false }
        terms.references.append((column, number ?? 0))
      } else {
        return nil
      }
    }
    terms.attention = query.attentionOn.map { Bits.number(of: $0) }
    return terms
  }

  /// Counts what fits, and gives the ids from `offset` on; nil when the query asks for what is not held here.
  func find(_ query: EntryQuery, from offset: Int, most: Int, on day: Day) -> Found? {
    guard let terms = terms(query) else { return nil }
    var found = Found()
    guard terms.isPossible else { return found }
    let today = Bits.number(of: day)
    let fits = fitting(terms)
    func take(_ index: Int) {
      guard fits?[index] ?? true else { return }
      if found.total >= offset && found.ids.count < most { found.ids.append(ids[index]) }
      found.total += 1
      if attention[index] <= today { found.attention += 1 }
    }
    let words = query.words.map { Needle($0, frequency) }.sorted { $0.frequency < $1.frequency }
    guard let rarest = words.first else {
      for index in ids.indices { take(index) }
      return found
    }
    text.withUnsafeBytes { text in
      var (index, from) = (0, 0)
      // From hit to hit of the rarest word; the others are looked for in the same entry only.
      while let hit = rarest.position(in: text, from: from, to: text.count) {
        while starts[index + 1] <= hit { index += 1 }
        let (start, end) = (starts[index], starts[index + 1])
        from = end
        guard hit + rarest.count <= end else { continue }
        if words.dropFirst().allSatisfy({ $0.position(in: text, from: start, to: end) != nil }) {
          take(index)
        }
      }
    }
    return found
  }

  /// For each entry whether the filters let it through; nil when there are none.
  ///
  /// Column by column, which is many times faster than entry by entry.
  private func fitting(_ terms: Terms) -> [Bool]? {
    guard !terms.choices.isEmpty || !terms.references.isEmpty || terms.attention != nil else { return nil }
    var fits = [Bool](repeating: true, count: count)
    func keep<Value>(_ column: [Value], where isRight: (Value) -> Bool) {
      for index in fits.indices where !isRight(column[index]) { fits[index] = false }
    }
    for (column, code) in terms.choices { keep(choices[column]) { $0 == code } }
    for (column, number) in terms.references { keep(references[column]) { $0 == number } }
    if let last = terms.attention { keep(attention) { $0 <= last } }
    return fits
  }
}

/// A word to be looked for, by the byte of it that occurs least.
private struct Needle {
  let frequency: Int
  private let word: [UInt8]
  private let rarest: Int

  /// The word is not empty.
  init(_ word: String, _ frequency: [Int]) {
    let bytes = Array(word.utf8)
    self.word = bytes
    rarest = bytes.indices.min { frequency[Int(bytes[$0])] < frequency[Int(bytes[$1])] } ?? 0
    self.frequency = frequency[Int(bytes[rarest])]
  }

  var count: Int { word.count }

  /// Where the word begins first in `from..<end`.
  func position(in text: UnsafeRawBufferPointer, from: Int, to end: Int) -> Int? {
    guard let base = text.baseAddress else { return nil }
    var look = from + rarest
    let last = end - (word.count - rarest)
    while look <= last {
      guard let hit = memchr(base + look, Int32(word[rarest]), last - look + 1) else { return nil }
      let place = UnsafeRawPointer(hit) - base
      let start = place - rarest
      if memcmp(base + start, word, word.count) == 0 { return start }
      look = place + 1
    }
    return nil
  }
}

extension EntryIndex.Bits {
  /// Reads the 36 characters of an id.
  init?(_ text: some Collection<UInt8>) {
    guard text.count == 36 else { return nil }
    var (high, low, digits): (UInt64, UInt64, Int) = (0, 0, 0)
    for byte in text where byte != 0x2D {
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x61...0x66: digit = byte - 0x57
      case 0x41...0x46: digit = byte - 0x37
      default: return nil
      }
      if digits < 16 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
      digits += 1
    }
    guard digits == 32 else { return nil }
    self.init(high: high, low: low)
  }

  /// The id as the database has it; nil never happens for bits that were read from one.
  var id: Entry.ID? {
    func hex(_ value: UInt64) -> String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    let (a, b) = (hex(high), hex(low))
    return Entry.ID(
      "\(a.prefix(8))-\(a.dropFirst(8).prefix(4))-\(a.suffix(4))-\(b.prefix(4))-\(b.suffix(12))")
  }

  /// `YYYYMMDD` as a number.
  static func number(of day: Day) -> Int32 { Int32(day.year * 10_000 + day.month * 100 + day.day) }

  /// The same of the stored form `YYYY-MM-DD`.
  static func number(ofDay text: UnsafeRawBufferPointer?) -> Int32 {
    guard let text else { return EntryIndex.never }
    return text.reduce(0) { (0x30...0x39).contains($1) ? $0 &* 10 &+ Int32($1 - 0x30) : $0 }
  }
}
