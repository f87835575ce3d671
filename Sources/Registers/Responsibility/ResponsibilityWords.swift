import Kernel
import Web

extension Responsibility {
  /// A table in words, for pages, files and letters alike.
  struct TableWords: Sendable {
    let table: Table
    let t: Texts<ResponsibilityText>

    init(_ table: Table, _ language: Language) { (self.table, t) = (table, Texts(language)) }

    /// Everyone who bears it: 当院、ひまわり情報システム.
    func bearers(_ cell: Cell) -> String {
      let vendors = cell.vendors.map { table.vendors[$0] ?? "" }
      let all = (cell.byFacility ? [t(.facility)] : []) + vendors + [cell.subcontractor].compactMap { $0 }
      return all.joined(separator: t(.comma))
    }

    /// Where it is written: K-014 5条.
    func source(_ cell: Cell) -> String {
      let contract = cell.contract.flatMap { table.contracts[$0]?.number }
      let documents = [contract, cell.document].compactMap { $0 }.joined(separator: t(.comma))
      return [documents, cell.clause ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Everything about a cell in one line.
    func line(_ cell: Cell) -> String {
      switch cell.state {
      case .notApplicable, .nobody: join([t(cell.state.word), cell.remark ?? ""])
      case .overlap, .unwritten:
        join([t(cell.state.word), bearers(cell), source(cell), cell.remark ?? ""])
      case .decided: join([bearers(cell), source(cell), cell.remark ?? ""])
      }
    }

    func join(_ parts: [String]) -> String { parts.filter { !$0.isEmpty }.joined(separator: " ・ ") }

    /// The inside of a cell of the page.
    func html(_ cell: Cell) -> HTML {
      switch cell.state {
      case .notApplicable: return "<span class=\"soft\">\(t(.notApplicable))</span>"
      case .nobody, .overlap, .unwritten:
        let names = cell.state == .nobody ? "" : bearers(cell)
        return
          "\(Components.finding(t(cell.state.word)))\(small(join([names, cell.remark ?? ""]), isSoft: false))"
      case .decided:
        let isShared = cell.bearers > 1
        let kind: String? = isShared ? "both" : cell.byFacility ? nil : "vendor"
        let name = isShared ? t(.both) : bearers(cell)
        let rest = join([isShared ? bearers(cell) : "", source(cell), cell.remark ?? ""])
        return "<span class=\"bearer\"\("data-bearer", is: kind)>\(name)</span>\(small(rest, isSoft: true))"
      }
    }

    private func small(_ text: String, isSoft: Bool) -> HTML? {
      guard !text.isEmpty else { return nil }
      return isSoft ? "<span class=\"small soft\">\(text)</span>" : "<span class=\"small\">\(text)</span>"
    }

    /// 未定 4件: each finding that there is, with its number.
    func findings(_ tally: Tally) -> [String] {
      State.findings.filter { tally[$0] > 0 }.map { "\(t($0.word)) \(t(.count, tally[$0]))" }
    }

    /// How the system is run, the contracts cited, and the next check: the line below the heading.
    func subtitle(_ language: Language) -> String {
      let hosting = table.system.hosting.flatMap { value -> String? in
        guard case .choice(let choices)? = Systems.register.field("hosting")?.kind else { return nil }
        return choices.first { $0.value == value }?.word(language)
      }
      let cited = table.cited.map {
        [$0.number, $0.vendor ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
      }
      let contracts = cited.isEmpty ? "" : t(.contracts, cited.joined(separator: t(.comma)))
      let next = table.system.nextCheckOn.map { t(.nextCheck, language.shortDate($0)) }
      return join([hosting ?? "", contracts, next ?? ""])
    }
  }
}
