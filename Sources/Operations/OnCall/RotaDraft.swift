import Kernel
import Web

/// A form of a rota, as it was typed; rotations are numbered fields (`r0-members`).
struct RotaDraft: Sendable {
  var values: [String: String]
  let version: Int

  subscript(_ name: String) -> String { values[name] ?? "" }

  init(_ form: FormValues) {
    values = Dictionary(
      form.fields.filter { !$0.name.hasPrefix("_") }.map { ($0.name, $0.value.trimmed) },
      uniquingKeysWith: { first, _ in first })
    version = form.version
  }

  init(_ rota: Rota, _ people: [OnCallPerson]) {
    values = [
      "name": rota.name, "zone": rota.zone, "yearEnd": rota.yearEnd.rawValue, "permit": rota.permit,
      "workFrom": Hours.text(rota.workHours.from), "workUntil": Hours.text(rota.workHours.until),
    ]
    version = rota.version
    for (index, rotation) in rota.rotations.enumerated() { put(rotation, at: index, people) }
  }

  /// How hospitals do it, to start from.
  enum Pattern: String, Sendable, CaseIterable {
    /// One for a whole week.
    case week
    /// Somebody for the day and somebody for the night, another each day.
    case shifts
    /// Weekday nights, and days off for all of the day.
    case nights
    /// The hospital's one person by day, a vendor's desk at night and on days off.
    case vendor
  }

  init(_ pattern: Pattern, name: String, on today: Day) {
    values = [
      "name": name, "zone": "Asia/Tokyo", "yearEnd": Rota.YearEnd.rest.rawValue,
      "workFrom": Hours.text(Hours.standardWork.from), "workUntil": Hours.text(Hours.standardWork.until),
    ]
    version = 0
    // The next Monday, today included.
    let first = today.adding(days: (8 - today.weekday) % 7)
    func rotation(_ layer: Rota.Layer, _ days: Rotation.Days, _ hours: Hours, _ length: Int) -> Rotation {
      Rotation(
        layer: layer, kind: .standby, days: days, hours: hours, length: length,
        counting: days == .rest ? .own : .calendar, first: first, last: nil, members: [])
    }
    let rotations: [Rotation] =
      switch pattern {
      case .week: Rota.Layer.allCases.map { rotation($0, .every, .wholeDay, 7) }
      case .shifts:
        Rota.Layer.allCases.flatMap {
          [rotation($0, .every, .standardWork, 1), rotation($0, .every, .standardNight, 1)]
        }
      case .nights:
        Rota.Layer.allCases.flatMap {
          [rotation($0, .weekday, .standardNight, 1), rotation($0, .rest, .wholeDay, 1)]
        }
      case .vendor:
        [
          rotation(.primary, .weekday, .standardWork, 7), rotation(.primary, .weekday, .standardNight, 7),
          rotation(.primary, .rest, .wholeDay, 7), rotation(.secondary, .every, .wholeDay, 7),
        ]
      }
    for (index, rotation) in rotations.enumerated() { put(rotation, at: index, []) }
  }

  private mutating func put(_ rotation: Rotation, at index: Int, _ people: [OnCallPerson]) {
    let fields: [String: String] = [
      "layer": rotation.layer.rawValue, "kind": rotation.kind.rawValue, "days": rotation.days.rawValue,
      "from": Hours.text(rotation.hours.from), "until": Hours.text(rotation.hours.until),
      "length": "\(rotation.length)", "counting": rotation.counting.rawValue,
      "requires": rotation.requires ?? "", "first": rotation.first.description,
      "last": rotation.last?.description ?? "",
      "members": rotation.members.map { RotaDraft.line($0, people) }.joined(separator: "\n"),
    ]
    for (name, value) in fields { values["r\(index)-\(name)"] = value }
  }

  /// How many rotations the form shows: those that are there.
  var count: Int {
    (0..<Rota.mostRotations).last { values["r\($0)-layer"] != nil }.map { $0 + 1 } ?? 0
  }

  // MARK: Reading it

  /// - Throws: ``RotaRefusal``.
  func rota(id: Rota.ID, _ people: [OnCallPerson]) throws(RotaRefusal) -> Rota {
    guard let name = self["name"].trimmed(to: 1...60), !name.contains("\n") else { throw .badName }
    guard let zone = Zone(self["zone"].isEmpty ? "Asia/Tokyo" : self["zone"]) else { throw .badZone }
    guard let yearEnd = Rota.YearEnd(rawValue: self["yearEnd"]) else { throw .badYearEnd }
    guard let permit = self["permit"].trimmed(to: 0...80) else { throw .badPermit }
    guard let from = Hours.minutes(self["workFrom"]), let until = Hours.minutes(self["workUntil"]),
      let work = Hours(from: from, until: until), from < until
    else { throw .badWorkHours }
    var rotations: [Rotation] = []
    for index in 0..<Rota.mostRotations {
      if let rotation = try rotation(index, people) { rotations.append(rotation) }
    }
    guard !rotations.isEmpty else { throw .noRotations }
    return Rota(
      id: id, name: name, zone: zone.name, rotations: rotations, yearEnd: yearEnd, workHours: work,
      permit: permit, version: version + 1)
  }

  /// Nil for one without members: that is how it is taken away.
  private func rotation(_ index: Int, _ people: [OnCallPerson]) throws(RotaRefusal) -> Rotation? {
    func value(_ name: String) -> String { self["r\(index)-\(name)"] }
    let lines = value("members").split(whereSeparator: \.isNewline).map { String($0).trimmed }.filter {
      !$0.isEmpty
    }
    guard !lines.isEmpty else { return nil }
    guard lines.count <= Rota.mostMembers else { throw .tooManyMembers(index) }
    guard let layer = Rota.Layer(rawValue: value("layer")), let kind = Rotation.Kind(rawValue: value("kind")),
      let days = Rotation.Days(rawValue: value("days")),
      let counting = Rotation.Counting(rawValue: value("counting"))
    else { throw .badChoice(index) }
    guard let from = Hours.minutes(value("from")), let until = Hours.minutes(value("until")),
      let hours = Hours(from: from, until: until)
    else { throw .badHours(index) }
    guard let length = Int(value("length").halfWidth), Rotation.lengths.contains(length) else {
      throw .badLength(index)
    }
    guard let first = Day.parse(value("first")), (2000...2099).contains(first.year) else {
      throw .badFirst(index)
    }
    var last: Day?
    if !value("last").isEmpty {
      guard let day = Day.parse(value("last")), day >= first else { throw .badLast(index) }
      last = day
    }
    guard let requires = value("requires").trimmed(to: 0...40) else { throw .badRequires(index) }
    var members: [RotaMember?] = []
    for line in lines { members.append(try RotaDraft.member(line, index, people)) }
    guard members.contains(where: { $0 != nil }) else { throw .noMembers(index) }
    return Rotation(
      layer: layer, kind: kind, days: days, hours: hours, length: length, counting: counting, first: first,
      last: last, members: members, requires: requires.isEmpty ? nil : requires)
  }

  /// A name of the register, a desk with its number, or `-` for nobody.
  static func member(_ line: String, _ index: Int, _ people: [OnCallPerson]) throws(RotaRefusal)
    -> RotaMember?
  {
    if line.halfWidth.trimmed == "-" { return nil }
    let key = line.folded
    let named = people.filter { $0.name.folded == key || $0.nameWithDepartment.folded == key }
    if named.count > 1 { throw .namesakes(index, line) }
    if let only = named.first { return only.member }
    let words = line.halfWidth.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count >= 2, let phone = words.last, isPhone(phone) else { throw .unknownMember(index, line) }
    let name = words.dropLast().joined(separator: " ")
    guard name.count <= 40, phone.count <= 40 else { throw .unknownMember(index, line) }
    return .desk(name: name, phone: phone)
  }

  private static func isPhone(_ text: String) -> Bool {
    text.count { $0.isASCII && $0.isNumber } >= 3
      && text.allSatisfy { $0.isASCII && ($0.isNumber || "+-()#*".contains($0)) }
  }

  /// How a member is written in the form.
  static func line(_ member: RotaMember?, _ people: [OnCallPerson]) -> String {
    switch member {
    case nil: return "-"
    case .desk(let name, let phone): return "\(name) \(phone)"
    case .person(let id):
      guard let person = people.first(where: { $0.person == id }) else { return "?" }
      let isOnly = people.count { $0.name.folded == person.name.folded } == 1
      return isOnly ? person.name : person.nameWithDepartment
    }
  }
}

/// Why something about on-call is refused.
enum RotaRefusal: Problem, Equatable {
  case badName, nameTaken, badZone, badYearEnd, badPermit, badWorkHours, noRotations, tooMany, hasRecords
  /// A rule of calls names it.
  case inUse(String)
  case badChoice(Int)
  case badHours(Int)
  case badLength(Int)
  case badFirst(Int)
  case badLast(Int)
  case badRequires(Int)
  case noMembers(Int)
  case tooManyMembers(Int)
  case unknownMember(Int, String)
  case namesakes(Int, String)
  case badWindow, past, badReason, badMember, sameMember, notYours, swapDone, badDuty, dutyMissing
  case overlapping(String, String)
  case badCall, callChanged, nothingChanged, badWhy, badTravel, badWhat, badRestDay, decidedAfterwards,
    sameDay, restExists, badFeed
  case notYet, noDuty, sameAsPlan, servedChanged, badObjection
  /// The stretch that was planned; the time that is taken.
  case beyondDuty(String)
  case servedTwice(String)
  case servedElsewhere(String)

  var code: String { "oncall.\(caseName)" }

  var kind: ProblemKind {
    switch self {
    case .nameTaken, .overlapping, .hasRecords, .inUse, .swapDone, .restExists, .callChanged, .servedChanged,
      .servedTwice, .servedElsewhere:
      .conflict
    case .notYours: .forbidden
    case .badFeed: .notFound
    default: .invalid
    }
  }

  var arguments: [String] {
    switch self {
    case .badChoice(let index), .badHours(let index), .badLength(let index), .badFirst(let index),
      .badLast(let index), .badRequires(let index), .noMembers(let index), .tooManyMembers(let index):
      ["\(index + 1)"]
    case .unknownMember(let index, let line), .namesakes(let index, let line): ["\(index + 1)", line]
    case .overlapping(let window, let name): [window, name]
    case .inUse(let policy): [policy]
    case .beyondDuty(let window), .servedTwice(let window), .servedElsewhere(let window): [window]
    default: []
    }
  }

  var field: String? {
    switch self {
    case .badName, .nameTaken: "name"
    case .badZone: "zone"
    case .badYearEnd: "yearEnd"
    case .badPermit: "permit"
    case .badWorkHours: "workFrom"
    case .noRotations: "r0-members"
    case .badChoice(let index): "r\(index)-layer"
    case .badHours(let index): "r\(index)-from"
    case .badLength(let index): "r\(index)-length"
    case .badFirst(let index): "r\(index)-first"
    case .badLast(let index): "r\(index)-last"
    case .badRequires(let index): "r\(index)-requires"
    case .noMembers(let index), .tooManyMembers(let index), .unknownMember(let index, _),
      .namesakes(let index, _):
      "r\(index)-members"
    default: nil
    }
  }
}

extension Zone {
  /// The moment of `2026-12-01T18:30`, as a field of a page gives it, on the clocks of this zone.
  func moment(_ text: String) -> Instant? {
    let parts = text.split(separator: "T")
    guard parts.count == 2, let day = Day(String(parts[0])), let minutes = Hours.minutes(String(parts[1]))
    else {
      return nil
    }
    return instant(wall: Int64(day.daysSince1970) * 86_400_000 + Int64(minutes) * 60_000)
  }

  /// What such a field shows.
  func field(_ moment: Instant) -> String {
    let wall = wall(at: moment)
    let number = Roster.number(wall)
    return "\(Day(daysSince1970: number))T\(Hours.text(Int((wall - Int64(number) * 86_400_000) / 60_000)))"
  }

  func day(_ moment: Instant) -> Day { Day(daysSince1970: Roster.number(wall(at: moment))) }

  func midnight(_ day: Day) -> Instant { instant(wall: Int64(day.daysSince1970) * 86_400_000) }

  /// `8:30`, without a zero in front.
  func time(_ moment: Instant) -> String {
    let wall = wall(at: moment)
    let minutes = Int((wall - Int64(Roster.number(wall)) * 86_400_000) / 60_000)
    return "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
  }
}
