/// Names of libraries and of what is in them. Compared folded: libraries of one publisher write the same name in both cases.
public enum URN {
  /// Lower case, as names are compared.
  public static func folded(_ urn: String) -> String {
    urn.utf8.allSatisfy { $0 < 0x80 && !(0x41...0x5A).contains($0) } ? urn : urn.lowercased()
  }

  /// `intuitem` of `urn:intuitem:risk:library:x`; empty when there is none.
  public static func packager(_ urn: String) -> Substring { part(urn, 1) }

  /// `req_node` of `urn:intuitem:risk:req_node:x:1`.
  public static func type(_ urn: String) -> Substring { part(urn, 3) }

  private static func part(_ urn: String, _ number: Int) -> Substring {
    var (start, seen) = (urn.utf8.startIndex, 0)
    var at = start
    while at < urn.utf8.endIndex {
      if urn.utf8[at] == 0x3A {
        if seen == number { return urn[start..<at] }
        seen += 1
        start = urn.utf8.index(after: at)
      }
      at = urn.utf8.index(after: at)
    }
    return seen == number ? urn[start...] : ""
  }

  /// What is unusual about a name; none for most.
  static func oddities(_ urn: String) -> [Remark.Kind] {
    var (upper, foreign, blank, irregular) = (false, false, false, !urn.utf8.starts(with: "urn:".utf8))
    for byte in urn.utf8 {
      switch byte {
      case 0x61...0x7A, 0x30...0x39, 0x3A, 0x2D, 0x2E, 0x5F, 0x28, 0x29, 0x5B, 0x5D: break
      case 0x41...0x5A: upper = true
      case 0x80...: foreign = true
      case 0x20, 0x09, 0x0A: blank = true
      default: irregular = true
      }
    }
    guard upper || foreign || blank || irregular else { return [] }
    var kinds: [Remark.Kind] = []
    if upper || (foreign && urn.lowercased() != urn) { kinds.append(.upperCaseURN) }
    if foreign { kinds.append(.nonASCIIURN) }
    if blank || (foreign && urn.unicodeScalars.contains("\u{A0}")) { kinds.append(.blankInURN) }
    if irregular { kinds.append(.irregularURN) }
    return kinds
  }
}
