import Kernel

extension Responsibility {
  /// When something is to be done. Who does it on a normal day says nothing about the night of an accident.
  enum Phase: String, Sendable, CaseIterable, Codable, Comparable {
    case normal, emergency, end

    static func < (a: Phase, b: Phase) -> Bool { a.order < b.order }
    private var order: Int { Phase.allCases.firstIndex(of: self) ?? 0 }
  }

  /// What two or more bearers of the same duty are to each other.
  enum Together: String, Sendable, CaseIterable, Codable {
    /// They have agreed to do it together.
    case shared
    /// Each believes it is theirs, or nobody has agreed on anything.
    case overlap
  }

  /// What is so about one duty in one phase.
  ///
  /// The worst first.
  enum State: String, Sendable, CaseIterable {
    case nobody, overlap, unwritten, decided
    case notApplicable = "not-applicable"

    /// By ``rank``.
    static let ranked = State.allCases

    /// What a person should look at, the worst first.
    static let findings: [State] = [.nobody, .overlap, .unwritten]
    var isFinding: Bool { rank < State.findings.count }
    /// 0 is the worst.
    var rank: Int {
      switch self {
      case .nobody: 0
      case .overlap: 1
      case .unwritten: 2
      case .decided: 3
      case .notApplicable: 4
      }
    }
  }

  /// Who bears one duty of one system in one phase, and where that is written.
  struct Cell: Sendable, Equatable {
    /// False when there is nothing to do in this phase.
    var applies = true
    var byFacility = false
    /// Vendors of the register; at most two, and not the same.
    var vendors: [Entry.ID] = []
    /// Someone to whom a vendor has passed the work on.
    var subcontractor: String?
    /// Counts only when there are several bearers.
    var together: Together?
    /// A contract of the register.
    var contract: Entry.ID?
    /// Another document: rules of the facility, a plan, terms of service.
    var document: String?
    var clause: String?
    var remark: String?
    var checkedOn: Day?
    /// 0 as long as nobody has written anything.
    var version = 0

    static let blank = Cell()
    static let nothingToDo: Cell = {
      var cell = Cell()
      cell.applies = false
      return cell
    }()

    var bearers: Int { (byFacility ? 1 : 0) + vendors.count + (subcontractor == nil ? 0 : 1) }

    /// An agreement to share counts as one only when a person has said so; two names alone are an overlap.
    var state: State {
      guard applies else { return .notApplicable }
      guard bearers > 0 else { return .nobody }
      if bearers > 1 && together != .shared { return .overlap }
      return contract == nil && document == nil ? .unwritten : .decided
    }

    /// Whether it may be filled in by a preset or a copy: nobody has been named, and nothing ruled out.
    var isOpen: Bool { state == .nobody }
  }

  /// A place in the table of a system.
  struct Place: Sendable, Hashable {
    let item: Item.ID
    let phase: Phase
  }

  /// How many places are in each state.
  struct Tally: Sendable, Equatable {
    /// By the state's rank.
    private var counts = [Int](repeating: 0, count: State.ranked.count)

    init() {}
    /// - Parameter rows: a state and its number in each.
    init(_ rows: [RecordRow]) {
      for row in rows { if let state = State(rawValue: row.text(0)) { add(state, row.number(0)) } }
    }

    subscript(_ state: State) -> Int { counts[state.rank] }
    mutating func add(_ state: State, _ count: Int = 1) { counts[state.rank] += count }
    var findings: Int { State.findings.reduce(0) { $0 + self[$1] } }
    /// Everything in which there is something to do.
    var all: Int { findings + self[.decided] }
  }
}

extension Responsibility.Cell {
  /// A cell out of the values of ``Responsibility/sheet``'s fields.
  init(_ values: [String: String], version: Int) {
    func text(_ field: String) -> String? { values[field].flatMap { $0.isEmpty ? nil : $0 } }
    applies = values["applies"] != "no"
    byFacility = values["facility"] == "yes"
    for field in ["vendor", "otherVendor"] {
      if let id = text(field).flatMap({ Entry.ID($0) }), !vendors.contains(id) { vendors.append(id) }
    }
    subcontractor = text("subcontractor")
    together = text("together").flatMap { Responsibility.Together(rawValue: $0) }
    contract = text("contract").flatMap { Entry.ID($0) }
    (document, clause, remark) = (text("document"), text("clause"), text("remark"))
    checkedOn = text("checkedOn").flatMap { Day($0) }
    self.version = version
  }

  /// The values of ``Responsibility/sheet``'s fields, as the ledger keeps them; an empty field has none.
  var values: [String: String] {
    var values: [String: String] = [:]
    values["applies"] = applies ? nil : "no"
    values["facility"] = byFacility ? "yes" : nil
    values["vendor"] = vendors.first?.text
    values["otherVendor"] = vendors.dropFirst().first?.text
    values["subcontractor"] = subcontractor
    values["together"] = together?.rawValue
    values["contract"] = contract?.text
    values["document"] = document
    values["clause"] = clause
    values["remark"] = remark
    values["checkedOn"] = checkedOn?.description
    return values
  }
}
