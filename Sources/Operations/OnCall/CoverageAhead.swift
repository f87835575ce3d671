import Kernel
import Storage

/// How much of the coming days nobody holds, of one layer of a rota that an order of calling names.
struct CoverageAhead: Sendable, Equatable {
  let rota: Rota.ID
  let name: String
  let layer: Rota.Layer
  /// A duty is planned, and nobody has it: the turn is empty, or who has it is away or has left.
  var nobodyMinutes = 0
  /// No duty is planned, for less than a week at a time.
  var offMinutes = 0
  /// When nobody comes for the first time.
  var first: Instant?

  /// The board looks so many days ahead.
  static let days = 14

  /// - Parameter leaving: the last day of those who leave or have left.
  init(_ roster: Roster, _ layer: Rota.Layer, in span: Window, leaving: [PersonID: Day]) {
    (rota, name, self.layer) = (roster.rota.id, roster.rota.name, layer)
    let zone = Zone(roster.rota.zone) ?? .tokyo
    for segment in roster.segments(of: layer, in: span) {
      var window: Window?
      switch segment.state {
      // What is called for days on end and has no duty has been forgotten: the last rotation has ended, or there never was one.
      case .off where segment.window.minutes > CoverageAhead.mostOffMinutes: window = segment.window
      case .off: offMinutes += segment.window.minutes
      case .empty, .leave: window = segment.window
      case .covered: window = CoverageAhead.gone(segment, leaving, zone)
      }
      guard let window else { continue }
      nobodyMinutes += window.minutes
      first = first ?? window.from
    }
  }

  /// A week without duties is no plan of duties.
  static let mostOffMinutes = 7 * 1440 - 1

  /// What of a duty lies behind the last day of whoever has it: from the midnight after it on.
  private static func gone(_ segment: Segment, _ leaving: [PersonID: Day], _ zone: Zone) -> Window? {
    guard let day = segment.member?.person.flatMap({ leaving[$0] }) else { return nil }
    let gone = max(zone.midnight(day.adding(days: 1)), segment.window.from)
    return gone < segment.window.until ? Window(from: gone, until: segment.window.until) : nil
  }

  /// Whole hours, a part of one counting as one.
  var nobodyHours: Int { (nobodyMinutes + 59) / 60 }
  var offHours: Int { (offMinutes + 59) / 60 }
}

extension CoverageAhead {
  static func span(at now: Instant) -> Window {
    Window(from: now, until: now.adding(minutes: Int64(days) * 1440))
  }

  /// What lies ahead of each layer of a rota that an order of calling names.
  static func all(
    _ policies: [EscalationPolicy], _ rotas: [Rota], in span: Window, _ overrides: [RotaOverride],
    _ leaves: [Leave], leaving: [PersonID: Day]
  ) -> [CoverageAhead] {
    let called = Set(policies.flatMap { $0.steps.flatMap(\.targets) })
    return rotas.flatMap { rota in
      let roster = Roster(rota: rota, overrides: overrides.filter { $0.rota == rota.id }, leaves: leaves)
      return Rota.Layer.allCases.filter { called.contains(.rota(rota.id.text, $0)) }.map {
        CoverageAhead(roster, $0, in: span, leaving: leaving)
      }
    }
  }
}

extension ReadTx {
  func coverageAhead(_ policies: [EscalationPolicy], _ rotas: [Rota], at now: Instant) throws
    -> [CoverageAhead]
  {
    guard !rotas.isEmpty else { return [] }
    let span = CoverageAhead.span(at: now)
    let (overrides, leaves, leaving) = try changesOfAll(in: span)
    return CoverageAhead.all(policies, rotas, in: span, overrides, leaves, leaving: leaving)
  }
}
