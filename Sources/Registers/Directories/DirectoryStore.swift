import Identity
import Kernel
import Storage
import Web

extension Directories {
  static let migrations = [
    Migration(
      "20261122-n1-directory",
      [
        """
        CREATE TABLE directory_server (
          facility_id TEXT NOT NULL PRIMARY KEY REFERENCES facility (id), label TEXT NOT NULL,
          parts_json TEXT NOT NULL, secret TEXT NOT NULL, is_on BOOLEAN NOT NULL, version BIGINT NOT NULL
        )
        """
      ] + Migration.confine("directory_server", also: Migration.orWide))
  ]
}

extension ReadTx {
  func directorySetting() throws -> DirectorySetting? {
    try first(
      """
      SELECT parts_json, secret, label, is_on, version FROM directory_server WHERE facility_id = \(facility)
      """
    ) { row in
      DirectorySetting(
        parts: try ColumnJSON.read(try row.text(0)),
        secret: try row.text(1), label: try row.text(2), isOn: try row.bool(3), version: try row.int(4))
    }
  }

  /// Whether the person whom a directory knows by this name has been signed in in a browser before.
  func knowsBrowser(_ browser: String?, as name: String, issuer: String) throws -> Bool {
    guard let browser else { return false }
    return try first(
      """
      SELECT COUNT(*) FROM open_id_identity i
        JOIN person p ON p.facility_id = i.facility_id AND p.id = i.person_id
        JOIN account_browser b ON b.account_id = p.account_id
      WHERE i.facility_id = \(facility) AND i.issuer = \(issuer) AND i.name = \(name)
        AND b.browser_hash = \(Secret.hash(browser))
      """
    ) { try $0.int(0) > 0 } ?? false
  }
}

extension WriteTx {
  func replace(_ before: DirectorySetting?, with after: DirectorySetting) throws {
    let parts = try ColumnJSON.text(after.parts)
    let change = Change("directory.set", of: "directory:\(facility)", from: before?.facts, to: after.facts)
    guard let before else {
      return try apply(
        """
        INSERT INTO directory_server (facility_id, label, parts_json, secret, is_on, version)
        VALUES (\(facility), \(after.label), \(parts), \(after.secret), \(after.isOn), \(after.version))
        ON CONFLICT (facility_id) DO NOTHING
        """, recording: change)
    }
    try apply(
      """
      UPDATE directory_server SET label = \(after.label), parts_json = \(parts), secret = \(after.secret),
        is_on = \(after.isOn), version = \(after.version)
      WHERE facility_id = \(facility) AND version = \(before.version)
      """, recording: change)
  }

  func remove(_ before: DirectorySetting) throws {
    try apply(
      "DELETE FROM directory_server WHERE facility_id = \(facility) AND version = \(before.version)",
      recording: Change(
        "directory.remove", of: "directory:\(facility)", from: before.facts, to: [String: String]?.none))
  }
}

extension DirectorySetting {
  /// As the ledger keeps it: without the secret, and of the certificates only whether there are any.
  fileprivate var facts: [String: String] {
    var facts = [
      "name": label, "hosts": parts.hosts, "security": parts.security.rawValue, "base": parts.base,
      "way": parts.way.rawValue, "loginAttribute": parts.loginAttribute, "groupWay": parts.groupWay.rawValue,
      "lockAfter": "\(parts.lockAfter)", "lockMinutes": "\(parts.lockMinutes)", "isOn": isOn ? "yes" : "no",
    ]
    facts["port"] = parts.port.map(String.init)
    facts["authorities"] = parts.authorities.isEmpty ? nil : sha256(Array(parts.authorities.utf8))
    if parts.way == .search { facts["directoryAccount"] = parts.account }
    if parts.way == .template { facts["template"] = parts.template }
    if !parts.filter.isEmpty { facts["filter"] = parts.filter }
    if parts.groupWay == .attribute { facts["groupAttribute"] = parts.groupAttribute }
    if !parts.groupBase.isEmpty { facts["groupBase"] = parts.groupBase }
    for (role, group) in parts.groups { facts["group.\(role)"] = group }
    return facts
  }
}
