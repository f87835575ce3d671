import Kernel
import Storage

/// How much of the coming days nobody holds, of one layer of a rota that an order of calling names.
struct CoverageAhead: Sendable, Equatable {
  let rota: Rota.ID
  let name: String
  let layer: Rota.Layer
  /// A duty is planned, and nobody has it: the turn is empty, or who has it is away or has left.
  var nobodyMinutes = 0
  /// No duty is planned.
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
      case .off: offMinutes += segment.window.minutes
      case .empty, .leave: window = segment.window
      case .covered:
        let last = segment.member?.person.flatMap { leaving[$0] }
        // From the midnight after the last day on.
        window = last.flatMap { day in
          let gone = max(zone.midnight(day.adding(days: 1)), segment.window.from)
          return gone < segment.window.until ? Window(from: gone, until: segment.window.until) : nil
        }
      }
      guard let window else { continue }
      nobodyMinutes += window.minutes
      first = first ?? window.from
    }
  }

  /// Whole hours, a part of one counting as one.
  var nobodyHours: Int { (nobodyMinutes + 59) / 60 }
  var offHours: Int { (offMinutes + 59) / 60 }
}

extension ReadTx {
  /// What lies ahead of each layer of a rota that an order of calling names.
  func coverageAhead(_ policies: [EscalationPolicy], _ rotas: [Rota], at now: Instant) throws
    -> [CoverageAhead]
  {
    let span = Window(from: now, until: now.adding(minutes: Int64(CoverageAhead.days) * 1440))
    let called = Set(policies.flatMap { $0.steps.flatMap(\.targets) })
    let wanted = rotas.flatMap { rota in
      Rota.Layer.allCases.filter { called.contains(.rota(rota.id.text, $0)) }.map { (rota, $0) }
    }
    guard !wanted.isEmpty else { return [] }
    let (overrides, leaves, leaving) = try changesOfAll(in: span)
    return wanted.map { rota, layer in
      let roster = Roster(rota: rota, overrides: overrides.filter { $0.rota == rota.id }, leaves: leaves)
      return CoverageAhead(roster, layer, in: span, leaving: leaving)
    }
  }
}
