import Testing

@testable import Identity

@Suite("ディレクトリ(LDAP)の決まり")
struct DirectoryTests {
  @Test(
    "絞り込みに入る値は、閉じることも始めることもできない(RFC 4515)",
    arguments: [
      ("hanako", "hanako"), ("*", #"\2a"#), ("*)(uid=*", #"\2a\29\28uid=\2a"#), (#"a\2a"#, #"a\5c2a"#),
      ("a\u{0}b", #"a\00b"#), ("花子", "花子"), ("a\nb", #"a\0ab"#),
    ])
  func filterValue(text: String, escaped: String) {
    #expect(DirectoryText.filterValue(text) == escaped)
  }

  @Test(
    "DN に入る値は、一つの値のまま(RFC 4514)",
    arguments: [
      ("hanako", "hanako"), ("x,ou=admins", #"x\,ou\=admins"#), ("x+uid=y", #"x\+uid\=y"#),
      ("#x#", ##"\#x#"##), (" x y ", #"\ x y\ "#), (#"a\b"c"#, #"a\\b\"c"#), ("a;b<c>d", #"a\;b\<c\>d"#),
      ("a\u{0}", #"a\00"#), ("花子", "花子"),
    ])
  func nameValue(text: String, escaped: String) throws {
    #expect(DirectoryText.nameValue(text) == escaped)
    // However it is written, the name has the parts of the template and no others.
    let name = try #require(DirectoryText.comparable("uid=\(DirectoryText.nameValue(text)),dc=example"))
    #expect(name.hasPrefix("uid=") && name.hasSuffix(",dc=example"))
  }

  @Test("同じ DN は、書き方が違っても同じ。DN でないものは断る")
  func comparable() {
    let written = DirectoryText.comparable("CN=IT, OU=Groups,DC=minato,  DC=example")
    #expect(written == "cn=it,ou=groups,dc=minato,dc=example")
    #expect(DirectoryText.comparable("CN=IT;OU=Groups") != DirectoryText.comparable("CN=IT"))
    for text in ["", "it", "cn=it,", "=x", "cn=a\u{0}b"] {
      #expect(DirectoryText.comparable(text) == nil, "\(text)")
    }
  }

  @Test(
    "Active Directory の断りのわけを、細かい番号から読む",
    arguments: [
      ("52e", DirectoryProblem.wrongPassword), ("525", .wrongPassword), ("530", .notNow), ("531", .notNow),
      ("532", .passwordExpired), ("533", .disabled), ("701", .accountExpired), ("773", .mustChange),
      ("775", .locked), ("57", .wrongPassword),
    ])
  func subCodes(code: String, problem: DirectoryProblem) {
    let words =
      "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data \(code), v4563"
    #expect(DirectoryProblem.subCode(words) == code)
    #expect(DirectoryProblem.ofBind(code: 49, words: words, policy: nil) == problem)
  }

  @Test("ほかのディレクトリの断りも、番号とパスワードの決まりの返事から読む")
  func otherRefusals() {
    func problem(_ code: Int32, _ policy: UInt32? = nil) -> DirectoryProblem? {
      DirectoryProblem.ofBind(code: code, words: "", policy: policy)
    }
    #expect(problem(0) == nil)
    #expect(problem(49) == .wrongPassword && problem(48) == .wrongPassword && problem(32) == .wrongPassword)
    // A right password that has to be changed first lets nobody in.
    #expect(problem(0, 2) == .mustChange && problem(49, 0) == .passwordExpired && problem(49, 1) == .locked)
    #expect(problem(8) == .needsEncryption && problem(13) == .needsEncryption && problem(10) == .referral)
    #expect(problem(53) == .refused("53", ""))
  }

  private static func server(
    hosts: String = "dc1.hospital.local", port: Int? = nil, security: DirectoryServer.Security = .tls,
    authorities: String = "", base: String = "DC=hospital,DC=local",
    way: DirectoryServer.Way = .search(account: "mamorite@hospital.local", password: "x"),
    attribute: String = "sAMAccountName", filter: String = "", allowsLoopback: Bool = false
  ) throws(DirectoryProblem) -> DirectoryServer {
    try DirectoryServer(
      hosts: hosts, port: port, security: security, authorities: authorities, base: base, way: way,
      loginAttribute: attribute, filter: filter, groups: .unasked, allowsLoopback: allowsLoopback)
  }

  @Test(
    "絞り込みは、名前で調べるときも、DN の形で本人を読むときも効く",
    arguments: [
      ("", "hanako", "(uid=hanako)"), ("", nil, "(objectClass=*)"),
      ("(!(employeeType=retired))", "x)(a=b", #"(&(!(employeeType=retired))(uid=x\29\28a=b))"#),
      ("(!(employeeType=retired))", nil, "(!(employeeType=retired))"),
    ])
  func filter(filter: String, login: String?, asked: String) throws {
    #expect(try Self.server(attribute: "uid", filter: filter).filter(login: login) == asked)
  }

  @Test("暗号なしでは、試験でこの機械につなぐときのほか、つながない")
  func encryption() throws {
    #expect(throws: DirectoryProblem.notEncrypted) { _ = try Self.server(security: .none) }
    #expect(throws: DirectoryProblem.notEncrypted) {
      _ = try Self.server(hosts: "127.0.0.1", security: .none)
    }
    #expect(throws: DirectoryProblem.notEncrypted) {
      _ = try Self.server(hosts: "127.0.0.1 dc1", security: .none, allowsLoopback: true)
    }
    _ = try Self.server(hosts: "127.0.0.1", security: .none, allowsLoopback: true)
    #expect(try Self.server().port == 636 && Self.server(security: .startTLS).port == 389)
  }

  @Test("メールアドレスで人を決めない。空のパスワード、合わない括弧、秘密鍵は断る")
  func refused() {
    for name in ["mail", "Mail", "proxyAddresses"] {
      #expect(throws: DirectoryProblem.mailAttribute) { _ = try Self.server(attribute: name) }
    }
    #expect(throws: DirectoryProblem.badAttribute("uid)(x")) { _ = try Self.server(attribute: "uid)(x") }
    #expect(throws: DirectoryProblem.badAccount) {
      _ = try Self.server(way: .search(account: "cn=a,dc=b", password: ""))
    }
    for filter in ["objectClass=person", "(a=b", "(a=b))", "(a=b)(c=d)", "(a=b)|(c=d)"] {
      #expect(throws: DirectoryProblem.badFilter, "\(filter)") { _ = try Self.server(filter: filter) }
    }
    for template in ["uid=x,dc=y", "{login}", "uid={login},cn={login},dc=y"] {
      #expect(throws: DirectoryProblem.badTemplate) { _ = try Self.server(way: .template(template)) }
    }
    #expect(throws: DirectoryProblem.badBase) { _ = try Self.server(base: "hospital.local") }
    #expect(throws: DirectoryProblem.badHost("ldap://dc1")) { _ = try Self.server(hosts: "ldap://dc1") }
    #expect(throws: DirectoryProblem.badHost("a b c d")) { _ = try Self.server(hosts: "a b c d") }
    #expect(throws: DirectoryProblem.badPort) { _ = try Self.server(port: 70_000) }
    #expect(throws: DirectoryProblem.badAuthorities) { _ = try Self.server(authorities: "not a certificate") }
  }

  @Test("変わらない番号は、バイトでも文字でも、決まった書き方になる")
  func subjects() {
    let guid = (0..<16).map(UInt8.init)
    #expect(DirectoryText.subject(guid: guid, uuid: nil) == "guid:000102030405060708090a0b0c0d0e0f")
    let uuid = Array("0B4C5E6F-0000-4000-8000-000000000001".utf8)
    #expect(DirectoryText.subject(guid: nil, uuid: uuid) == "uuid:0b4c5e6f-0000-4000-8000-000000000001")
    #expect(DirectoryText.subject(guid: [1, 2], uuid: Array("x".utf8)) == nil)
  }

  @Test(
    "証明書の名前は、先頭の一つの部分だけを星で言い換えられる",
    arguments: [
      ("dc1.example", "DC1.example", true), ("*.example", "dc1.example", true),
      ("*.example", "a.dc1.example", false), ("*.example", "example", false), ("dc1", "dc2", false),
    ])
  func names(name: String, host: String, covers: Bool) {
    #expect(CertificateLook.covers(name, host) == covers)
  }

  @Test("空のパスワードは、ディレクトリに届かない")
  func emptyPassword() async throws {
    // Nothing listens under this name: an answer that is not about the password would say so.
    let server = try Self.server(hosts: "nowhere.invalid")
    let candidate = DirectoryCandidate(name: "uid=hanako,dc=hospital,dc=local", entry: nil)
    await #expect(throws: DirectoryProblem.emptyPassword) {
      _ = try await LDAPDirectory([:]).prove(candidate, password: "", on: server)
    }
    let template = try Self.server(way: .template("uid={login},dc=x"))
    let found = try await LDAPDirectory([:]).find("x,dc=y", on: template)
    #expect(found.name == #"uid=x\,dc\=y,dc=x"#)
    await #expect(throws: DirectoryProblem.badLogin) {
      _ = try await LDAPDirectory([:]).find("花子", on: template)
    }
  }
}
