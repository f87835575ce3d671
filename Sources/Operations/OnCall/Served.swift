import Kernel

/// Who served in truth for a time that has passed: written down afterwards beside the plan, which stays as it was.
struct ServedShift: Sendable, Equatable {
  typealias ID = Kernel.ID<ServedShift>

  /// What someone whom it concerns says of it.
  struct Answer: Sendable, Equatable, Codable {
    let person: PersonID
    let isRight: Bool
    /// What is not right; empty when it is.
    let note: String
    let at: Instant
  }

  let id: ID
  let rota: Rota.ID
  let layer: Rota.Layer
  let window: Window
  /// Nil when nobody did.
  let member: RotaMember?
  /// Whom the plan had; nil for nobody.
  let instead: RotaMember?
  let reason: String
  let madeBy: String
  let maker: PersonID?
  let madeAt: Instant
  /// The record in whose place this one stands; that one stays to be read, and is counted no more.
  var corrects: ID?
  /// One a person.
  var answers: [Answer] = []
  var version = 1

  /// Those who are told of it, and may say that it is not so.
  var concerned: Set<PersonID> { Set([member?.person, instead?.person].compactMap { $0 }) }

  /// Who says that it is not so.
  var objections: [Answer] { answers.filter { !$0.isRight } }

  /// Whether anything that counts differs.
  func isOther(than before: ServedShift) -> Bool {
    window != before.window || member != before.member || reason != before.reason
  }

  func answered(_ answer: Answer) -> ServedShift {
    var after = self
    after.answers = answers.filter { $0.person != answer.person } + [answer]
    after.version += 1
    return after
  }

  /// What the ledger keeps of it.
  struct Entry: Sendable, Equatable, Codable {
    let turnLayer: String
    let shiftFromAt: Instant
    let shiftUntilAt: Instant
    /// Who served; by the plan, in what stood before the first record.
    let member: String?
    let reason: String?
  }

  var entry: Entry { ServedShift.entry(layer, window, member, reason) }

  static func entry(_ layer: Rota.Layer, _ window: Window, _ member: RotaMember?, _ reason: String?) -> Entry
  {
    let name: String? =
      switch member {
      case .person(let id): id.text
      case .desk(let name, _): name
      case nil: nil
      }
    return Entry(
      turnLayer: layer.rawValue, shiftFromAt: window.from, shiftUntilAt: window.until, member: name,
      reason: reason)
  }
}

extension Segment {
  /// Whether this is the same duty as what came right before it, cut by something that changed who has it.
  func continuesDuty(of other: Segment) -> Bool {
    other.layer == layer && other.window.until == window.from && other.day == day && other.kind == kind
      && (other.rotation == rotation || other.rotation == nil || rotation == nil)
  }

  fileprivate func cut(_ window: Window) -> Segment {
    var part = self
    part.window = window
    return part
  }

  fileprivate func served(by record: ServedShift, _ window: Window) -> Segment {
    var part = cut(window)
    (part.called, part.member, part.record) = (member, record.member, record.id)
    part.state = record.member == nil ? .empty : .covered
    return part
  }
}

extension Roster {
  /// The plan with those who served in its place, where that was put right: for looking back and for counting. Who is called is a
  /// matter of ``segments(of:in:)`` alone.
  func truth(of layer: Rota.Layer, in span: Window) -> [Segment] {
    let plan = segments(of: layer, in: span)
    let records = served.filter { $0.layer == layer && $0.window.overlaps(span) }.sorted {
      $0.window.from < $1.window.from
    }
    guard let first = records.first, let last = records.last else { return plan }
    let touched = Window(from: first.window.from, until: last.window.until)
    return plan.flatMap { segment -> [Segment] in
      guard segment.window.overlaps(touched) else { return [segment] }
      var (parts, at): ([Segment], Instant) = ([], segment.window.from)
      for record in records {
        // Two that were written at one moment could overlap: the one that begins first counts.
        let left = Window(from: at, until: segment.window.until)
        guard let window = record.window.clipped(to: left) else { continue }
        if at < window.from { parts.append(segment.cut(Window(from: at, until: window.from))) }
        parts.append(segment.served(by: record, window))
        at = window.until
      }
      if at < segment.window.until {
        parts.append(segment.cut(Window(from: at, until: segment.window.until)))
      }
      return parts
    }
  }

  /// The stretch of the plan in which all of a window lies: nobody served longer than was planned, and each record stands for one
  /// person of the plan.
  ///
  /// - Throws: ``RotaRefusal``, which names the stretch that was planned.
  func stretch(of layer: Rota.Layer, over window: Window, in zone: Zone) throws(RotaRefusal) -> Segment {
    let around = Window(
      from: window.from.adding(minutes: -Roster.longestStretch),
      until: window.until.adding(minutes: Roster.longestStretch))
    let found = segments(of: layer, in: around).shifts.first { $0.window.contains(window.from) }
    guard let found, found.state != .off else { throw .noDuty }
    guard window.until <= found.window.until else {
      throw .beyondDuty(
        "\(zone.field(found.window.from)) - \(zone.field(found.window.until))".replacing("T", with: " "))
    }
    return found
  }

  /// So far around a window the plan is looked at, in minutes.
  static let longestStretch: Int64 = 31 * 1440
}

/// What was typed of who served.
struct ServedDraft: Sendable {
  let layer: Rota.Layer
  let window: Window
  /// Nil for nobody.
  let member: RotaMember?
  let reason: String

  /// - Parameter layer: of the record that is put right, as that does not change; nil for a new one.
  /// - Throws: ``RotaRefusal``.
  init(
    layer: Rota.Layer?, from: Instant?, until: Instant?, member: String, reason: String, now: Instant
  ) throws(RotaRefusal) {
    guard let layer else { throw .badDuty }
    guard let from, let until, from < until, until.milliseconds - from.milliseconds <= OnCall.longest else {
      throw .badWindow
    }
    guard until <= now else { throw .notYet }
    self.member = RotaMember(member)
    guard self.member != nil || member == "-" else { throw .badMember }
    guard let reason = reason.trimmed(to: 1...200) else { throw .badReason }
    (self.layer, window, self.reason) = (layer, Window(from: from, until: until), reason)
  }
}
