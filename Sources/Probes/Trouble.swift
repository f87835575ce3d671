public import Kernel

/// Why a check is slow or down, or cannot be made at all; the catalog holds the words.
///
/// A struct with one maker per reason: sixty reasons of an enum would need each of them named three times.
public struct Trouble: Problem, Equatable {
  public let code: String
  public let arguments: [String]
  public let kind: ProblemKind

  private init(_ code: String, _ arguments: [String] = [], _ kind: ProblemKind = .unavailable) {
    (self.code, self.arguments, self.kind) = (code, arguments.map(Trouble.bounded), kind)
  }

  /// What a target says is shown, but not a page of it, and nothing that steers a terminal.
  static func bounded(_ text: String) -> String {
    let plain = text.harmless
    return plain.count > 200 ? plain.prefix(200) + "…" : plain
  }

  // What was asked cannot be done.
  static func badTarget(_ text: String) -> Trouble { Trouble("probes.badTarget", [text], .invalid) }
  static func badLimit(_ name: String, _ range: String) -> Trouble {
    Trouble("probes.badLimit", [name, range], .invalid)
  }
  static func badValue(_ name: String, _ value: String) -> Trouble {
    Trouble("probes.badValue", [name, value], .invalid)
  }
  static func unreadableFile(_ path: String) -> Trouble { Trouble("probes.unreadableFile", [path], .invalid) }
  static func noCertificateInFile(_ path: String) -> Trouble {
    Trouble("probes.noCertificateInFile", [path], .invalid)
  }
  static func badMessage(_ place: String) -> Trouble { Trouble("probes.badMessage", [place], .invalid) }
  static func noPingRight() -> Trouble { Trouble("probes.noPingRight", [], .invalid) }
  static func outsideNetworks(_ address: String) -> Trouble {
    Trouble("probes.outsideNetworks", [address], .invalid)
  }

  var isOutside: Bool { code == "probes.outsideNetworks" }

  // The way there.
  /// A target's own answer leads where no check may go: it was asked, and is not as it should be.
  static func leadsOutside(_ address: String) -> Trouble { Trouble("probes.leadsOutside", [address]) }
  /// Nobody knows whether there is such a name.
  static func resolverSilent(_ name: String) -> Trouble { Trouble("probes.resolverSilent", [name]) }
  static func unknownHost(_ name: String) -> Trouble { Trouble("probes.unknownHost", [name]) }
  static func noSuchFamily(_ name: String, _ family: String) -> Trouble {
    Trouble("probes.noSuchFamily", [name, family])
  }
  static func refusedConnection(_ place: String) -> Trouble { Trouble("probes.refusedConnection", [place]) }
  static func noRoute(_ place: String, _ reason: String) -> Trouble {
    Trouble("probes.noRoute", [place, reason])
  }
  static func noAnswer(_ place: String, _ ms: Int) -> Trouble {
    Trouble("probes.noAnswer", [place, seconds(ms)])
  }
  /// Connected, but no word of TLS.
  static func silentTLS(_ place: String, _ ms: Int) -> Trouble {
    Trouble("probes.silentTLS", [place, seconds(ms)])
  }
  /// Connected, but no word.
  static func silent(_ place: String, _ ms: Int) -> Trouble {
    Trouble("probes.silent", [place, seconds(ms)])
  }
  /// Something came, but not all of it in time.
  static func trickling(_ place: String, _ ms: Int, _ bytes: Int) -> Trouble {
    Trouble("probes.trickling", [place, seconds(ms), "\(bytes)"])
  }
  static func tooMuch(_ place: String, _ bytes: Int) -> Trouble {
    Trouble("probes.tooMuch", [place, "\(bytes)"])
  }
  static func closedEarly(_ place: String, _ bytes: Int) -> Trouble {
    Trouble("probes.closedEarly", [place, "\(bytes)"])
  }
  static func late(_ ms: String, _ most: String) -> Trouble { Trouble("probes.late", [ms, most]) }
  static func failed(_ reason: String) -> Trouble { Trouble("probes.failed", [reason]) }

  // TLS and certificates.
  static func noTLS(_ place: String, _ reason: String) -> Trouble {
    Trouble("probes.noTLS", [place, reason])
  }
  static func certificateEnded(_ day: String, _ days: Int) -> Trouble {
    Trouble("probes.certificateEnded", [day, "\(days)"])
  }
  static func certificateNotYet(_ day: String) -> Trouble { Trouble("probes.certificateNotYet", [day]) }
  static func certificateEnding(_ day: String, _ days: Int) -> Trouble {
    Trouble("probes.certificateEnding", [day, "\(days)"])
  }
  static func issuerEnded(_ name: String, _ day: String) -> Trouble {
    Trouble("probes.issuerEnded", [name, day])
  }
  static func issuerEnding(_ name: String, _ day: String, _ days: Int) -> Trouble {
    Trouble("probes.issuerEnding", [name, day, "\(days)"])
  }
  static func wrongName(_ wanted: String, _ names: String) -> Trouble {
    Trouble("probes.wrongName", [wanted, names])
  }
  static func unknownAuthority(_ issuer: String) -> Trouble { Trouble("probes.unknownAuthority", [issuer]) }
  static func brokenCertificate() -> Trouble { Trouble("probes.brokenCertificate") }

  // TCP, HTTP, FHIR.
  static func textMissing(_ text: String, _ bytes: Int) -> Trouble {
    Trouble("probes.textMissing", [text, "\(bytes)"])
  }
  static func badStatus(_ status: Int, _ wanted: String) -> Trouble {
    Trouble("probes.badStatus", ["\(status)", wanted])
  }
  static func tooManyRedirects(_ most: Int) -> Trouble { Trouble("probes.tooManyRedirects", ["\(most)"]) }
  static func redirectCircle(_ address: String) -> Trouble { Trouble("probes.redirectCircle", [address]) }
  static func badRedirect(_ address: String) -> Trouble { Trouble("probes.badRedirect", [address]) }
  static func brokenHTTP(_ reason: String) -> Trouble { Trouble("probes.brokenHTTP", [reason]) }
  static func loginNeeded(_ status: Int) -> Trouble { Trouble("probes.loginNeeded", ["\(status)"]) }
  static func notFHIR(_ type: String) -> Trouble { Trouble("probes.notFHIR", [type]) }

  // Mail.
  static func smtpRefused(_ line: String) -> Trouble { Trouble("probes.smtpRefused", [line]) }
  static func brokenSMTP(_ line: String) -> Trouble { Trouble("probes.brokenSMTP", [line]) }
  static func noStartTLS() -> Trouble { Trouble("probes.noStartTLS") }

  // DICOM and HL7.
  static func unknownCalledAE(_ title: String) -> Trouble { Trouble("probes.unknownCalledAE", [title]) }
  static func unknownCallingAE(_ title: String) -> Trouble { Trouble("probes.unknownCallingAE", [title]) }
  static func associationRejected(_ reason: String) -> Trouble {
    Trouble("probes.associationRejected", [reason])
  }
  static func associationBusy() -> Trouble { Trouble("probes.associationBusy") }
  static func associationAborted(_ reason: String) -> Trouble {
    Trouble("probes.associationAborted", [reason])
  }
  static func noVerification() -> Trouble { Trouble("probes.noVerification") }
  static func echoFailed(_ status: String) -> Trouble { Trouble("probes.echoFailed", [status]) }
  static func brokenDICOM(_ place: String) -> Trouble { Trouble("probes.brokenDICOM", [place]) }
  static func messageRefused(_ code: String, _ words: String) -> Trouble {
    Trouble("probes.messageRefused", [code, words])
  }
  static func brokenAcknowledgement(_ place: String) -> Trouble {
    Trouble("probes.brokenAcknowledgement", [place])
  }
  static func noEndBlock(_ bytes: Int) -> Trouble { Trouble("probes.noEndBlock", ["\(bytes)"]) }
  static func otherMessage(_ wanted: String, _ got: String) -> Trouble {
    Trouble("probes.otherMessage", [wanted, got])
  }

  // DNS, NTP, ICMP.
  static func dnsRefused(_ code: String, _ name: String) -> Trouble {
    Trouble("probes.dnsRefused", [code, name])
  }
  static func noSuchName(_ name: String) -> Trouble { Trouble("probes.noSuchName", [name]) }
  static func noRecords(_ type: String, _ name: String) -> Trouble {
    Trouble("probes.noRecords", [type, name])
  }
  static func otherRecords(_ wanted: String, _ got: String) -> Trouble {
    Trouble("probes.otherRecords", [wanted, got])
  }
  static func brokenDNS(_ place: String) -> Trouble { Trouble("probes.brokenDNS", [place]) }
  static func brokenNTP(_ place: String) -> Trouble { Trouble("probes.brokenNTP", [place]) }
  static func ntpRefused(_ code: String) -> Trouble { Trouble("probes.ntpRefused", [code]) }
  static func unsynchronised() -> Trouble { Trouble("probes.unsynchronised") }
  static func clockOff(_ ms: String, _ most: String) -> Trouble { Trouble("probes.clockOff", [ms, most]) }
  static func pingsLost(_ lost: Int, _ of: Int) -> Trouble {
    Trouble("probes.pingsLost", ["\(lost)", "\(of)"])
  }

  // SNMP and databases.
  static func snmpNoSuch(_ oid: String) -> Trouble { Trouble("probes.snmpNoSuch", [oid]) }
  static func snmpError(_ words: String) -> Trouble { Trouble("probes.snmpError", [words]) }
  static func snmpLogin(_ words: String) -> Trouble { Trouble("probes.snmpLogin", [words]) }
  static func notANumber(_ value: String) -> Trouble { Trouble("probes.notANumber", [value]) }
  static func beyond(_ value: String, _ limit: String) -> Trouble {
    Trouble("probes.beyond", [value, limit])
  }
  static func otherValue(_ wanted: String, _ got: String) -> Trouble {
    Trouble("probes.otherValue", [wanted, got])
  }
  static func databaseRefused(_ words: String) -> Trouble { Trouble("probes.databaseRefused", [words]) }
  static func databaseLost(_ words: String) -> Trouble { Trouble("probes.databaseLost", [words]) }

  private static func seconds(_ ms: Int) -> String {
    ms % 1000 == 0 ? "\(ms / 1000)" : tenths(Double(ms) / 1000)
  }
}
