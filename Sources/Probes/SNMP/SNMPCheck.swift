/// SNMP: gets one value and holds it against thresholds (v2c RFC 3416; v3 RFC 3414, RFC 7860).
public struct SNMPCheck: Check {
  public let target: Target
  public let object: ObjectIdentifier
  public let login: SNMPLogin
  public let bounds: Bounds
  public let limits: Limits

  public static let standardPort = 161

  /// What the value should be; nil where that does not matter.
  public struct Bounds: Sendable, Equatable {
    public var equals: String?
    public var slowBelow: Double?
    public var downBelow: Double?
    public var slowAbove: Double?
    public var downAbove: Double?

    public init(
      equals: String? = nil, slowBelow: Double? = nil, downBelow: Double? = nil, slowAbove: Double? = nil,
      downAbove: Double? = nil
    ) {
      self.equals = equals
      (self.slowBelow, self.downBelow) = (slowBelow, downBelow)
      (self.slowAbove, self.downAbove) = (slowAbove, downAbove)
    }

    /// What is worrying about a value.
    func doubts(about value: SNMPValue) -> [(level: ProbeState, trouble: Trouble)] {
      var doubts: [(level: ProbeState, trouble: Trouble)] = []
      if let equals, equals != value.text { doubts.append((.down, .otherValue(equals, value.text))) }
      guard slowBelow != nil || downBelow != nil || slowAbove != nil || downAbove != nil else {
        return doubts
      }
      guard let number = value.number else { return doubts + [(.down, .notANumber(value.text))] }
      if let downBelow, number < downBelow {
        doubts.append((.down, .beyond(value.text, "< \(plain(downBelow))")))
      } else if let slowBelow, number < slowBelow {
        doubts.append((.slow, .beyond(value.text, "< \(plain(slowBelow))")))
      }
      if let downAbove, number > downAbove {
        doubts.append((.down, .beyond(value.text, "> \(plain(downAbove))")))
      } else if let slowAbove, number > slowAbove {
        doubts.append((.slow, .beyond(value.text, "> \(plain(slowAbove))")))
      }
      return doubts
    }

    private func plain(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }

    /// - Throws: `Trouble.badValue` for a threshold with which no number can be compared.
    func check() throws(Trouble) {
      for value in [slowBelow, downBelow, slowAbove, downAbove].compactMap({ $0 }) where !value.isFinite {
        throw .badValue("threshold", "\(value)")
      }
    }
  }

  public init(
    target: Target, object: ObjectIdentifier, login: SNMPLogin, bounds: Bounds = Bounds(), limits: Limits
  ) {
    (self.target, self.object, self.login) = (target, object, login)
    (self.bounds, self.limits) = (bounds, limits)
  }

  public var secrets: [String] { login.secrets }

  public func examine(in session: Session) async throws -> Sighting {
    try bounds.check()
    guard let address = try await session.addresses(of: target).first else {
      throw Trouble.unknownHost(target.host)
    }
    let peer = address.isV6 ? "udp6:[\(address)]:\(target.port)" : "udp:\(address):\(target.port)"
    let value = try await session.prober.agents.run(session) { [object, login] in
      try SNMPWork(peer: peer, object: object, login: login, session)
    }
    let note = Note(key: "probes.snmp", target.description, object.description, value.text)
    return Sighting([note], doubts: bounds.doubts(about: value))
  }
}

/// `1.3.6.1.2.1.33.1.2.4.0`, with or without a dot in front.
public struct ObjectIdentifier: Sendable, Equatable, CustomStringConvertible {
  let parts: [UInt]

  /// - Throws: `Trouble.badValue` unless there are 2 to 128 numbers of 32 bits, the first of them 0, 1 or 2.
  public init(_ text: String) throws(Trouble) {
    let plain = text.hasPrefix(".") ? text.dropFirst() : text[...]
    let numbers = plain.split(separator: ".", omittingEmptySubsequences: false).map { UInt32($0) }
    let parts = numbers.compactMap { $0 }.map { UInt($0) }
    guard parts.count == numbers.count, (2...128).contains(parts.count), parts[0] <= 2,
      parts[0] == 2 || parts[1] < 40
    else { throw .badValue("OID", text) }
    self.parts = parts
  }

  public var description: String { parts.map { "\($0)" }.joined(separator: ".") }
}

/// What the agent wants to know of us.
public enum SNMPLogin: Sendable, Equatable {
  case v2c(community: String)
  case v3(user: String, authentication: Authentication?, privacy: Privacy?)

  public struct Authentication: Sendable, Equatable {
    public let kind: Kind
    let passphrase: String

    public enum Kind: String, Sendable, CaseIterable {
      case md5 = "MD5"
      case sha = "SHA"
      case sha224 = "SHA-224"
      case sha256 = "SHA-256"
      case sha384 = "SHA-384"
      case sha512 = "SHA-512"
    }

    /// - Throws: `Trouble.badValue` for less than 8 characters (RFC 3414 §11.2).
    public init(_ kind: Kind, passphrase: String) throws(Trouble) {
      guard passphrase.utf8.count >= 8 else { throw .badValue("passphrase", "***") }
      (self.kind, self.passphrase) = (kind, passphrase)
    }
  }

  public struct Privacy: Sendable, Equatable {
    public let kind: Kind
    let passphrase: String

    public enum Kind: String, Sendable, CaseIterable {
      case des = "DES"
      case aes = "AES"
    }

    /// - Throws: `Trouble.badValue` for less than 8 characters.
    public init(_ kind: Kind, passphrase: String) throws(Trouble) {
      guard passphrase.utf8.count >= 8 else { throw .badValue("passphrase", "***") }
      (self.kind, self.passphrase) = (kind, passphrase)
    }
  }

  var secrets: [String] {
    switch self {
    case .v2c(let community): [community]
    case .v3(_, let authentication, let privacy):
      [authentication?.passphrase, privacy?.passphrase].compactMap { $0 }
    }
  }
}

/// A value as the agent gave it.
struct SNMPValue: Sendable, Equatable {
  let text: String
  /// Nil for what no threshold can be held against; `nan` and `inf` are words.
  let number: Double?

  init(text: String, number: Double?) {
    self.text = text
    self.number = number.flatMap { $0.isFinite ? $0 : nil }
  }
}
