import Kernel

extension Responsibility {
  /// The responsibilities of one system.
  struct Table: Sendable {
    struct System: Sendable, Equatable {
      let id: Entry.ID
      let name: String
      /// A value of the register's field.
      let hosting: String?
      let vendor: Entry.ID?
      let vendorName: String?
      let nextCheckOn: Day?
    }

    /// A contract as it is spoken of: its number and the vendor's name.
    struct Contract: Sendable, Hashable {
      let number: String
      let vendor: String?
      /// The id of ``vendor``.
      let vendorID: Entry.ID?
    }

    let system: System
    /// Without those that are retired.
    let items: [Item]
    let cells: [Place: Cell]
    let vendors: [Entry.ID: String]
    let contracts: [Entry.ID: Contract]

    /// What stands at a place; a phase in which the item has nothing to do does not apply, whatever was written once.
    func cell(_ item: Item, _ phase: Phase) -> Cell {
      let stored = cells[Place(item: item.id, phase: phase)]
      guard item.phases.contains(phase) else {
        var cell = Cell.nothingToDo
        cell.version = stored?.version ?? 0
        return cell
      }
      return stored ?? .blank
    }

    var places: [(item: Item, phase: Phase, cell: Cell)] {
      items.flatMap { item in Phase.allCases.map { (item, $0, cell(item, $0)) } }
    }

    var tally: Tally {
      places.reduce(into: Tally()) { $0.add($1.cell.state) }
    }

    /// Whether anybody has written anything yet.
    var isBegun: Bool { !cells.isEmpty }

    /// Contracts that the table cites, by number.
    var cited: [Contract] {
      Set(places.compactMap { $0.cell.contract.flatMap { contracts[$0] } }).sorted { $0.number < $1.number }
    }

    /// Vendors that have to do with the system: its own first, then those who bear something or whose contract is cited.
    var parties: [Entry.ID] {
      var found: [Entry.ID] = []
      func add(_ id: Entry.ID?) { if let id, !found.contains(id) { found.append(id) } }
      add(system.vendor)
      for place in places {
        for vendor in place.cell.vendors { add(vendor) }
        add(place.cell.contract.flatMap { contracts[$0]?.vendorID })
      }
      return found
    }

    /// What to ask a vendor: everything that nobody bears, and what concerns the vendor but is unclear or not written.
    func questions(for vendor: Entry.ID) -> [(item: Item, phase: Phase, cell: Cell)] {
      places.filter { place in
        switch place.cell.state {
        case .nobody: true
        case .overlap, .unwritten: place.cell.vendors.contains(vendor) || system.vendor == vendor
        case .decided, .notApplicable: false
        }
      }
    }
  }

  /// One change of a table that a person sees before it is made.
  struct Proposal: Sendable, Equatable, Codable {
    let item: Item.ID
    let phase: Phase
    /// The version on which it is based; 0 where nothing stood.
    let version: Int
    /// Of the fields of ``Responsibility/sheet``.
    let values: [String: String]

    var place: Place { Place(item: item, phase: phase) }
    var cell: Cell { Cell(values, version: version) }
  }
}

extension Responsibility.Table {
  typealias Proposal = Responsibility.Proposal

  /// Who bears what under a service model. Nobody who is named already is touched.
  ///
  /// What it proposes is still not in writing: the model says who usually does it, a contract says who must.
  func proposals(for model: Responsibility.ServiceModel, vendor: Entry.ID?) -> [Proposal] {
    open { item, _, cell in
      var cell = cell
      if model.vendorCarries(item.layer) {
        guard let vendor else { return nil }
        cell.vendors = [vendor]
      } else {
        cell.byFacility = true
      }
      return cell
    }
  }

  /// What another system has, where this one has nobody: bearers and documents, not remarks and days of checking.
  func proposals(from other: Responsibility.Table) -> [Proposal] {
    open { item, phase, cell in
      var taken = other.cell(item, phase)
      guard !taken.isOpen else { return nil }
      (taken.remark, taken.checkedOn, taken.version) = (cell.remark, nil, cell.version)
      return taken
    }
  }

  private func open(
    _ make: (Responsibility.Item, Responsibility.Phase, Responsibility.Cell) -> Responsibility.Cell?
  ) -> [Proposal] {
    places.compactMap { item, phase, cell in
      guard cell.isOpen, let after = make(item, phase, cell), after.values != cell.values else { return nil }
      return Proposal(item: item.id, phase: phase, version: cell.version, values: after.values)
    }
  }
}

extension Responsibility {
  /// The worst of every duty of every system.
  struct Matrix: Sendable {
    struct Line: Sendable {
      let system: Entry.ID
      let name: String
      /// The states by item, in the order of ``Matrix/items``, and within an item by phase.
      let states: [State]
      let tally: Tally

      /// The state to show for an item: the worst of its phases, and that phase.
      func worst(_ item: Int) -> (state: State, phase: Phase) {
        var worst = (state: State.notApplicable, phase: Phase.normal)
        for (place, phase) in Phase.allCases.enumerated() {
          let state = states[item * Phase.allCases.count + place]
          if state.rank < worst.state.rank { worst = (state, phase) }
        }
        return worst
      }
    }

    /// What has been written about a duty of a system.
    struct Stored: Sendable {
      let system: Entry.ID
      let item: Item.ID
      /// For each phase three bits, the first phase the lowest: 0 for nothing written, else 1 more than the state's rank.
      let states: Int
    }

    let items: [Item]
    let lines: [Line]

    var tally: Tally {
      lines.reduce(into: Tally()) { sum, line in
        for state in State.allCases { sum.add(state, line.tally[state]) }
      }
    }

    init(items: [Item], systems: [(id: Entry.ID, name: String)], stored: [Stored]) {
      let column = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1.id, $0) })
      let row = Dictionary(uniqueKeysWithValues: systems.enumerated().map { ($1.id, $0) })
      let phases = Phase.allCases
      let blank = items.flatMap { item in
        phases.map { item.phases.contains($0) ? State.nobody : .notApplicable }
      }
      var grid = systems.map { _ in blank }
      for each in stored {
        guard let line = row[each.system], let item = column[each.item] else { continue }
        for phase in phases.indices {
          let (place, code) = (item * phases.count + phase, each.states >> (3 * phase) & 7)
          if code > 0 && blank[place] != .notApplicable { grid[line][place] = State.ranked[code - 1] }
        }
      }
      self.items = items
      lines = zip(systems, grid).map { system, states in
        var tally = Tally()
        for state in states { tally.add(state) }
        return Line(system: system.id, name: system.name, states: states, tally: tally)
      }
    }

    init(items: [Item], lines: [Line]) { (self.items, self.lines) = (items, lines) }

    /// Only the systems in which something is in `state`.
    func with(_ state: State) -> Matrix { Matrix(items: items, lines: lines.filter { $0.tally[state] > 0 }) }
  }
}
