import Kernel
import Probes
import Storage
import Web

/// The page for the wards: what works, what does not, since when, and what to do meanwhile.
enum Board {
  static func feature() -> Feature {
    var feature = Feature("board")
    feature.catalogs = [BoardText.catalog]
    feature.routes = { BoardRoutes().add(to: &$0) }
    return feature
  }

  static let mostNote = 300

  /// Whether someone who has not signed in may see it from there.
  static func isOpen(_ setting: PagingSetting.Board?, to address: String) -> Bool {
    guard let setting, let networks = Networks(setting.networks), let own = IPAddress(address) else {
      return false
    }
    return networks.contains(own)
  }

  /// - Parameter networks: nil closes the page.
  static func save(networks: String?, note raw: String, version: Int, in scope: Scope) async throws {
    let board: PagingSetting.Board? = try networks.map { text in
      let clean = text.split { $0 == "," || $0.isWhitespace }.joined(separator: " ")
      guard Networks(clean) != nil, clean.utf8.count <= 2000 else { throw PagingRefusal.badNetworks }
      return PagingSetting.Board(
        networks: clean, note: raw.trimmed(to: 0...mostNote) ?? String(raw.prefix(mostNote)))
    }
    try await scope.write { tx in
      let before = try tx.pagingSetting()
      var setting = before.setting
      setting.board = board
      try tx.store(setting, url: try tx.lifeSign()?.url, over: before.setting, version: version)
    }
  }
}

/// What a ward sees of one system.
struct BoardLine: Sendable, Equatable {
  enum State: Int, Sendable, Comparable {
    case down, slow, unknown, up
    static func < (a: State, b: State) -> Bool { a.rawValue < b.rawValue }
  }

  let name: String
  let state: State
  /// Of what is not well.
  let since: Instant?
  /// When it was last seen.
  let seen: Instant?
  let meanwhile: String
  let isPlanned: Bool
}

/// Puts the monitors of a system together as a ward understands them: a system is as its worst monitor.
enum BoardReading {
  static func state(_ shown: Shown) -> BoardLine.State? {
    switch shown {
    case .down: .down
    case .slow: .slow
    case .stale, .unknown: .unknown
    case .doubtful, .up: .up
    case .waiting, .paused: nil
    }
  }

  /// Systems without a monitor, and jobs that make backups, are of no concern to a ward.
  static func lines(_ monitors: [MonitorLine], _ systems: [BoardSystem], planned: Set<String>) -> [BoardLine]
  {
    let bySystem = Dictionary(grouping: monitors.filter { !$0.isBackup && $0.system != nil }) {
      $0.system ?? ""
    }
    return systems.compactMap { system in
      let known = (bySystem[system.id] ?? []).compactMap { line in state(line.shown).map { ($0, line) } }
      guard let worst = known.min(by: { $0.0 < $1.0 }) else { return nil }
      let bad = known.filter { $0.0 == worst.0 }.map(\.1)
      return BoardLine(
        name: system.name, state: worst.0, since: worst.0 == .up ? nil : bad.map(\.since).min(),
        seen: known.compactMap(\.1.lastAt).max(), meanwhile: system.alternative,
        isPlanned: bad.contains { planned.contains($0.id.text) })
    }.sorted { $0.state < $1.state }
  }
}

/// A system of the register as the page for the wards needs it.
struct BoardSystem: Sendable {
  let id: String
  let name: String
  /// What to do when it does not work.
  let alternative: String
}

struct BoardRoutes: Sendable {
  func add(to routes: inout Routes) {
    routes.get("status/:id", .open) { request in
      guard let facility = FacilityID(try request.parameter("id")) else { throw WebProblem.notFound }
      let scope = Scope(request.database, actor: .system("board"), facility: facility, now: request.now)
      let setting = try await scope.read { try $0.pagingSetting().setting.board }
      let isOwn = request.visitor?.facility == facility && request.may(.alertsAnswer)
      // Whether there is such a facility is nobody's business either.
      guard isOwn || Board.isOpen(setting, to: request.address) else { throw WebProblem.notFound }
      let view = try await BoardView.read(scope, note: setting?.note ?? "")
      return Reply.page(BoardPages.board(request, view)).with("Cache-Control", "no-store")
        .with("X-Robots-Tag", "noindex, nofollow")
    }
    routes.get("board", needs: .pagingEdit) { request, scope in
      let (setting, version) = try await scope.read { try $0.pagingSetting() }
      return .page(BoardPages.setting(request, setting.board, scope.facility, version, nil))
    }
    routes.post("board", needs: .pagingEdit) { request, scope in
      let form = try request.form()
      let (isOpen, version) = (form["open"] == "yes", form.version)
      do {
        try await Board.save(
          networks: isOpen ? form["networks"] : nil, note: form["note"], version: version, in: scope)
      } catch let refusal as PagingRefusal {
        let draft = PagingSetting.Board(networks: form["networks"], note: form["note"])
        return .page(BoardPages.setting(request, draft, scope.facility, version, refusal), status: 422)
      }
      return .redirect(to: "/board")
    }
  }
}

struct BoardView: Sendable {
  let facility: String
  let note: String
  let lines: [BoardLine]
  let windows: [MaintenanceWindow]
  let names: [String: String]

  static func read(_ scope: Scope, note: String) async throws -> BoardView {
    try await scope.read { tx in
      let (monitors, systems) = (try tx.monitorLines(at: scope.now), try tx.boardSystems())
      let windows = try tx.windows(endingAfter: scope.now)
      let now = windows.filter { $0.window.contains(scope.now) }
      let planned = monitors.filter { line in now.contains { $0.silences(line.id, at: scope.now) } }.map(
        \.id.text)
      let systemNames = Dictionary(systems.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
      let names = monitors.compactMap { line in
        line.system.flatMap { systemNames[$0] }.map { (line.id.text, $0) }
      }
      return BoardView(
        facility: try tx.facilityName(), note: note,
        lines: BoardReading.lines(monitors, systems, planned: Set(planned)),
        windows: windows.filter { $0.window.from < scope.now.adding(minutes: 7 * 24 * 60) },
        names: Dictionary(names, uniquingKeysWith: { first, _ in first }))
    }
  }
}
