public import Kernel

/// A calendar that other programs subscribe to (RFC 5545). Times are in UTC, so that no zone has to be described.
public struct ICalendar: Sendable {
  public struct Event: Sendable {
    /// The same for the same thing as long as it exists, and no other's.
    public let uid: String
    public let from: Instant
    public let until: Instant
    public let summary: String
    public let details: String

    public init(uid: String, from: Instant, until: Instant, summary: String, details: String = "") {
      (self.uid, self.from, self.until) = (uid, from, until)
      (self.summary, self.details) = (summary, details)
    }
  }

  public static let type = "text/calendar; charset=utf-8"

  private let name: String
  private let events: [Event]
  private let madeAt: Instant

  public init(name: String, events: [Event], madeAt: Instant) {
    (self.name, self.events, self.madeAt) = (name, events, madeAt)
  }

  public var bytes: [UInt8] {
    var lines = [
      "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Mamorite//Mamorite//JA", "CALSCALE:GREGORIAN",
      "METHOD:PUBLISH", "NAME:\(ICalendar.escaped(name))", "X-WR-CALNAME:\(ICalendar.escaped(name))",
      "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
    ]
    let stamp = ICalendar.utc(madeAt)
    for event in events {
      lines += [
        "BEGIN:VEVENT", "UID:\(ICalendar.escaped(event.uid))", "DTSTAMP:\(stamp)",
        "DTSTART:\(ICalendar.utc(event.from))", "DTEND:\(ICalendar.utc(event.until))",
        "SUMMARY:\(ICalendar.escaped(event.summary))",
      ]
      if !event.details.isEmpty { lines.append("DESCRIPTION:\(ICalendar.escaped(event.details))") }
      // Being on call does not make someone busy in the eyes of others.
      lines += ["TRANSP:TRANSPARENT", "END:VEVENT"]
    }
    lines.append("END:VCALENDAR")
    return lines.flatMap(ICalendar.folded)
  }

  /// Section 3.3.11: what separates and what ends a line is written otherwise, and other control characters are left out.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case ";": result += "\\;"
      case ",": result += "\\,"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: break
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Section 3.1: at most 75 octets to a line without its end, and no character is torn apart.
  static func folded(_ line: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var length = 0
    for character in line.unicodeScalars {
      let next = Array(String(character).utf8)
      if length + next.count > 75 {
        bytes += [13, 10, 32]
        length = 1
      }
      bytes += next
      length += next.count
    }
    return bytes + [13, 10]
  }

  /// 20260224T014000Z
  static func utc(_ moment: Instant) -> String {
    let seconds = moment.milliseconds >= 0 ? moment.milliseconds / 1000 : (moment.milliseconds - 999) / 1000
    let number = seconds >= 0 ? seconds / 86_400 : -((-seconds + 86_399) / 86_400)
    let rest = Int(seconds - number * 86_400)
    let day = Day(daysSince1970: Int(number))
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return
      "\(day.year)\(two(day.month))\(two(day.day))T\(two(rest / 3600))\(two(rest / 60 % 60))\(two(rest % 60))Z"
  }
}
