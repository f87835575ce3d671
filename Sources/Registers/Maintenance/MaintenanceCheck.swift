import Kernel

/// The question of guideline 7.0 whether a facility leaves the security updates of all its servers to vendors
/// (保守委託機関), and what decides it.
///
/// Known from commentaries on the guideline only: pages tell people to look into the original.
struct MaintenanceCheck: Sendable, Equatable {
  /// What keeps or does the medical information: a server, a PC that processes by itself, a cloud service.
  struct Server: Sendable, Equatable, Codable {
    enum Kind: String, Sendable, Codable { case device, cloud }

    let id: String
    let kind: Kind
    /// The asset number; empty for a cloud service.
    let number: String
    let name: String
    let vendor: String
    let tie: Tie
  }

  /// Whether the duty to update is the vendor's, in writing.
  enum Tie: Sendable, Equatable, Codable {
    /// The contract's number and what was noted of the clause.
    case written(contract: String, clause: String)
    case lacking(Lack)

    var lack: Lack? { if case .lacking(let lack) = self { lack } else { nil } }
  }

  /// Why the duty is not the vendor's in writing; what is unclear counts as not written.
  enum Lack: String, Sendable, Codable, CaseIterable {
    case own, undecided, vendorMissing, clauseMissing, contractUnknown, contractOfOther, contractEnded
    case contractOtherwise
  }

  /// A device as the register has it.
  struct Device: Sendable, Equatable {
    let id: String
    let number: String
    let name: String
    let updatedBy: String?
    let vendorID: String?
    let vendor: String?
    let clause: String?
  }

  struct Service: Sendable, Equatable {
    let id: String
    let name: String
    let vendorID: String?
    let vendor: String?
  }

  struct Contract: Sendable, Equatable {
    let number: String
    let vendorID: String
    let isEnded: Bool
    let endsOn: Day?
    let renews: Bool
    let patching: String?
    let systems: String

    /// A contract that renews by itself runs on after its last day.
    func runs(on day: Day) -> Bool { !isEnded && (renews || endsOn.map { $0 >= day } ?? true) }
  }

  let servers: [Server]
  /// PCs of which nobody has said whether they process by themselves.
  let unmarked: Int

  init(servers: [Server], unmarked: Int) { (self.servers, self.unmarked) = (servers, unmarked) }

  /// Ties each device and service to the contract in which the duty is written. Those that lack it come first.
  init(_ devices: [Device], _ services: [Service], _ contracts: [Contract], unmarked: Int, on day: Day) {
    let all =
      devices.map { device in
        Server(
          id: device.id, kind: .device, number: device.number, name: device.name, vendor: device.vendor ?? "",
          tie: Self.tie(of: device, contracts, on: day))
      }
      + services.map { service in
        Server(
          id: service.id, kind: .cloud, number: "", name: service.name, vendor: service.vendor ?? "",
          tie: Self.tie(of: service, contracts, on: day))
      }
    self.init(
      servers: all.filter { $0.tie.lack != nil } + all.filter { $0.tie.lack == nil }, unmarked: unmarked)
  }

  static func tie(of device: Device, _ contracts: [Contract], on day: Day) -> Tie {
    if device.updatedBy == "own" { return .lacking(.own) }
    guard device.updatedBy == "vendor" else { return .lacking(.undecided) }
    guard let vendor = device.vendorID else { return .lacking(.vendorMissing) }
    guard let clause = device.clause?.trimmed, !clause.isEmpty else { return .lacking(.clauseMissing) }
    let named = contracts.filter { clause.names($0.number) }
    guard !named.isEmpty else { return .lacking(.contractUnknown) }
    let ours = named.filter { $0.vendorID == vendor }
    guard !ours.isEmpty else { return .lacking(.contractOfOther) }
    let running = ours.filter { $0.runs(on: day) }
    guard !running.isEmpty else { return .lacking(.contractEnded) }
    // The contract's own column may be empty; it must not say otherwise.
    guard let contract = running.first(where: { $0.patching ?? "vendor" == "vendor" }) else {
      return .lacking(.contractOtherwise)
    }
    return .written(contract: contract.number, clause: clause)
  }

  /// A service in the cloud has no device of ours: a contract must name the system and give the updates to the vendor.
  static func tie(of service: Service, _ contracts: [Contract], on day: Day) -> Tie {
    guard let vendor = service.vendorID else { return .lacking(.vendorMissing) }
    let name = service.name.searchable
    let named = contracts.filter { $0.vendorID == vendor && $0.systems.searchable.contains(name) }
    guard !named.isEmpty else { return .lacking(.contractUnknown) }
    let running = named.filter { $0.runs(on: day) }
    guard !running.isEmpty else { return .lacking(.contractEnded) }
    guard let contract = running.first(where: { $0.patching == "vendor" }) else {
      return .lacking(.contractOtherwise)
    }
    return .written(contract: contract.number, clause: contract.number)
  }

  var lacking: [Server] { servers.filter { $0.tie.lack != nil } }
}

extension String {
  /// Whether a contract's number stands in a text as a word of its own: K-1 does not stand in K-14.
  fileprivate func names(_ number: String) -> Bool {
    let (text, wanted) = (searchable, number.searchable)
    guard !wanted.isEmpty else { return false }
    return text.ranges(of: wanted).contains { range in
      let before = range.lowerBound == text.startIndex ? nil : text[text.index(before: range.lowerBound)]
      let after = range.upperBound == text.endIndex ? nil : text[range.upperBound]
      func isPart(_ letter: Character?) -> Bool {
        letter.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") } ?? false
      }
      return !isPart(before) && !isPart(after)
    }
  }
}

/// What a person says of the facility.
enum MaintenanceAnswer: String, Sendable, Codable, CaseIterable { case yes, no, unknown }

/// The result, with what decides it.
struct MaintenanceResult: Sendable, Equatable {
  enum Outcome: String, Sendable, Codable { case applies, doesNotApply, open }
  enum Reason: Sendable, Equatable {
    /// Someone works on the systems full time.
    case ownStaff
    /// So many servers whose updates are not the vendor's in writing; one is enough.
    case servers(Int)
    case staffUnknown, listUnfinished, noServers
    /// So many PCs of which it is not said whether they process by themselves.
    case unmarked(Int)
  }

  let outcome: Outcome
  let reasons: [Reason]

  /// - Parameters:
  ///   - noStaff: there is nobody who works on the systems full time (v7q-1).
  ///   - allListed: every device that keeps or processes medical information has been written down (v7q-2).
  init(noStaff: MaintenanceAnswer?, allListed: MaintenanceAnswer?, _ check: MaintenanceCheck) {
    var against: [Reason] = []
    if noStaff == .no { against.append(.ownStaff) }
    if !check.lacking.isEmpty { against.append(.servers(check.lacking.count)) }
    guard against.isEmpty else {
      (outcome, reasons) = (.doesNotApply, against)
      return
    }
    var open: [Reason] = []
    if noStaff != .yes { open.append(.staffUnknown) }
    if allListed != .yes { open.append(.listUnfinished) }
    if check.servers.isEmpty { open.append(.noServers) }
    if check.unmarked > 0 { open.append(.unmarked(check.unmarked)) }
    (outcome, reasons) = (open.isEmpty ? .applies : .open, open)
  }
}

/// A result as it was recorded; it is never changed. A new one takes its place.
struct MaintenanceDecision: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<MaintenanceDecision>

  let id: ID
  let decidedAt: Instant
  let decidedBy: String
  let noStaff: MaintenanceAnswer
  let allListed: MaintenanceAnswer
  /// Whether disclosures were in order (v7q-4); it does not decide.
  let disclosures: Bool
  let outcome: MaintenanceResult.Outcome
  let servers: [MaintenanceCheck.Server]
  let unmarked: Int

  var check: MaintenanceCheck { MaintenanceCheck(servers: servers, unmarked: unmarked) }
  var result: MaintenanceResult { MaintenanceResult(noStaff: noStaff, allListed: allListed, check) }

  /// What has changed in the registers since.
  func changes(to now: MaintenanceCheck) -> Changes {
    let then = Dictionary(servers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let ids = Set(now.servers.map(\.id))
    return Changes(
      added: now.servers.count { then[$0.id] == nil }, removed: servers.count { !ids.contains($0.id) },
      changed: now.servers.count { server in then[server.id].map { $0.tie != server.tie } ?? false },
      unmarked: max(0, now.unmarked - unmarked))
  }

  struct Changes: Sendable, Equatable {
    let added: Int
    let removed: Int
    /// Their tie to a contract is another.
    let changed: Int
    /// More PCs without a mark than then.
    let unmarked: Int

    var isEmpty: Bool { added + removed + changed + unmarked == 0 }
  }
}
