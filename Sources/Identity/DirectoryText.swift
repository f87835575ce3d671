import CLDAP

/// Texts as they may stand in what is asked of a directory.
public enum DirectoryText {
  /// A value in a filter (RFC 4515, 3): it can end nothing and begin nothing.
  static func filterValue(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x00...0x1F, 0x28, 0x29, 0x2A, 0x5C, 0x7F:
        result += "\\" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A value in a distinguished name (RFC 4514, 2.4).
  static func nameValue(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = ""
    for (index, scalar) in scalars.enumerated() {
      switch scalar.value {
      case 0x00...0x1F, 0x7F:
        result += "\\" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      case 0x22, 0x2B, 0x2C, 0x3B, 0x3C, 0x3D, 0x3E, 0x5C: result += "\\\(scalar)"
      case 0x20 where index == 0 || index == scalars.count - 1: result += "\\ "
      case 0x23 where index == 0: result += "\\#"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A distinguished name written the one way in which equal ones are equal: without needless spaces, in lower case. nil when it
  /// is none. Directories compare the values of names without regard to case as a rule (`caseIgnoreMatch`).
  public static func comparable(_ name: String) -> String? {
    guard !name.isEmpty, name.utf8.count <= 2000, !name.utf8.contains(0) else { return nil }
    var written: UnsafeMutablePointer<CChar>?
    guard
      ldap_dn_normalize(name, UInt32(LDAP_DN_FORMAT_LDAPV3), &written, UInt32(LDAP_DN_FORMAT_LDAPV3)) == 0,
      let written
    else { return nil }
    defer { ldap_memfree(written) }
    let text = String(cString: written).lowercased()
    return text.isEmpty ? nil : text
  }

  /// The short name or the number of an attribute (RFC 4512, 2.5).
  static func isAttribute(_ text: String) -> Bool {
    (1...100).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == 0x2D || byte == 0x2E
      }
  }

  /// Attributes in which an address of mail stands, as far as they are known.
  static let mailAttributes: Set = [
    "mail", "email", "emailaddress", "rfc822mailbox", "proxyaddresses", "maillocaladdress",
  ]

  /// Whether `text` is one filter in brackets, closed in itself; the directory says whether it means anything.
  static func isFilter(_ text: String) -> Bool {
    guard text.utf8.first == 0x28, text.utf8.last == 0x29, text.utf8.count <= 1000 else { return false }
    var depth = 0
    for (index, byte) in text.utf8.enumerated() {
      switch byte {
      case 0x28: depth += 1
      case 0x29:
        depth -= 1
        if depth < 0 || (depth == 0 && index < text.utf8.count - 1) { return false }
      case 0x00...0x1F: return false
      default: break
      }
    }
    return depth == 0
  }

  /// The number that a directory gave an entry for good, in one way of writing.
  ///
  /// `objectGUID` is 16 bytes; `entryUUID` (RFC 4530) the text of as many.
  static func subject(guid: [UInt8]?, uuid: [UInt8]?) -> String? {
    if let guid, guid.count == 16 {
      let digits = guid.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      return "guid:\(digits)"
    }
    guard let uuid, uuid.count == 36 else { return nil }
    let text = String(decoding: uuid, as: UTF8.self).lowercased()
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D })
    else {
      return nil
    }
    return "uuid:\(text)"
  }
}
