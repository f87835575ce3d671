import Kernel

/// The question numbers of MDS2 (ANSI/NEMA HN 1-2019): DOC and 23 sections, of which OTHR has no numbers; 240 numbers.
///
/// Checked against a filled form that its maker published; the questions' texts are not ours to ship.
enum Mds2 {
  /// By section; `2.1-2.9` stands for nine numbers.
  private static let numbers: [(section: String, numbers: String)] = [
    ("DOC", "1-11 11.1-11.4"), ("MPII", "1 2 2.1-2.9 3 3.1-3.10"), ("ALOF", "1 2"),
    ("AUDT", "1 1.1 1.2 2 2.1-2.8 2.8.1-2.8.2 2.9-2.11 3 4 4.1 4.1.1 5 5.1-5.4 6 7 7.1 8"),
    ("AUTH", "1 1.1-1.3 2-5"),
    ("CSUP", "1 2 2.1-2.4 3 3.1-3.4 4 4.1-4.4 5 5.1-5.4 6 6.1-6.4 7-10 10.1 11 11.1-11.2"),
    ("DIDT", "1 1.1"), ("DTBK", "1-6"), ("EMRG", "1"), ("IGAU", "1 2"), ("MLDP", "1 2 2.1-2.8 3-5 5.1-5.2"),
    ("NAUT", "1 2 2.1 3"),
    ("CONN", "1 1.1 1.1.1-1.1.4 1.2 1.2.1-1.2.4 2-7 7.1 8"), ("PAUT", "1 1.1 2-14 14.1"), ("PLOK", "1-4"),
    ("RDMP", "1-4"), ("SBOM", "1 2 2.1-2.4 3 4"), ("SAHD", "1-3 3.1-3.2 4 5 5.1 6 6.1-6.2 7-14 14.1 15 16"),
    ("SGUD", "1-3 3.1 4"), ("STCF", "1 1.1-1.3 2-4"), ("TXCF", "1 2 2.1 3-5"), ("TXIG", "1 2"),
    ("RMOT", "1 1.1-1.3 2 3"), ("OTHR", ""),
  ]

  static let sections = Set(numbers.map(\.section))
  /// Sections that the form of 2013 has and that of 2019 has not.
  static let oldSections: Set = ["CNFS"]

  static let known: Set<String> = {
    var found: Set<String> = []
    for (section, list) in numbers {
      for part in list.split(separator: " ") {
        for number in expanded(part) { found.insert("\(section)-\(number)") }
      }
    }
    return found
  }()

  /// Answers that a facility should look at first. A proposal of ours, no verdict: what a device needs differs.
  static let lookIfNo: Set = [
    "CSUP-2.1", "CSUP-7", "CSUP-11", "AUDT-4.1", "AUDT-7", "PAUT-1.1", "PAUT-3", "PAUT-5", "PAUT-8", "SBOM-1",
    "RDMP-3", "RDMP-4", "CONN-2", "CONN-7", "STCF-1", "TXCF-2", "SAHD-8", "SAHD-9", "SGUD-1", "SGUD-2",
    "DTBK-5",
  ]
  static let lookIfYes: Set = ["MPII-3.7", "CONN-4", "CONN-6", "AUTH-3", "SAHD-12", "RMOT-1.3"]

  /// A number as it was found, and whether it had to be mended.
  enum Number: Equatable {
    case known(String)
    /// The section was misspelt: `SHAD-15` for `SAHD-15`.
    case mended(String)
    /// It has the shape of a number, but the form has no such.
    case unknown(String)
  }

  /// Reads a number, with any white space and width; nil for what has not its shape.
  static func number(_ raw: String) -> Number? {
    let text = raw.halfWidth.uppercased().filter { !$0.isWhitespace }
    guard let match = text.wholeMatch(of: #/([A-Z]{3,5})[-_.:]*([0-9]+(?:\.[0-9]+){0,2})\.?/#) else {
      return nil
    }
    let (section, digits) = (String(match.1), String(match.2))
    let id = "\(section)-\(digits)"
    if known.contains(id) { return .known(id) }
    if sections.contains(section) { return .unknown(id) }
    let near = sections.filter { isOneSlipAway(section, $0) && known.contains("\($0)-\(digits)") }
    if near.count == 1, let only = near.first { return .mended("\(only)-\(digits)") }
    return .unknown(id)
  }

  /// `2.1-2.9` as its nine numbers.
  private static func expanded(_ part: Substring) -> [String] {
    let ends = part.split(separator: "-")
    guard ends.count == 2, let last = ends[1].split(separator: ".").last.flatMap({ Int($0) }) else {
      return [String(part)]
    }
    var stem = ends[0].split(separator: ".").map(String.init)
    guard let first = stem.popLast().flatMap({ Int($0) }), first <= last else { return [String(part)] }
    return (first...last).map { (stem + ["\($0)"]).joined(separator: ".") }
  }

  /// One letter wrong, missing, too many, or two neighbours exchanged.
  private static func isOneSlipAway(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a), Array(b))
    if a.count == b.count {
      let places = a.indices.filter { a[$0] != b[$0] }
      if places.count == 1 { return true }
      return places.count == 2 && places[1] == places[0] + 1 && a[places[0]] == b[places[1]]
        && a[places[1]] == b[places[0]]
    }
    guard abs(a.count - b.count) == 1 else { return false }
    let (long, short) = a.count > b.count ? (a, b) : (b, a)
    return long.indices.contains { skipped in
      short.elementsEqual(long[..<skipped] + long[(skipped + 1)...])
    }
  }
}
