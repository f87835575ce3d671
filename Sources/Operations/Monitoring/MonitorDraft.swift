import Kernel
import Storage
import Web

/// What stands in the form of a monitor.
struct MonitorDraft: Sendable {
  let kind: MonitorKind
  let values: [String: String]
  /// Sealed secrets that the form carried through a dry run.
  let kept: [String: String]
  let version: Int

  init(kind: MonitorKind, values: [String: String] = [:]) {
    (self.kind, self.values, kept, version) = (kind, values, [:], 0)
  }

  /// - Throws: `MonitorRefusal.badKind`.
  init(_ form: FormValues) throws {
    guard let kind = MonitorKind(rawValue: form["kind"]) else { throw MonitorRefusal.badKind }
    self.kind = kind
    values = Dictionary(
      form.fields.filter { !$0.name.hasPrefix("_") && !$0.name.hasPrefix("kept-") }.map {
        ($0.name, $0.value.trimmed)
      },
      uniquingKeysWith: { first, _ in first })
    kept = Dictionary(
      form.fields.filter { $0.name.hasPrefix("kept-") }.map { (String($0.name.dropFirst(5)), $0.value) },
      uniquingKeysWith: { first, _ in first })
    version = form.version
  }

  init(_ stored: StoredMonitor) {
    let monitor = stored.monitor
    kind = monitor.kind
    version = monitor.version
    kept = [:]
    var values = monitor.settings
    values["name"] = monitor.name
    values["system"] = monitor.system ?? ""
    values["level"] = monitor.level.map { "\($0.rawValue)" } ?? ""
    values["interval"] = "\(monitor.intervalSeconds)"
    values["timeout"] = "\(monitor.timeoutMs)"
    values["slow"] = monitor.slowMs.map(String.init) ?? ""
    values["down"] = monitor.downMs.map(String.init) ?? ""
    values["family"] = monitor.family
    values["failures"] = "\(monitor.failures)"
    values["recoveries"] = "\(monitor.recoveries)"
    values["parent"] = monitor.parent?.text ?? ""
    values["sentinel"] = monitor.isSentinel ? "yes" : "no"
    values["backup"] = monitor.isBackup ? "yes" : "no"
    values["logs"] = monitor.keepsLogs == true ? "yes" : "no"
    values["advice"] = monitor.advice
    self.values = values
  }

  /// The draft with the monitor that was named in ``MonitorChoices/mostOffered`` or more.
  ///
  /// - Throws: `MonitorRefusal.noParentNamed`, `.parentNear`.
  func findingParent(in scope: Scope) async throws -> MonitorDraft {
    guard let name = values["parentName"] else { return self }
    var next = values
    next["parent"] = ""
    if !name.isEmpty {
      let (id, near) = try await scope.read { tx in
        (try tx.monitorID(named: name.folded), try tx.monitorNames(like: name.folded))
      }
      guard let id else {
        throw near.isEmpty
          ? MonitorRefusal.noParentNamed(name) : .parentNear(name, near.joined(separator: ", "))
      }
      next["parent"] = id.text
    }
    return MonitorDraft(kind: kind, values: next, kept: kept, version: version)
  }

  init(kind: MonitorKind, values: [String: String], kept: [String: String], version: Int) {
    (self.kind, self.values, self.kept, self.version) = (kind, values, kept, version)
  }

  func replacing(_ new: [String: String]) -> MonitorDraft {
    MonitorDraft(kind: kind, values: values.merging(new) { $1 }, kept: kept, version: version)
  }

  subscript(_ name: String) -> String { values[name] ?? "" }

  static let intervals = [10, 30, 60, 300, 900, 3600, 21_600, 86_400]
  static let heartbeatFields = ["rhythm", "periodMinutes", "cron", "zone", "graceMinutes"]

  /// - Throws: ``MonitorRefusal``.
  func monitor(id: Monitor.ID, over before: StoredMonitor?) throws(MonitorRefusal) -> Monitor {
    if let before { guard before.monitor.kind == kind else { throw .badKind } }
    guard let name = self["name"].trimmed(to: 1...80), !name.contains("\n") else { throw .badName }
    guard let advice = self["advice"].trimmed(to: 0...1000) else { throw .badAdvice }
    func number(_ field: String, _ standard: Int) -> Int? {
      self[field].isEmpty ? standard : Int(self[field].halfWidth)
    }
    guard let interval = number("interval", 60), MonitorDraft.intervals.contains(interval) else {
      throw .badInterval
    }
    guard let timeout = number("timeout", 10_000), (100...60_000).contains(timeout) else { throw .badLimits }
    func limit(_ field: String) throws(MonitorRefusal) -> Int? {
      guard !self[field].isEmpty else { return nil }
      guard let value = Int(self[field].halfWidth), (1...60_000).contains(value) else {
        throw .badNumber(field: field)
      }
      return value
    }
    let (slow, down) = (try limit("slow"), try limit("down"))
    guard let failures = number("failures", 3), let recoveries = number("recoveries", 2),
      (1...10).contains(failures), (1...10).contains(recoveries)
    else { throw .badPatience }
    let parent = self["parent"].isEmpty ? nil : Monitor.ID(self["parent"])
    if !self["parent"].isEmpty, parent == nil { throw .badParent }
    return Monitor(
      id: id, name: name, kind: kind, settings: try settings(),
      system: self["system"].isEmpty ? nil : self["system"],
      level: Int(self["level"]).flatMap(ImpactLevel.init(rawValue:)), intervalSeconds: interval,
      timeoutMs: timeout,
      slowMs: slow, downMs: down, family: ["4", "6"].contains(self["family"]) ? self["family"] : "any",
      failures: failures, recoveries: recoveries, parent: parent, isSentinel: self["sentinel"] == "yes",
      isPaused: before?.monitor.isPaused ?? false, isBackup: self["backup"] == "yes",
      keepsLogs: kind == .heartbeat && self["logs"] == "yes" ? true : nil, advice: advice,
      version: version + 1)
  }

  private func settings() throws(MonitorRefusal) -> [String: String] {
    var settings: [String: String] = [:]
    if kind == .heartbeat {
      for field in MonitorDraft.heartbeatFields { settings[field] = self[field].halfWidth }
      return settings
    }
    for field in kind.fields where field.control != .secret {
      let value = values[field.id] ?? (field.control == .flag ? "no" : "")
      if value.isEmpty, field.isRequired { throw .missing(field: field.id) }
      guard value.utf8.count <= (field.control == .area ? 60_000 : 2_000) else {
        throw .tooLong(field: field.id)
      }
      if case .choice(let choices) = field.control, !choices.contains(value) {
        throw .badNumber(field: field.id)
      }
      // An empty field means what stands there by itself.
      settings[field.id] = value.isEmpty ? field.standard : field.control == .area ? value : value.halfWidth
    }
    return settings
  }

  /// The sealed secrets: those just typed, those carried through a dry run, or those that stand, which go to the same target only.
  func secrets(for monitor: Monitor, over before: StoredMonitor?, _ sealer: Sealer) throws -> [String: String]
  {
    var sealed: [String: String] = [:]
    for field in kind.fields where field.control == .secret {
      let place = Monitoring.place(monitor.id, field.id)
      if !self[field.id].isEmpty {
        sealed[field.id] = try sealer.seal(Array(self[field.id].utf8), for: place)
      } else if let text = kept[field.id], !text.isEmpty {
        sealed[field.id] = try sealer.seal(
          try sealer.open(text, for: MonitorDraft.carried(field.id)), for: place)
      } else if let standing = before?.secrets[field.id] {
        // Whoever may change the target would else have the password sent to it.
        guard before?.monitor.target == monitor.target else {
          throw MonitorRefusal.secretNeeded(field: field.id)
        }
        sealed[field.id] = standing
      }
    }
    return sealed
  }

  /// The secrets that were typed or carried, sealed for the next look at the form.
  func carried(_ sealer: Sealer) throws -> [String: String] {
    var carried = kept
    for field in kind.fields where field.control == .secret && !self[field.id].isEmpty {
      carried[field.id] = try sealer.seal(Array(self[field.id].utf8), for: MonitorDraft.carried(field.id))
    }
    return carried
  }

  func open(_ sealed: [String: String], for monitor: Monitor, _ sealer: Sealer) throws -> [String: String] {
    var open: [String: String] = [:]
    for (field, text) in sealed {
      open[field] = String(
        decoding: try sealer.open(text, for: Monitoring.place(monitor.id, field)), as: UTF8.self)
    }
    return open
  }

  /// Where a secret lies while a form is looked at.
  static func carried(_ field: String) -> String { "monitor-draft:\(field)" }
}
