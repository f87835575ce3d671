import ArgumentParser
import Assurance
import Foundation
import Kernel
import Operations
import Registers
import Storage
import Web

/// A fictional hospital with two years of answers, taken in from its own workbooks.
struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "見本の病院を作り、報告までを出します。 Makes a demonstration hospital and its report.",
    discussion: "二度動かしても害はありません。あるものはそのまま使います。 Running it twice is harmless.")

  @OptionGroup var place: DataOptions
  @Option(help: "見本の点検表のある場所。 Folder of the sample workbooks.") var samples = "demo"

  static let login = "tanaka"
  static let password = "minato-demo-2026"

  func run() async throws {
    let library = try DataOptions.library()
    var demo = self
    // Before anything is made: a hospital without its workbooks would stay half done.
    demo.samples = try foundSamples(beside: library.folder)
    try await demo.make(library)
  }

  private func make(_ library: PackLibrary) async throws {
    let database = try await place.open(library)
    let scope = try await hospital(database)
    for (year, file, pack) in [
      (2024, "answers-r6.xlsx", "mhlw-checklist-r6"), (2025, "answers-r7.xlsx", "mhlw-checklist-r7"),
    ] {
      try await takeIn("\(samples)/\(file)", year: FiscalYear(year), pack: pack, library, scope)
    }
    let devices = try Registry.register("devices")
    try await devices.addColumn("導入した年度", kind: "number", in: scope)
    try await devices.addColumn(
      "停電のときの電源", kind: "choice", choices: ["非常電源とUPS", "UPSだけ", "なし"], in: scope)
    let registers = [
      "vendors", "systems", "contracts", "devices", "connections", "people", "roles", "contacts",
      "departments", "places", "documents", "provisions", "outsourcings",
    ]
    var filled: Set<String> = []
    for register in registers
    where try await fill(register, from: "\(samples)/registers/\(register).csv", scope) {
      filled.insert(register)
    }
    try await join(scope)
    try await fillResponsibility(scope)
    try await readDisclosures(from: "\(samples)/disclosures", scope)
    try await takeFrameworks(scope)
    if filled.isSuperset(of: ["vendors", "contracts"]) { try await vendors(scope) }
    try await keepHouse(scope)
    try await reviewAccounts(scope)
    if try await OnCallTrial.demonstrate(in: scope) {
      Terminal.say(Terminal.line("当番表を作りました。", "A rota made."))
    }
    let current = try await thisYear(library, scope)
    try FileManager.default.createDirectory(atPath: place.data, withIntermediateDirectories: true)
    try await work(on: current, library, scope)
    try await askVendors(library, scope)
    try await scope.signCheckpoint()
    let report = try await Reports.management(
      current.id, library: library, sections: ReportSections(Slices.all(library)), in: scope)
    for (format, name) in [(Reports.Format.pdf, "report.pdf"), (.xlsx, "report.xlsx")] {
      let bytes = try await Reports.file(
        report, as: format, Terminal.language, environment: ProcessInfo.processInfo.environment)
      let path = "\(place.data)/\(name)"
      try write(bytes, to: path)
      Terminal.say(Terminal.line("報告を書きました: \(path)", "Report written: \(path)"))
    }
    Terminal.say(
      Terminal.line(
        "サインイン: 利用者名 \(Demo.login)  パスワード \(Demo.password)",
        "Sign in: user \(Demo.login), password \(Demo.password)"))
    await database.close()
  }

  /// The folder that is named; for the usual one also beside that of the editions.
  private func foundSamples(beside packs: String) throws -> String {
    let beside = URL(fileURLWithPath: packs).deletingLastPathComponent().appendingPathComponent("demo").path
    let places = samples == "demo" ? [samples, beside] : [samples]
    let found = places.first { FileManager.default.isReadableFile(atPath: "\($0)/answers-r6.xlsx") }
    guard let found else { throw SamplesMissing(folder: samples) }
    return found
  }

  /// What the office has done since the year began; days that have not come yet are left out.
  private static let checks:
    [(item: String, value: Answer.Value, on: Day?, due: Day?, started: Bool, note: String?)] = [
      ("r7-med-1-1", .yes, Day(2026, 6, 8), nil, false, nil),
      ("r7-med-2-1", .yes, Day(2026, 6, 8), nil, false, nil),
      ("r7-med-2-2", .yes, Day(2026, 6, 10), nil, false, nil),
      ("r7-med-2-5", .yes, Day(2026, 7, 1), nil, false, nil),
      ("r7-med-3-1", .yes, Day(2026, 7, 1), nil, false, nil),
      (
        "r7-med-2-6", .no, Day(2026, 7, 1), Day(2026, 10, 30), true,
        "VPN装置 VPN-01 の更新が未実施です。見積りを2社から取り、入替えの日を決めます。"
      ),
      ("r7-med-2-3", .no, Day(2026, 9, 14), Day(2026, 11, 27), true, "7社のうち5社から受け取りました。残りはあおぞら画像とみどり検査です。"),
      ("r7-med-2-4", .no, Day(2026, 9, 14), Day(2026, 12, 11), true, nil),
      ("r7-med-3-2", .no, Day(2026, 9, 14), Day(2027, 1, 29), true, nil),
    ]

  private func work(on assessment: Assessment, _ library: PackLibrary, _ scope: Scope) async throws {
    let overview = try await Assessments.overview(assessment.id, library: library, in: scope)
    let tanaka = overview.people.first { $0.name == "田中" }?.id
    let scope = Scope(
      scope.database, actor: tanaka.map { .person($0, name: "田中") } ?? scope.actor, facility: scope.facility,
      now: scope.now)
    let suzuki = overview.people.first { $0.name == "鈴木" }?.id
    for check in Demo.checks {
      let before = overview.standing.answers[check.item] ?? .blank(check.item)
      guard let day = check.on, day <= scope.now.day, before.confirmedOn == nil else { continue }
      var draft = Answer.Draft(before)
      (draft.value, draft.confirmedOn, draft.targetOn, draft.started) = (
        check.value, day, check.due, check.started
      )
      draft.owner = draft.owner ?? tanaka
      draft.deputy = draft.owner == suzuki ? tanaka : suzuki
      draft.note = check.note ?? draft.note
      try await Assessments.save(
        draft, item: check.item, of: assessment.id, version: before.version, library: library, in: scope)
    }
  }

  /// Some vendors have been asked, and one has answered; in the order of how far each has come.
  private func askVendors(_ library: PackLibrary, _ scope: Scope) async throws {
    let made = try await Requests.demonstrate(library: library, in: scope)
    if made > 0 {
      Terminal.say(Terminal.line("事業者への依頼を\(made)件作りました。", "\(made) requests to vendors made."))
    }
  }

  /// A standard of the hospital's group, in its first and its present version.
  private func takeFrameworks(_ scope: Scope) async throws {
    let files = ["group-standard-1.yaml", "group-standard-2.yaml"].map { name in
      let path = "\(samples)/frameworks/\(name)"
      return Libraries.Source(name: name, bytes: 0) { try contents(of: path) }
    }
    let reports = try await Libraries.take(files, into: .facility(scope), isTrial: false)
    for problem in reports.compactMap(\.problem) { throw problem }
    let count = reports.count { $0.outcome != .same }
    if count > 0 {
      Terminal.say(Terminal.line("枠組みの版を\(count)つ取り込みました。", "\(count) versions of a framework taken in."))
    }
    let begun = try await Audits.demonstrate(in: scope)
    if begun > 0 {
      Terminal.say(Terminal.line("枠組みの点検を\(begun)件始めました。", "\(begun) audit of a framework begun."))
    }
    let risks = try await Risks.demonstrate(in: scope)
    if risks > 0 {
      Terminal.say(Terminal.line("リスクを\(risks)件書きました。", "\(risks) risks written."))
    }
  }

  private func hospital(_ database: Database) async throws -> Scope {
    let now = Clock.now
    let name = "みなと総合病院"
    if let known = try await Facilities.all(in: database).first(where: { $0.name.text == name }) {
      return Scope(database, actor: .system("demo"), facility: known.id, now: now)
    }
    let facility = try await Facilities.create(
      name: name, kind: .hospital, beds: 180, prefecture: Prefecture("神奈川"), by: .system("demo"),
      in: database, now: now)
    let scope = Scope(database, actor: .system("demo"), facility: facility.id, now: now)
    _ = try await Accounts.add(
      name: "田中", department: "情報システム係", login: Demo.login, password: Demo.password, role: .administrator,
      in: scope)
    _ = try await Accounts.add(
      name: "山本", department: "副院長", login: "yamamoto", password: "minato-director-2026", role: .management,
      in: scope)
    // A hospital that has set the director a day; 田中 is only asked.
    try await Accounts.demandFactor(
      of: .management, from: FiscalYear(2027).first, in: scope)
    _ = try await People.add(name: "鈴木", department: "情報システム係", role: .itStaff, in: scope)
    _ = try await People.add(name: "佐藤", department: "情報システム係", role: .itStaff, in: scope)
    Terminal.say(
      Terminal.line("見本の病院を作りました: \(name)(180床)", "Demonstration hospital made: \(name), 180 beds"))
    return scope
  }

  private func takeIn(_ path: String, year: FiscalYear, pack: String, _ library: PackLibrary, _ scope: Scope)
    async throws
  {
    if try await Assessments.all(in: scope).contains(where: { $0.form == "med" && $0.fiscalYear == year }) {
      return
    }
    let bytes = try contents(of: path)
    let name = URL(fileURLWithPath: path).lastPathComponent
    let plan = try Exchange.plan(
      bytes, named: name, form: try library.form("med", of: pack), year: year, today: scope.now.day)
    _ = try await Exchange.start(plan, form: "med", year: year, pack: pack, library: library, in: scope)
    let count = plan.applied
    Terminal.say(
      Terminal.line(
        "\(name) から\(Terminal.language.fiscalYear(year))の\(count)行を取り込みました。",
        "\(count) rows of \(Terminal.language.fiscalYear(year)) taken in from \(name)."))
  }

  /// A renewal that has not been explained yet, and certifications of which one ends soon.
  private func vendors(_ scope: Scope) async throws {
    try await Contracts.renew(
      "K-007",
      [
        "startsOn": "令和9年4月1日", "endsOn": "令和10年3月31日", "noticeBy": "令和9年12月31日", "amountYen": "4320000",
        "patching": "vendor", "vulnerabilityNotice": "yes", "noticeHours": "72", "subcontractors": "",
        "backupPlace": "別の建物。ふだんは切り離す", "erasureProof": "yes",
      ], .ja, in: scope)
    for (vendor, kind, number, range, end) in [
      ("ひまわり情報システム", "isms", "IS 000101", "電子カルテの開発と保守", "令和9年6月30日"),
      ("みどり検査", "privacy-mark", "00000301", "全社", "令和8年10月31日"),
      ("港ネットワーク", "isms", "IS 000401", "監視センターの運用", "令和8年12月31日"),
    ] {
      try await Vendors.certify(vendor, kind: kind, number: number, scope: range, endsOn: end, .ja, in: scope)
    }
  }

  /// Takes a register in, unless it has entries already; whoever signs in is in the people's from the start.
  /// Whether it was taken in.
  private func fill(_ id: String, from path: String, _ scope: Scope) async throws -> Bool {
    let register = try Registry.register(id)
    let mark = try Registry.register(id == "people" ? "roles" : id)
    guard try await RegisterExchange.list(mark, in: scope).isEmpty else { return false }
    let plan = try await RegisterExchange.plan(
      try contents(of: path), named: URL(fileURLWithPath: path).lastPathComponent, into: register, .ja,
      in: scope)
    try await RegisterExchange.apply(plan, .ja, in: scope)
    Terminal.say(
      Terminal.line(
        "\(path) から台帳に\(plan.added + plan.updated)行を取り込みました。",
        "\(plan.added + plan.updated) rows taken in from \(path)."))
    for error in plan.result(Terminal.words, Terminal.language).errors {
      Terminal.say("  \(error.row) \(error.column): \(error.message)")
    }
    return true
  }

  /// Which of the hospital's systems needs which.
  private static let dependencies: [(system: String, needs: String, why: String)] = [
    ("電子カルテ", "院内ネットワーク", "端末とサーバをつなぐ"), ("電子カルテ", "利用者認証", "サインインする"),
    ("利用者認証", "院内ネットワーク", ""), ("医事会計", "電子カルテ", "診療の内容を受け取る"),
    ("画像(PACS)", "院内ネットワーク", "撮影装置とつなぐ"), ("画像(PACS)", "電子カルテ", "検査のオーダを受け取る"),
    ("検査システム", "電子カルテ", "検査のオーダを受け取り、結果を返す"), ("給食", "電子カルテ", "食事のオーダを受け取る"),
    ("給食", "インターネット回線", "事業者の設備につなぐ"), ("インターネット回線", "院内ネットワーク", ""),
  ]

  /// Says what needs what, unless somebody has said so already.
  private func join(_ scope: Scope) async throws {
    let known = try await RegisterExchange.ids(Systems.register, in: scope)
    guard try await !Dependencies.exist(in: scope) else { return }
    for (system, needs, why) in Demo.dependencies {
      guard let id = known[system], known[needs] != nil else { continue }
      try await Dependencies.add(needs, to: id, why: why, in: scope)
    }
  }

  /// Who answers for what, and the roles within the hospital; left alone when anything is there.
  private func fillResponsibility(_ scope: Scope) async throws {
    guard try await Responsibility.isEmpty(in: scope) else { return }
    let path = "\(samples)/registers/responsibility.csv"
    try await Responsibility.addStarters(.ja, in: scope)
    let taken = try await Responsibility.takeIn(
      try contents(of: path), named: "responsibility.csv", .ja, in: scope)
    try await Responsibility.addRaciStarters(.ja, in: scope)
    Terminal.say(
      Terminal.line(
        "\(path) から責任分界に\(taken.changed)件を取り込みました。",
        "\(taken.changed) responsibilities taken in from \(path)."))
    if taken.refused > 0 { Terminal.say("  \(taken.refused)") }
  }

  /// The disclosure of the image system, as its vendor handed it in, with a record for one of its two いいえ.
  private func readDisclosures(from folder: String, _ scope: Scope) async throws {
    guard try await RegisterExchange.list(Disclosures.register, in: scope).isEmpty else { return }
    let file = "pacs-mds.csv"
    let taken = try await Disclosures.receive(
      from: "あおぞら画像", for: "画像(PACS)", try contents(of: "\(folder)/\(file)"), named: file, how: "mail", .ja,
      in: scope)
    try await Disclosures.record(
      [
        "evaluation": "遠隔保守で何をしたかが後から追えない。起こりやすさは中、影響は大。",
        "treatment": "reduce",
        "explanation": "つなぐのは申し出のときだけとし、VPN装置の接続の記録を1年残している。製品の記録は2027年春の版で備わる予定。",
        "decidedBy": "田中", "decidedOn": scope.now.day.description,
      ], on: "3.2", of: taken.disclosure, in: scope)
    Terminal.say(
      Terminal.line(
        "\(file) から\(taken.questions)項目を読み取りました。備えの要る「いいえ」は\(taken.lackingRisks)件です。",
        "\(taken.questions) answers read from \(file); \(taken.lackingRisks) call for a record."))
  }

  /// What the office has set up around its registers; a day that has not come yet is left out.
  private func keepHouse(_ scope: Scope) async throws {
    let devices = try Registry.register("devices")
    try await devices.addSharedView(
      "更新の担当が決まっていない機器", [("attention", "only"), ("updatedBy", "undecided")], in: scope)
    try await devices.addSharedView("サーバ", [("kind", "server")], in: scope)
    for (id, day, months) in [("devices", Day(2026, 4, 16), 6), ("connections", Day(2026, 10, 5), 3)] {
      guard let day, day <= scope.now.day else { continue }
      try await Registry.register(id).recordFirstCheck(on: day, everyMonths: months, in: scope)
    }
  }

  /// Mamorite's own accounts have been reviewed; those of the electronic records are half decided.
  private func reviewAccounts(_ scope: Scope) async throws {
    let file = "ehr-accounts.csv"
    let begun = try await AccountReviews.demonstrate(
      system: "電子カルテ", file: (file, try contents(of: "\(samples)/accounts/\(file)")), in: scope)
    if begun > 0 {
      Terminal.say(Terminal.line("アカウントの棚卸しを\(begun)件始めました。", "\(begun) account reviews begun."))
    }
  }

  private func thisYear(_ library: PackLibrary, _ scope: Scope) async throws -> Assessment {
    let year = FiscalYear(2026)
    if let known = try await Assessments.all(in: scope).first(where: {
      $0.form == "med" && $0.fiscalYear == year
    }) {
      return known
    }
    let opened = try await Assessments.open(form: "med", year: year, pack: nil, library: library, in: scope)
    Terminal.say(
      Terminal.line(
        "\(Terminal.language.fiscalYear(year))の点検を \(opened.pack) の項目で始め、前の年度の答えを引き継ぎました。",
        "Started \(Terminal.language.fiscalYear(year)) with the items of \(opened.pack) and carried the answers over."
      ))
    return opened
  }
}

/// What this machine has, and what is missing.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "この機械の用意を調べます。 Checks what this machine has.")
  @OptionGroup var place: DataOptions
  @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

  private struct Check: Encodable {
    let name: String
    let ok: Bool
    let detail: String
  }

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    var checks: [Check] = []
    func add(_ name: String, _ body: () async throws -> String) async {
      do { checks.append(Check(name: name, ok: true, detail: try await body())) } catch let problem
        as any Problem
      {
        checks.append(
          Check(name: name, ok: false, detail: Terminal.words.problem(problem, Terminal.language)))
      } catch { checks.append(Check(name: name, ok: false, detail: "\(error)")) }
    }
    await add("packs") {
      let library = try DataOptions.library()
      let faults = try PackLint.faults(in: library)
      return faults.isEmpty ? library.folder : faults.joined(separator: "; ")
    }
    await add("pdf") { try await Reports.checkPdf(environment: environment) }
    await add("database") {
      let database = try place.openExisting()
      let count = try await Facilities.all(in: database).count
      await database.close()
      return "\(database.location), \(count)"
    }
    if json {
      try Terminal.json(checks)
    } else {
      for check in checks { Terminal.say("\(check.ok ? "○" : "×") \(check.name): \(check.detail)") }
    }
    if checks.contains(where: { !$0.ok }) { throw ExitCode(5) }
  }
}
