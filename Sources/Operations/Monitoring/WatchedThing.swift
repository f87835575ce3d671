import Kernel

/// What is to be watched, as far as the registers and its name tell.
struct WatchedThing: Sendable, Equatable {
  let name: String
  /// Of a device: its kind in the register.
  var device = ""

  /// Ways of looking for something of which nothing is known.
  static let usual: [MonitorKind] = [.http, .icmp, .tcp, .heartbeat]

  /// Whether anything says what it is.
  var isKnown: Bool { byDevice != nil || byName != nil }

  /// The ways of looking that suit it, the likeliest first.
  var fitting: [MonitorKind] {
    byDevice ?? byName ?? (device == "server" ? [.icmp, .http, .tcp] : Self.usual)
  }

  /// The ways that are left.
  var others: [MonitorKind] { MonitorKind.allCases.filter { !fitting.contains($0) } }

  private var byDevice: [MonitorKind]? {
    switch device {
    case "network": [.icmp, .snmp]
    case "storage": [.icmp, .snmp, .tcp]
    case "ups": [.snmp, .icmp]
    default: nil
    }
  }

  private var byName: [MonitorKind]? {
    let text = name.folded
    // A short word of Latin letters has to stand alone: "ups" is no part of "groups".
    let latin = Set(name.halfWidth.lowercased().split { !($0.isASCII && $0.isLetter) }.map(String.init))
    return Self.signs.first { sign in
      sign.words.contains { $0.utf8.first.map { $0 < 0x80 } == true ? latin.contains($0) : text.contains($0) }
    }?.kinds
  }

  /// Words in the names that hospitals give, as headings of their sheets are known too; the first that fits counts.
  private static let signs: [(words: [String], kinds: [MonitorKind])] = [
    (["控え", "バックアップ", "夜間", "バッチ", "backup", "batch"], [.heartbeat]),
    (["証明書", "certificate"], [.tls, .certificate]),
    (["dns"], [.dns, .icmp]),
    (["時計", "時刻", "ntp"], [.ntp, .icmp]),
    (["メール", "mail", "smtp"], [.smtp, .tcp]),
    (["無停電", "電源", "プリンタ", "温度", "ups", "printer", "nas"], [.snmp, .icmp]),
    (["画像", "放射線", "内視鏡", "モダリティ", "pacs", "dicom", "ris"], [.dicom, .http, .icmp]),
    (["検査", "検体", "lis"], [.tcp, .hl7, .icmp]),
    (["hl7"], [.hl7, .tcp]),
    (["fhir"], [.fhir, .http]),
    (["データベース", "database", "db", "postgresql"], [.postgres, .tcp]),
    (["認証基盤", "利用者認証", "ディレクトリ", "ad", "ldap", "directory"], [.tcp, .icmp]),
    (
      [
        "回線", "インターネット", "ネットワーク", "ルータ", "スイッチ", "無線", "ファイアウォール", "internet", "network", "vpn",
        "router", "switch", "firewall", "lan",
      ], [.icmp, .dns, .snmp]
    ),
    (
      [
        "カルテ", "医事", "会計", "レセ", "予約", "給食", "資格確認", "処方", "介護", "ポータル", "グループウェア", "ehr", "portal",
        "web",
      ], [.http, .icmp, .tcp]
    ),
  ]
}

extension MonitorKind {
  /// What a register's address of a machine fills in; nothing where a kind asks for something else.
  ///
  /// - Parameter text: of several addresses the first is meant.
  func filled(from text: String) -> [String: String] {
    let first = text.split { $0.isWhitespace || ",;、".contains($0) }.first
    guard let address = first.map(String.init) else { return [:] }
    switch self {
    case .http, .fhir:
      if address.contains("://") { return ["target": address] }
      // An address of IPv6 stands in brackets there.
      return ["target": address.count { $0 == ":" } > 1 ? "https://[\(address)]/" : "https://\(address)/"]
    case .dns: return ["server": address]
    case .certificate, .heartbeat: return [:]
    default: return ["target": address]
    }
  }

  /// The fields that are shown at once. The others have a good standard, and lie folded.
  var askedAtOnce: Set<String> {
    switch self {
    case .http, .tcp, .icmp, .tls, .ntp, .hl7, .fhir, .certificate: ["target"]
    case .dns: ["target", "type", "server"]
    case .smtp: ["target", "security"]
    case .snmp:
      ["target", "oid", "secret", "equals", "slowBelow", "downBelow", "slowAbove", "downAbove"]
    case .dicom: ["target", "calledAE", "callingAE"]
    case .postgres: ["target", "database", "user", "secret"]
    case .heartbeat: ["periodMinutes", "backup"]
    }
  }

  /// What lies folded in the form, with what stands there by itself.
  var folded: [String: String] {
    let own =
      self == .heartbeat
      ? ["rhythm": "period", "cron": "", "zone": "Asia/Tokyo", "graceMinutes": "60", "logs": "no"]
      : [
        "parent": "", "parentName": "", "interval": "", "timeout": "10000", "slow": "", "down": "",
        "failures": "3", "recoveries": "2", "family": "any", "sentinel": "no",
      ]
    let further = fields.filter { !askedAtOnce.contains($0.id) }.map { ($0.id, $0.standard) }
    return own.merging(further) { mine, _ in mine }.merging(["level": ""]) { mine, _ in mine }
  }

  /// The field of the form that a refusal is about, also for those that only know what cannot be asked.
  func field(of refusal: any Problem, in draft: MonitorDraft) -> String? {
    if let field = refusal.field { return field }
    let (name, value) = (refusal.arguments.first ?? "", refusal.arguments.dropFirst().first)
    switch refusal.code {
    case "probes.badTarget": return name == draft["server"] && name != draft["target"] ? "server" : "target"
    case "probes.badMessage": return "message"
    case "probes.badLimit", "probes.badValue": break
    default: return nil
    }
    switch name {
    case "slow-days": return "slowDays"
    case "down-days": return "downDays"
    case "offset": return "slowOffsetMs"
    case "OID": return "oid"
    case "AE": return value == draft["callingAE"].halfWidth ? "callingAE" : "calledAE"
    case "passphrase", "token": return "secret"
    case "redirects", "status", "timeout", "slow", "down": return name
    default: return nil
    }
  }
}

extension MonitorDraft {
  /// Whether something that lies folded is wrong, or is not what stands there by itself.
  ///
  /// - Parameters:
  ///   - field: what was refused.
  ///   - secrets: the fields whose secrets have been given.
  func opensFolded(blaming field: String?, secrets: Set<String> = []) -> Bool {
    let folded = kind.folded
    if let field, folded[field] != nil { return true }
    return folded.contains { id, standard in
      secrets.contains(id) || (!self[id].isEmpty && self[id] != standard)
    }
  }

  /// How much a stop harms, by what was chosen or by the system.
  func level(among systems: [WatchedSystem]) -> ImpactLevel {
    Int(self["level"]).flatMap(ImpactLevel.init(rawValue:))
      ?? ImpactLevel(impact: systems.first { $0.id == self["system"] }?.impact)
  }

  /// The draft with the interval that follows from the impact, where none was chosen.
  func settled(among systems: [WatchedSystem]) -> MonitorDraft {
    guard kind != .heartbeat, self["interval"].isEmpty else { return self }
    return replacing(["interval": "\(level(among: systems).standardSeconds)"])
  }

  /// The draft without an interval that follows from the impact: the form says so in words.
  func unsettled(among systems: [WatchedSystem]) -> MonitorDraft {
    let standard = "\(level(among: systems).standardSeconds)"
    return self["interval"] == standard ? replacing(["interval": ""]) : self
  }

  /// What was typed for another kind, as far as this one asks for the same.
  func turned(from before: MonitorKind) -> MonitorDraft {
    guard before != kind else { return self }
    func isShared(_ id: String) -> Bool {
      guard let old = before.fields.first(where: { $0.id == id }) else { return true }
      return kind.fields.contains { new in new.id == id && new.label == old.label && new.takes(values[id]) }
    }
    return MonitorDraft(
      kind: kind, values: values.filter { isShared($0.key) }, kept: kept.filter { isShared($0.key) },
      version: version)
  }
}

extension KindField {
  /// Whether one may choose that here.
  fileprivate func takes(_ value: String?) -> Bool {
    guard case .choice(let choices) = control, let value else { return true }
    return choices.contains(value)
  }
}
