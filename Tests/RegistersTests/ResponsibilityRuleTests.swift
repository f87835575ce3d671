import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

private typealias Cell = Responsibility.Cell
private typealias Item = Responsibility.Item
private typealias Phase = Responsibility.Phase
private typealias State = Responsibility.State

/// The same id for the same number.
private func id<T>(_ number: Int, of type: T.Type = T.self) -> ID<T> {
  var random = Seeded(state: UInt64(number))
  return ID(at: .test, using: &random)
}
private let vendorA: Entry.ID = id(1)
private let vendorB: Entry.ID = id(2)
private let contract: Entry.ID = id(3)

private func cell(_ change: (inout Cell) -> Void) -> Cell {
  var cell = Cell.blank
  change(&cell)
  return cell
}

private func item(
  _ name: String, _ layer: Responsibility.Layer, _ phases: Set<Phase> = Set(Phase.allCases)
) throws -> Item {
  try Item(
    id: id(name.utf8.reduce(1000) { $0 * 31 % 65_537 + Int($1) }), name: name, note: "", phases: phases,
    layer: layer, position: 10)
}

private func table(_ items: [Item], _ cells: [Responsibility.Place: Cell]) -> Responsibility.Table {
  Responsibility.Table(
    system: .init(
      id: id(9), name: "電子カルテ", hosting: "on-premises", vendor: vendorA, vendorName: "甲社", nextCheckOn: nil),
    items: items, cells: cells, vendors: [vendorA: "甲社", vendorB: "乙社"],
    contracts: [contract: .init(number: "K-001", vendor: "甲社", vendorID: vendorA)])
}

@Suite("責任分界の決まり")
struct ResponsibilityRuleTests {
  private static let states: [(Cell, State)] = [
    (.blank, .nobody), (cell { $0.remark = "契約に記載がない" }, .nobody),
    (cell { $0.contract = contract }, .nobody), (cell { $0.applies = false }, .notApplicable),
    (cell { ($0.applies, $0.byFacility) = (false, true) }, .notApplicable),
    (cell { $0.byFacility = true }, .unwritten), (cell { $0.vendors = [vendorA] }, .unwritten),
    (cell { ($0.vendors, $0.clause) = ([vendorA], "5条") }, .unwritten),
    (cell { ($0.vendors, $0.contract) = ([vendorA], contract) }, .decided),
    (cell { ($0.byFacility, $0.document) = (true, "BCP") }, .decided),
    (cell { ($0.byFacility, $0.vendors, $0.contract) = (true, [vendorA], contract) }, .overlap),
    (
      cell {
        ($0.byFacility, $0.vendors, $0.contract, $0.together) = (true, [vendorA], contract, .overlap)
      }, .overlap
    ),
    (
      cell {
        ($0.byFacility, $0.vendors, $0.contract, $0.together) = (true, [vendorA], contract, .shared)
      }, .decided
    ),
    (cell { ($0.byFacility, $0.vendors, $0.together) = (true, [vendorA], .shared) }, .unwritten),
    (cell { ($0.vendors, $0.contract) = ([vendorA, vendorB], contract) }, .overlap),
    (cell { ($0.subcontractor, $0.vendors) = ("丙社", [vendorA]) }, .overlap),
    (cell { ($0.subcontractor, $0.document) = ("丙社", "覚書") }, .decided),
  ]

  @Test("だれも担わない・二者が重なる・書面なし・対象外を見分ける")
  func states() {
    for (cell, state) in Self.states { #expect(cell.state == state, "\(cell.values)") }
  }

  @Test("同じ事業者を二度書いても、一社のまま")
  func twice() {
    let cell = Cell(["vendor": vendorA.text, "otherVendor": vendorA.text, "document": "契約書"], version: 1)
    #expect(cell.vendors == [vendorA] && cell.state == .decided)
  }

  @Test("欄は、台帳の値にしてもどしても同じ")
  func roundTrip() {
    var random = Seeded(state: 20_260_224)
    for _ in 0..<300 {
      let cell = cell {
        $0.applies = Bool.random(using: &random)
        $0.byFacility = Bool.random(using: &random)
        $0.vendors = [[], [vendorA], [vendorA, vendorB]].randomElement(using: &random) ?? []
        $0.subcontractor = [nil, "丙社"].randomElement(using: &random) ?? nil
        $0.together = [nil, .shared, .overlap].randomElement(using: &random) ?? nil
        $0.contract = [nil, contract].randomElement(using: &random) ?? nil
        $0.document = [nil, "運用管理規程"].randomElement(using: &random) ?? nil
        $0.clause = [nil, "5条"].randomElement(using: &random) ?? nil
        $0.checkedOn = [nil, Day(2026, 2, 24)].randomElement(using: &random) ?? nil
        $0.version = 3
      }
      #expect(Cell(cell.values, version: 3) == cell)
      // The short list of the bulk form says the same, or leaves the cell alone.
      let bearing = Responsibility.Bearing(cell)
      #expect(Responsibility.Bearing(bearing.rawValue) == bearing)
      #expect(bearing.applied(to: cell) == cell)
      if bearing != .other && cell.applies {
        let again = bearing.applied(to: Cell.blank)
        #expect((again.byFacility, again.vendors) == (cell.byFacility, cell.vendors))
      }
    }
  }

  @Test(
    "設置のしかたで、事業者が受け持つ層が決まる",
    arguments: [
      (Responsibility.ServiceModel.onPremises, ["vendor"]), (.iaas, ["vendor", "infrastructure"]),
      (.paas, ["vendor", "infrastructure", "platform"]),
      (.saas, ["vendor", "infrastructure", "platform", "application"]),
    ])
  func layers(model: Responsibility.ServiceModel, carried: [String]) {
    let layers = Responsibility.Layer.allCases.filter { model.vendorCarries($0) }.map(\.rawValue)
    #expect(layers == carried)
  }

  @Test("型からも写しからも、書いてある欄は変えない")
  func openOnly() throws {
    let updates = try item("更新の適用", .platform)
    let people = try item("利用者IDの管理", .facility, [.normal])
    let written = cell { ($0.vendors, $0.version) = ([vendorB], 4) }
    let noted = cell { ($0.remark, $0.version) = ("記載がない", 2) }
    let ruledOut = cell { ($0.applies, $0.version) = (false, 1) }
    let mine = table(
      [updates, people],
      [
        .init(item: updates.id, phase: .normal): written, .init(item: updates.id, phase: .emergency): noted,
        .init(item: updates.id, phase: .end): ruledOut,
      ])
    let proposals = mine.proposals(for: .paas, vendor: vendorA)
    #expect(proposals.map(\.place.phase) == [.emergency, .normal])
    #expect(proposals[0].cell.vendors == [vendorA] && proposals[0].cell.remark == "記載がない")
    #expect(proposals[0].version == 2 && proposals[0].cell.state == .unwritten)
    #expect(proposals[1].item == people.id && proposals[1].cell.byFacility && proposals[1].version == 0)
    // Without a vendor only what is the facility's can be proposed.
    #expect(mine.proposals(for: .paas, vendor: nil).map(\.item) == [people.id])

    let other = table(
      [updates, people],
      [
        .init(item: updates.id, phase: .normal): cell { $0.byFacility = true },
        .init(item: updates.id, phase: .emergency): cell {
          ($0.byFacility, $0.document, $0.remark, $0.checkedOn) = (true, "BCP", "向こうの事情", Day(2026, 1, 1))
        },
      ])
    let copied = mine.proposals(from: other)
    #expect(copied.count == 1 && copied[0].place == .init(item: updates.id, phase: .emergency))
    #expect(copied[0].cell.document == "BCP" && copied[0].cell.remark == "記載がない")
    #expect(copied[0].cell.checkedOn == nil)
  }

  @Test("することのない時期は数えず、全体の表はいちばん悪い時期を示す")
  func matrix() throws {
    let clock = try item("時計合わせ", .platform, [.normal])
    let updates = try item("更新の適用", .platform)
    let systems: [(id: Entry.ID, name: String)] = [(id(9), "電子カルテ"), (id(10), "給食")]
    let matrix = Responsibility.Matrix(
      items: [clock, updates], systems: systems,
      // In octal, from the right: nobody 1, overlap 2, unwritten 3, decided 4, not applicable 5.
      stored: [
        .init(system: id(9), item: clock.id, states: 0o014),
        .init(system: id(9), item: updates.id, states: 0o234),
        .init(system: id(10), item: updates.id, states: 0o544),
        .init(system: id(99), item: updates.id, states: 0),
      ])
    let (first, second) = (matrix.lines[0], matrix.lines[1])
    #expect(first.worst(0) == (.decided, .normal))
    #expect(first.worst(1) == (.overlap, .end))
    #expect((first.tally.findings, first.tally[.decided], first.tally.all) == (2, 2, 4))
    #expect(second.worst(0) == (.nobody, .normal) && second.worst(1).state == .decided)
    #expect(matrix.with(.overlap).lines.map(\.name) == ["電子カルテ"])
    #expect(matrix.tally[.nobody] == 1 && matrix.tally.all == 7)
  }

  @Test("事業者には、未定のものすべてと、その事業者に関わる不明なことをたずねる")
  func questions() throws {
    let updates = try item("更新の適用", .platform)
    let table = table(
      [updates],
      [
        .init(item: updates.id, phase: .normal): cell { $0.vendors = [vendorB] },
        .init(item: updates.id, phase: .emergency): cell {
          ($0.vendors, $0.contract) = ([vendorB], contract)
        },
      ])
    #expect(table.parties == [vendorA, vendorB])
    #expect(table.questions(for: vendorB).map(\.phase) == [.normal, .end])
    // The main vendor is asked about everything that is unclear.
    #expect(table.questions(for: vendorA).map(\.phase) == [.normal, .end])
    #expect(table.questions(for: id(77)).map(\.phase) == [.end])
  }

  @Test(
    "決める人は一人だけ、する人は一人以上",
    arguments: [
      ([], [Raci.Finding.noDecider, .nobodyActs]), ([Raci.Part.both], []), ([.accountable], [.nobodyActs]),
      ([.responsible], [.noDecider]), ([.accountable, .responsible, .responsible], []),
      ([.accountable, .both], [.severalDeciders]), ([.consulted, .informed], [.noDecider, .nobodyActs]),
    ])
  func raci(parts: [Raci.Part], findings: [Raci.Finding]) {
    let parties = parts.indices.map { index in
      Raci.Party(id: id(index + 1), name: "役割\(index)", person: nil, position: index, version: 1)
    }
    var all: [String: Raci.Part] = [:]
    for (party, part) in zip(parties, parts) { all[party.id.text] = part }
    // A part of someone who is no longer in the table does not count.
    all[id(500, of: Raci.Party.self).text] = .accountable
    let activity = Raci.Activity(id: id(1), name: "回線を切る", position: 1, parts: all, version: 1)
    #expect(activity.findings(parties) == findings)
  }

  @Test("見本の役割分担には、どの仕事にも決める人が一人いる")
  func starters() {
    let parties = Raci.starterParties.indices.map { index in
      Raci.Party(id: id(index + 1), name: "", person: nil, position: index, version: 1)
    }
    for starter in Raci.starterActivities {
      #expect(starter.parts.count == parties.count)
      var parts: [String: Raci.Part] = [:]
      for (party, part) in zip(parties, starter.parts) { parts[party.id.text] = part }
      let activity = Raci.Activity(id: id(1), name: "", position: 1, parts: parts, version: 1)
      #expect(activity.findings(parties) == [], "\(starter.name)")
    }
    #expect(Set(Responsibility.starterNames(.ja)).count == Responsibility.starters.count)
  }
}
