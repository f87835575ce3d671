import ArgumentParser
import Assurance
import Foundation
import Kernel
import Registers
import Storage
import Web

struct AssessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assess", abstract: "点検を始める・版を切り替える・取り込む・書き出す・答える。 Checklists.",
    subcommands: [Open.self, List.self, ChangeEdition.self, Import.self, Export.self, AnswerOne.self])

  struct Target: ParsableArguments {
    @Option(help: "年度(西暦)。 Fiscal year by its first calendar year.") var fiscalYear: Int
    @Option(help: "様式。 Form: med, vendor, ph, ph-vendor.") var form = "med"
    @Option(
      help: "版。省くと年度の版、または項目のわかっている前の版。 Edition; left out, the year's own or the newest known before it.")
    var pack: String?

    var year: FiscalYear { get throws { try Target.year(fiscalYear) } }

    static func year(_ number: Int) throws -> FiscalYear {
      guard let year = FiscalYear("\(number)") else { throw Answer.Refusal.badYear }
      return year
    }

    static func find(form: String, year: FiscalYear, in scope: Scope) async throws -> Assessment {
      let all = try await Assessments.all(in: scope)
      guard let found = all.first(where: { $0.form == form && $0.fiscalYear == year }) else {
        throw Answer.Refusal.noSuchAssessment
      }
      return found
    }

    func find(in scope: Scope) async throws -> Assessment {
      let found = try await Target.find(form: form, year: try year, in: scope)
      if let pack, pack != found.pack {
        throw Answer.Refusal.editionDoesNotFit(pack: found.pack, form: found.form)
      }
      return found
    }
  }

  struct Shown: Encodable {
    let id: String
    let pack: String
    let form: String
    let fiscalYear: Int
    let carriedFrom: Int?

    init(_ assessment: Assessment) {
      id = assessment.id.text
      pack = assessment.pack
      form = assessment.form
      fiscalYear = assessment.fiscalYear.year
      carriedFrom = assessment.carriedFrom?.year
    }
  }

  struct Open: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "年度の点検を始めます。 Starts a year's checklist.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @OptionGroup var target: Target
    @Flag(help: "前の年度から引き継ぎません。 Does not carry answers over.") var noCarryOver = false
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let library = try DataOptions.library()
      let database = try await place.open(library)
      let opened = try await Assessments.open(
        form: target.form, year: try target.year, pack: target.pack, library: library,
        in: try await at.scope(database), carryOver: !noCarryOver)
      if json {
        try Terminal.json(Shown(opened))
      } else {
        Terminal.say("\(opened.id) \(opened.pack) \(opened.form) \(opened.fiscalYear)")
      }
      await database.close()
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "点検を一覧にします。 Lists the checklists.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let all = try await Assessments.all(in: try await at.scope(database))
      if json {
        try Terminal.json(all.map(Shown.init))
      } else {
        for one in all { Terminal.say("\(one.id) \(one.pack) \(one.form) \(one.fiscalYear)") }
      }
      await database.close()
    }
  }

  struct ChangeEdition: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "年度の新しい版の項目に切り替えます。 Moves a year's checklist to the items of a newer edition.",
      discussion:
        "問いが同じ項目は答えも確認日もそのまま移します。 Where the question is the same, answer and day of check stay.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "年度(西暦)。 Fiscal year by its first calendar year.") var fiscalYear: Int
    @Option(help: "様式。 Form: med, vendor, ph, ph-vendor.") var form = "med"
    @Option(help: "切り替える先の版。省くと年度の中で一番新しい版。 Edition to move to; left out, the newest of the year.")
    var to: String?
    @Flag(help: "書き込まずに、どうなるかだけを示します。 Shows what would happen and writes nothing.") var dryRun = false
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Result: Encodable {
      let from: String
      let to: String
      let same: [String]
      let changed: [String]
      let new: [String]
      let gone: [String]
      let dryRun: Bool

      init(_ change: EditionChange, dryRun: Bool) {
        func items(_ kind: Carryover.Kind) -> [String] {
          change.carryover.lines.filter { $0.kind == kind }.map(\.item.id)
        }
        (from, to, self.dryRun) = (change.from.id, change.to.id, dryRun)
        (same, changed, new) = (items(.same), items(.changed), items(.new))
        gone = change.carryover.gone.map(\.id)
      }
    }

    func run() async throws {
      let library = try DataOptions.library()
      let database = try await place.open(library)
      let scope = try await at.scope(database)
      let assessment = try await Target.find(form: form, year: Target.year(fiscalYear), in: scope)
      let change =
        dryRun
        ? try await Assessments.editionChange(of: assessment.id, to: to, library: library, in: scope)
        : try await Assessments.changeEdition(
          of: assessment.id, to: to, from: assessment.pack, library: library, in: scope)
      let result = Result(change, dryRun: dryRun)
      if json {
        try Terminal.json(result)
      } else {
        let (same, changed) = (result.same.count, result.changed.count)
        let (new, gone) = (result.new.count, result.gone.count)
        Terminal.say(
          Terminal.line(
            "\(result.from) → \(result.to): 同じ\(same)、変わった\(changed)、新しい\(new)、なくなった\(gone)",
            "\(result.from) → \(result.to): \(same) the same, \(changed) changed, \(new) new, \(gone) gone"))
      }
      await database.close()
    }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "答えの入った点検表(.xlsx, CSV)を取り込みます。 Takes in an answered checklist.",
      discussion:
        """
        点検がまだなければ始めます。すべて取り込むか、何も取り込まないかのどちらかです。取り込める行がなければ何も変えず、終了コードは2です。 \
        Starts the checklist if need be; all rows or none. When no row can be taken in, nothing changes and the exit code is 2.
        """)
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @OptionGroup var target: Target
    @Argument(help: "ファイル。 File.") var file: String
    @Flag(help: "書き込まずに、どうなるかだけを示します。 Shows what would happen and writes nothing.") var dryRun = false
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Result: Encodable {
      struct Skipped: Encodable {
        let row: Int
        let reason: String
        let code: String
      }
      struct Taken: Encodable {
        let row: Int
        let item: String
        /// What taking it does, round by round, in words.
        let effect: String
      }
      let read: Int
      let applied: Int
      let taken: [Taken]
      let skipped: [Skipped]
      let dryRun: Bool
      let assessment: String?
    }

    func run() async throws {
      let shipped = try DataOptions.library()
      let bytes = try contents(of: file)
      let name = URL(fileURLWithPath: file).lastPathComponent
      let database = try await place.open(shipped)
      let scope = try await at.scope(database)
      let library = try await shipped.seen(by: scope)
      let year = try target.year
      let plan: ChecklistImport
      var assessment: Assessment?
      do {
        assessment = try await target.find(in: scope)
      } catch Answer.Refusal.noSuchAssessment {
        assessment = nil
      }
      if let assessment {
        let preview = try await Exchange.preview(
          bytes, named: name, into: assessment.id, library: library, in: scope)
        plan = preview.plan
        if !dryRun { _ = try await Exchange.apply(preview, in: scope) }
      } else {
        // The file is read before the checklist is opened, so that a refused file leaves nothing behind.
        let edition =
          try target.pack.map { try library.pack($0) }
          ?? library.edition(of: Assessments.checklist, for: year, form: target.form)
        plan = try Exchange.plan(
          bytes, named: name, form: try library.form(target.form, of: edition.id), year: year,
          today: scope.now.day)
        if !dryRun && plan.applied > 0 {
          assessment = try await Exchange.start(
            plan, form: target.form, year: year, pack: edition.id, library: library, in: scope)
        }
      }
      await database.close()
      try report(plan, assessment)
      guard plan.applied == 0 else { return }
      let t = Texts<AssessmentText>(Terminal.language)
      Terminal.error(plan.looksLikeAnotherYear ? t(.importOtherYear) : t(.importNothing))
      throw ExitCode(2)
    }

    private func report(_ plan: ChecklistImport, _ assessment: Assessment?) throws {
      let skipped = plan.itemLines.compactMap { line -> Result.Skipped? in
        guard case .skip(let reason) = line.fate else { return nil }
        let words = Terminal.words.message("import.\(reason.code)", reason.arguments, Terminal.language)
        return Result.Skipped(row: line.row, reason: words, code: reason.code)
      }
      let taken = plan.itemLines.compactMap { line -> Result.Taken? in
        guard case .apply(let item, let reading) = line.fate else { return nil }
        let words = Exchange.words(for: reading, Terminal.language).joined(separator: " / ")
        return Result.Taken(row: line.row, item: item, effect: words)
      }
      let result = Result(
        read: plan.itemLines.count, applied: plan.applied, taken: taken, skipped: skipped, dryRun: dryRun,
        assessment: assessment?.id.text)
      if json { return try Terminal.json(result) }
      Terminal.say(
        Terminal.line(
          "\(result.read)行を読み、\(result.applied)行を\(dryRun ? "取り込めます" : "取り込みました")。",
          "\(result.read) rows read, \(result.applied) \(dryRun ? "can be imported" : "imported")."))
      for one in taken where dryRun {
        let place = Terminal.line("\(one.row)行目 \(one.item)", "row \(one.row) \(one.item)")
        Terminal.say("  \(place): \(one.effect)")
      }
      for skip in skipped {
        Terminal.say(Terminal.line("  \(skip.row)行目: \(skip.reason)", "  row \(skip.row): \(skip.reason)"))
      }
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "答えを書き出します。 Gives the answers out.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @OptionGroup var target: Target
    @Option(help: "xlsx, csv, json") var format = "xlsx"
    @Option(help: "書き出す先。 File to write.") var out: String
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      guard let format = Exchange.Format(rawValue: format) else {
        throw ValidationError("--format: xlsx, csv, json")
      }
      let library = try DataOptions.library()
      let database = try await place.open(library)
      let scope = try await at.scope(database)
      let assessment = try await target.find(in: scope)
      let overview = try await Assessments.overview(assessment.id, library: library, in: scope)
      let bytes = try Exchange.export(overview, as: format, Terminal.language)
      try write(bytes, to: out)
      if json { try Terminal.json(["file": out, "bytes": "\(bytes.count)"]) } else { Terminal.say(out) }
      await database.close()
    }
  }

  struct AnswerOne: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "answer", abstract: "一つの項目に答えます。 Answers one item.")
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @OptionGroup var target: Target
    @Option(help: "項目の番号(r7-med-2-1 など)。 Item id.") var item: String
    @Option(help: "yes, no, na, none") var value: String?
    @Option(help: "確認日。 Day of the check.") var checked: String?
    @Option(help: "目標日。 Target day.") var due: String?
    @Option(help: "メモ。 Note.") var note: String?
    @Option(help: "担当の人の番号。 Id of the owner.") var owner: String?
    @Option(help: "副担当の人の番号。 Id of the deputy.") var deputy: String?
    @Flag(inversion: .prefixedNo, help: "対策に着手したか。 Whether a measure has been started.") var started: Bool?
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let library = try DataOptions.library()
      let database = try await place.open(library)
      let scope = try await at.scope(database)
      let assessment = try await target.find(in: scope)
      let overview = try await Assessments.overview(assessment.id, library: library, in: scope)
      let before = overview.standing.answers[item] ?? .blank(item)
      var draft = Answer.Draft(before)
      if let value {
        guard value == "none" || Answer.Value(rawValue: value) != nil else { throw Answer.Refusal.badAnswer }
        draft.value = Answer.Value(rawValue: value)
      }
      if let checked { draft.confirmedOn = try day(checked) }
      if let due { draft.targetOn = try day(due) }
      if let note { draft.note = note }
      if let owner { draft.owner = try person(owner) }
      if let deputy { draft.deputy = try person(deputy) }
      if let started { draft.started = started }
      let saved = try await Assessments.save(
        draft, item: item, of: assessment.id, version: before.version, library: library, in: scope)
      if json {
        try Terminal.json(saved)
      } else {
        Terminal.say("\(saved.item) \(saved.value?.rawValue ?? "-") v\(saved.version)")
      }
      await database.close()
    }

    private func day(_ text: String) throws -> Day? {
      if text.isEmpty { return nil }
      guard let day = Day.parse(text) else { throw Answer.Refusal.badDay }
      return day
    }

    private func person(_ text: String) throws -> PersonID? {
      if text.isEmpty { return nil }
      guard let id = PersonID(text) else { throw Answer.Refusal.unknownPerson }
      return id
    }
  }
}
