import Kernel
import Mail
import Registers
import Storage
import Web

/// Asking vendors to fill in sheets, by a link and without an account (依頼).
public enum Requests {
  /// Most letters that one sending makes.
  static let mostLetters = 100
  /// Longest life of a link, in days.
  static let mostLinkDays = 180

  /// One form for one vendor, perhaps about one of its systems.
  struct Asked: Sendable, Equatable {
    let kind: SheetRequest.Kind
    let pack: String?
    let form: String?
  }

  struct Recipient: Sendable, Equatable {
    let vendor: VendorName
    let system: SystemName?
  }

  /// What the wizard has gathered.
  struct Sending: Sendable, Equatable {
    /// Made with the preview: the same sending twice makes no second set of letters.
    let batch: String
    let asked: [Asked]
    let recipients: [Recipient]
    let dueOn: Day
    let expiresOn: Day
    let hasPin: Bool
    let message: String
    /// Whether vendors with an address get theirs by mail as well.
    let byMail: Bool

    /// - Throws: `SheetRequest.Refusal` for what does not fit on `today`.
    init(
      batch: String, asked: [Asked], recipients: [Recipient], dueOn: Day, expiresOn: Day, hasPin: Bool,
      message: String, byMail: Bool = false, today: Day
    ) throws(SheetRequest.Refusal) {
      guard !asked.isEmpty else { throw .noForm }
      guard !recipients.isEmpty else { throw .noVendor }
      guard asked.count * recipients.count <= Requests.mostLetters else { throw .tooMany }
      guard dueOn >= today else { throw .dueInPast }
      try Requests.check(expiry: expiresOn, today: today, dueOn: dueOn)
      guard let message = message.trimmed(to: 0...1000) else { throw .badMessage }
      (self.batch, self.asked, self.recipients) = (batch, asked, recipients)
      (self.dueOn, self.expiresOn, self.hasPin, self.message) = (dueOn, expiresOn, hasPin, message)
      self.byMail = byMail
    }
  }

  static func check(expiry: Day, today: Day, dueOn: Day) throws(SheetRequest.Refusal) {
    guard expiry >= max(today, dueOn), expiry.days(since: today) <= mostLinkDays else {
      throw .expiryOutOfRange
    }
  }

  /// What goes to a vendor. The link and the number exist here alone: the database keeps only their hashes.
  struct Letter: Sendable {
    let request: SheetRequest
    let token: String
    let pin: String?
    let expiresOn: Day
    /// Where it goes by mail; nil when it does not.
    var mailedTo: MailAddress?
  }

  /// Puts a letter into the queue of mail, in the transaction that makes its link.
  typealias Post = @Sendable (Letter, MailAddress, WriteTx) throws -> Void

  /// Makes the requests of a sending with their links.
  ///
  /// - Returns: the letters; none when this sending has been carried out already.
  static func send(
    _ sending: Sending, by person: PersonID?, post: Post? = nil, in scope: Scope
  ) async throws -> [Letter] {
    var pins: [String: (pin: String, hash: String)] = [:]
    if sending.hasPin {
      for recipient in sending.recipients where pins[recipient.vendor.id] == nil {
        let pin = newPin()
        pins[recipient.vendor.id] = (pin, try await Accounts.hashed(pin, .standard))
      }
    }
    let known = pins
    return try await scope.write { tx in
      guard try !tx.hasBatch(sending.batch) else { return [] }
      if sending.byMail, try !tx.hasMailServer() { throw SheetRequest.Refusal.noMailServer }
      return try sending.recipients.flatMap { recipient in
        try sending.asked.map { asked in
          let draft = SheetRequest(
            id: scope.newID(), vendor: recipient.vendor.id, vendorName: recipient.vendor.name,
            system: recipient.system?.id, systemName: recipient.system?.name, kind: asked.kind,
            pack: asked.pack, form: asked.form, dueOn: sending.dueOn, message: sending.message,
            askedBy: person, state: .draft, handedInAt: nil, handedInBy: nil, version: 1)
          try tx.insert(draft, batch: sending.batch)
          let pin = known[recipient.vendor.id]
          let letter = try letter(draft, pin: pin, expiresOn: sending.expiresOn, hasAnswers: false, tx)
          guard sending.byMail, let post, let to = recipient.vendor.address else { return letter }
          return try posted(letter, to, post, tx)
        }
      }
    }
  }

  /// A new link for a request; the one before it is worth nothing from now on.
  ///
  /// - Throws: `SheetRequest.Refusal`.
  static func renewLink(
    of id: SheetRequest.ID, expiresOn: Day, hasPin: Bool, post: Post? = nil, in scope: Scope
  ) async throws -> Letter {
    var pin: (pin: String, hash: String)?
    if hasPin {
      let number = newPin()
      pin = (number, try await Accounts.hashed(number, .standard))
    }
    let known = pin
    return try await scope.write { tx in
      guard let request = try tx.request(id) else { throw SheetRequest.Refusal.noSuchRequest }
      try check(expiry: expiresOn, today: scope.now.day, dueOn: scope.now.day)
      let hasAnswers = try tx.sheetAnswers(id).isEmpty == false
      guard let post else {
        return try letter(request, pin: known, expiresOn: expiresOn, hasAnswers: hasAnswers, tx)
      }
      let to = try mailAddress(of: request, tx)
      let letter = try letter(request, pin: known, expiresOn: expiresOn, hasAnswers: hasAnswers, tx)
      return try posted(letter, to, post, tx)
    }
  }

  private static func posted(
    _ letter: Letter, _ to: MailAddress, _ post: Post, _ tx: WriteTx
  ) throws -> Letter {
    var letter = letter
    try post(letter, to, tx)
    letter.mailedTo = to
    return letter
  }

  /// - Throws: `.noMailServer`, `.noMailAddress`.
  static func mailAddress(of request: SheetRequest, _ tx: ReadTx) throws -> MailAddress {
    guard try tx.hasMailServer() else { throw SheetRequest.Refusal.noMailServer }
    guard let to = try tx.vendorNames().first(where: { $0.id == request.vendor })?.address else {
      throw SheetRequest.Refusal.noMailAddress
    }
    return to
  }

  private static func letter(
    _ request: SheetRequest, pin: (pin: String, hash: String)?, expiresOn: Day, hasAnswers: Bool,
    _ tx: WriteTx
  ) throws -> Letter {
    let token = Secret.token()
    let sent = try request.sent(hasAnswers: hasAnswers)
    try tx.putLink(Secret.hash(token), of: request, expiresOn: expiresOn, pinHash: pin?.hash)
    try tx.replace(request, with: sent, as: "request.send")
    return Letter(request: sent, token: token, pin: pin?.pin, expiresOn: expiresOn)
  }

  /// Six digits.
  private static func newPin() -> String {
    var random = SystemRandomNumberGenerator()
    return String("\(Int.random(in: 1_000_000..<2_000_000, using: &random))".dropFirst())
  }

  /// Everything that a page of one request shows, read in one view.
  struct Sheet: Sendable {
    let request: SheetRequest
    let form: Pack.Form
    let answers: [String: SheetAnswer]
    let remarks: [String: SheetRemark]
    let files: [StoredFile]

    var rows: [Pack.Item] { form.items }
    func answer(_ item: String) -> SheetAnswer { answers[item] ?? .blank(item) }
    var answered: Int { rows.count { answers[$0.id]?.value != nil } }
    var missing: [Pack.Item] { rows.filter { answers[$0.id]?.value == nil } }
    var standingFiles: [StoredFile] { files.filter { !$0.isWithdrawn } }
    /// A no without the day by which it changes.
    var withoutDay: [Pack.Item] {
      rows.filter { answers[$0.id]?.value == .no && answers[$0.id]?.targetOn == nil }
    }
  }

  /// - Throws: `SheetRequest.Refusal.noSuchRequest`.
  static func sheet(_ id: SheetRequest.ID, library: PackLibrary, _ tx: ReadTx) throws -> Sheet {
    guard let request = try tx.request(id) else { throw SheetRequest.Refusal.noSuchRequest }
    let (answers, remarks) = try tx.answersAndRemarks(id)
    return Sheet(
      request: request, form: try SheetForm.form(of: request, library: library), answers: answers,
      remarks: remarks, files: try tx.files(of: request.subject))
  }

  // MARK: What the hospital decides

  /// Gives a sheet back with remarks.
  ///
  /// - Parameter remarks: by item id; that on the whole sheet under "".
  /// - Throws: `.nothingReturned` when there is none.
  static func giveBack(
    _ id: SheetRequest.ID, remarks: [String: String], library: PackLibrary, in scope: Scope
  ) async throws {
    let library = try await library.seen(by: scope)
    try await scope.write { tx in
      let sheet = try sheet(id, library: library, tx)
      let returned = try sheet.request.returned()
      var written = 0
      for (item, raw) in remarks.sorted(by: { $0.key < $1.key }) {
        guard item.isEmpty || sheet.form.item(item) != nil else { throw SheetRequest.Refusal.noSuchItem }
        guard let text = raw.trimmed(to: 0...1000) else { throw SheetRequest.Refusal.badRemark }
        if text.isEmpty && sheet.remarks[item] == nil { continue }
        try tx.remark(SheetRemark(item: item, text: text, by: scope.actor.name, at: scope.now), in: id)
        if !text.isEmpty { written += 1 }
      }
      guard written > 0 else { throw SheetRequest.Refusal.nothingReturned }
      try tx.replace(sheet.request, with: returned, as: "request.return")
    }
  }

  static func close(_ id: SheetRequest.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let request = try tx.request(id) else { throw SheetRequest.Refusal.noSuchRequest }
      try tx.replace(request, with: try request.closed(), as: "request.close")
    }
  }

  /// Takes a request back; its link is worth nothing from now on. What had been answered stays.
  static func revoke(_ id: SheetRequest.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let request = try tx.request(id) else { throw SheetRequest.Refusal.noSuchRequest }
      let after = try request.revoked()
      try tx.endLinks(of: id, .revoked)
      try tx.replace(request, with: after, as: "request.revoke")
    }
  }

  // MARK: Answers, from whoever writes them

  /// Someone else saved first: what was sent, and what stands now.
  struct Conflict: Error, Sendable {
    let item: String
    let mine: SheetAnswer.Draft
    let theirs: SheetAnswer
  }

  /// Saves one answer; the vendor's page, autosave and the hospital's typing in come through here.
  ///
  /// - Parameters:
  ///   - version: the version on which the draft is based; 0 when there was no answer yet.
  ///   - name: who gave the answer, in their own words.
  /// - Throws: `SheetRequest.Refusal`; `Conflict` when the answer has moved on.
  @discardableResult
  static func save(
    _ draft: SheetAnswer.Draft, item: String, of id: SheetRequest.ID, version: Int, by name: String,
    from source: SheetAnswer.Source, library: PackLibrary, in scope: Scope
  ) async throws -> SheetAnswer {
    let library = try await library.seen(by: scope)
    return try await scope.write { tx in
      guard let request = try tx.request(id) else { throw SheetRequest.Refusal.noSuchRequest }
      guard try SheetForm.form(of: request, library: library).item(item) != nil else {
        throw SheetRequest.Refusal.noSuchItem
      }
      let before = try tx.sheetAnswer(id, item) ?? .blank(item)
      let after = try before.revised(draft, by: name, at: scope.now, from: source)
      // Also when the answer to an earlier, identical request was lost on its way.
      if SheetAnswer.Draft(after) == SheetAnswer.Draft(before) { return before }
      let writable = try request.answered()
      guard before.version == version else { throw Conflict(item: item, mine: draft, theirs: before) }
      if let writable { try tx.replace(request, with: writable, as: "request.answer") }
      try tx.replace(before, with: after, in: id, as: "sheet.save")
      return after
    }
  }

  /// Writes several answers at once, or none: a workbook, or a release.
  ///
  /// - Parameter versions: those that the person saw; `Stale` when one has moved on.
  static func saveAll(
    _ drafts: [(item: String, draft: SheetAnswer.Draft)], of id: SheetRequest.ID, versions: Int,
    by name: String,
    from source: SheetAnswer.Source, _ tx: WriteTx
  ) throws -> Int {
    guard let request = try tx.request(id) else { throw SheetRequest.Refusal.noSuchRequest }
    let answers = try tx.sheetAnswers(id)
    guard answers.stamp == versions else { throw Stale() }
    if let writable = try request.answered() { try tx.replace(request, with: writable, as: "request.answer") }
    var count = 0
    for (item, draft) in drafts {
      let before = answers[item] ?? .blank(item)
      if SheetAnswer.Draft(before) == draft { continue }
      let after = try before.revised(draft, by: name, at: tx.scope.now, from: source)
      try tx.replace(before, with: after, in: id, as: source == .release ? "sheet.release" : "sheet.import")
      count += 1
    }
    return count
  }

  /// Hands a sheet in: from now on it is the hospital's to read.
  ///
  /// - Parameter needsScan: whether it was typed in from paper, whose scan must stand beside it.
  /// - Throws: `.nothingAnswered`, `.noScan`.
  static func handIn(
    _ id: SheetRequest.ID, by name: String, needsScan: Bool, library: PackLibrary, in scope: Scope
  ) async throws {
    let library = try await library.seen(by: scope)
    try await scope.write { tx in
      let sheet = try sheet(id, library: library, tx)
      let after = try sheet.request.handedIn(by: name, at: scope.now)
      if needsScan && sheet.standingFiles.isEmpty { throw SheetRequest.Refusal.noScan }
      let isFile = sheet.request.kind == .disclosureFile
      guard isFile ? !sheet.standingFiles.isEmpty : sheet.answered > 0 else {
        throw SheetRequest.Refusal.nothingAnswered
      }
      try tx.replace(sheet.request, with: after, as: "request.hand-in")
      guard let person = after.askedBy, !needsScan else { return }
      try tx.housekeeping.post(
        Message(
          cause: "\(after.subject):handed-in", recipient: person, step: after.version,
          key: "requests.handedIn",
          arguments: [after.vendorName, name], link: "/requests/\(id)"))
    }
  }

  /// Puts a file beside a sheet that may still be written.
  static func attach(_ upload: StoredFile.Upload, to id: SheetRequest.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let request = try tx.request(id) else { throw SheetRequest.Refusal.noSuchRequest }
      let writable = try request.answered()
      guard try tx.files(of: request.subject).count < 50 else { throw SheetRequest.Refusal.tooManyFiles }
      if let writable { try tx.replace(request, with: writable, as: "request.answer") }
      try Files.add(upload, to: request.subject, tx)
    }
  }

  // MARK: Reminders

  /// Tells whoever asked that a vendor is to be reminded, and sets the next time. Nothing for what is no longer waiting.
  static func remind(_ row: DueRow, in scope: Scope) async throws {
    guard let id = SheetRequest.ID(row.subject) else { return }
    try await scope.write { tx in
      guard let request = try tx.request(id), request.isWaiting else {
        return try tx.housekeeping.setDue("requests.due", row.subject, at: nil)
      }
      let days = request.dueOn.days(since: scope.now.day)
      let key = days > 0 ? "requests.dueSoon" : days == 0 ? "requests.dueToday" : "requests.overdue"
      if let person = request.askedBy {
        try tx.housekeeping.post(
          Message(
            cause: "\(request.subject):due:\(request.dueOn)", recipient: person, step: 10 - days, key: key,
            arguments: [request.vendorName, request.dueOn.description, "\(abs(days))"],
            link: "/requests/\(id)#reminder"))
      }
      try tx.housekeeping.setDue("requests.due", row.subject, at: request.nextReminder(after: scope.now))
    }
  }
}

extension [String: SheetAnswer] {
  /// The sum of all versions: versions only grow.
  var stamp: Int { values.reduce(0) { $0 + $1.version } }
}
