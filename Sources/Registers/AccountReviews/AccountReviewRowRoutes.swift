import Kernel
import Publishing
import Storage
import Web

extension AccountReviews {
  static func rowRoutes(_ routes: inout Routes) {
    routes.get("account-reviews/:id/accounts/:number", needs: .accountReviewsRead) { request, scope in
      .page(try await rowPage(request, scope))
    }
    routes.showSensitive { $0.parameters["id"].map { "account-review:\($0)" } }
    routes.post("account-reviews/:id/accounts/:number/decision", needs: .accountReviewsEdit) {
      request, scope in
      let (id, number): (AccountReview.ID, Int) = (try request.id(), try self.number(request))
      let form = try request.form()
      do {
        try await decide(
          form["decision"], form["remark"], for: number, of: id, version: form.version, in: scope
        )
      } catch let refusal as ReviewRefusal where refusal.kind == .invalid {
        return .page(try await rowPage(request, scope, form, refusal), status: 422)
      }
      let next = try await scope.read {
        try $0.reviewRows(id, ReviewFilter(show: "undecided"), limit: 1).first?.number
      }
      let place = next.map { "/accounts/\($0)" } ?? ""
      return .redirect(to: "/account-reviews/\(id)\(place)?decided=\(number)")
    }
    routes.post("account-reviews/:id/accounts/:number/completion", needs: .accountReviewsEdit) {
      request, scope in
      let (id, number): (AccountReview.ID, Int) = (try request.id(), try self.number(request))
      let form = try request.form()
      do {
        try await markDone(number, of: id, on: form["day"], version: form.version, in: scope)
      } catch let refusal as ReviewRefusal where refusal.kind == .invalid {
        return .page(try await rowPage(request, scope, form, refusal), status: 422)
      }
      return .redirect(to: "/account-reviews/\(id)?show=open&done=\(number)")
    }
  }

  private static func number(_ request: WebRequest) throws -> Int {
    guard let number = Int(try request.parameter("number")) else { throw ReviewRefusal.noSuchRow }
    return number
  }

  private static func rowPage(
    _ request: WebRequest, _ scope: Scope, _ typed: FormValues? = nil, _ problem: ReviewRefusal? = nil
  ) async throws -> Page {
    let (id, number): (AccountReview.ID, Int) = (try request.id(), try self.number(request))
    let (review, row, tally, history) = try await scope.read { tx in
      (
        try tx.accountReview(id), try tx.reviewRow(id, number), try tx.reviewTally(id),
        try tx.history(of: "account-review:\(id)/\(number)", limit: 20)
      )
    }
    guard let review else { throw ReviewRefusal.noSuchReview }
    guard let row else { throw ReviewRefusal.noSuchRow }
    return ReviewRowPage.page(request, review, row, tally, history, typed, problem)
  }

  // MARK: Signing, paper and files

  static func sheetRoutes(_ routes: inout Routes) {
    routes.get("account-reviews/:id/signature", needs: .accountReviewsSign) { request, scope in
      .page(try await signaturePage(request, try request.id(), scope))
    }
    routes.showSensitive { $0.parameters["id"].map { "account-review:\($0)" } }
    routes.post("account-reviews/:id/signature", needs: .accountReviewsSign) { request, scope in
      let id: AccountReview.ID = try request.id()
      let revision = try request.form().version(in: "revision")
      do { try await sign(id, revision: revision, in: scope) } catch ReviewRefusal.undecided {
        return .page(try await signaturePage(request, id, scope), status: 409)
      }
      return .redirect(to: "/account-reviews/\(id)/print?signed=1")
    }
    routes.get("account-reviews/:id/print", needs: .accountReviewsRead) { request, scope in
      let (review, rows) = try await whole(try request.id(), scope)
      return .page(ReviewSheetPages.print(request, review, rows))
    }
    routes.showSensitive { $0.parameters["id"].map { "account-review:\($0)" } }
    for format in [Register.Format.xlsx, .csv] {
      let path: String = "account-reviews/:id/export.\(format.rawValue)"
      routes.get(path, needs: .accountReviewsRead, isPrivileged: true) { request, scope in
        let (review, rows) = try await whole(try request.id(), scope)
        let bytes = try ReviewExport(review, rows, request.language).file(as: format)
        let name = "account-review-\(review.startedAt.day).\(format.rawValue)"
        return .file(bytes, type: format.mediaType, name: name)
      }
      routes.showSensitive { $0.parameters["id"].map { "account-review:\($0)" } }
    }
  }

  private static func signaturePage(_ request: WebRequest, _ id: AccountReview.ID, _ scope: Scope)
    async throws -> Page
  {
    let (review, tally, open) = try await scope.read { tx in
      (
        try tx.accountReview(id), try tx.reviewTally(id),
        try tx.reviewRows(id, ReviewFilter(show: "open"), limit: ReviewSheetPages.mostOpen)
      )
    }
    guard let review else { throw ReviewRefusal.noSuchReview }
    guard review.state == .open else { throw ReviewRefusal.signed }
    return ReviewSheetPages.signature(request, review, tally, open)
  }

  private static func whole(_ id: AccountReview.ID, _ scope: Scope) async throws
    -> (AccountReview, [ReviewRow])
  {
    let (review, rows) = try await scope.read { tx in
      (try tx.accountReview(id), try tx.reviewRows(id, ReviewFilter(), limit: AccountSheet.mostRows))
    }
    guard let review else { throw ReviewRefusal.noSuchReview }
    return (review, rows)
  }
}

/// A review as a file: every account with its reasons and what was decided.
struct ReviewExport {
  private let review: AccountReview
  private let rows: [ReviewRow]
  private let language: Language

  init(_ review: AccountReview, _ rows: [ReviewRow], _ language: Language) {
    (self.review, self.rows, self.language) = (review, rows, language)
  }

  func file(as format: Register.Format) throws(SheetProblem) -> [UInt8] {
    let words = ReviewWords(language)
    let headings = words.columns
    let cells = rows.map { row -> [Cell] in
      [
        .text(row.account), .text(row.name), .text(row.department), .text(words.role(row, of: review)),
        .text(words.kind(row.kind)), .text(words.enabled(row)), day(row.lastUsedOn),
        .text(words.factor(row)), day(row.addedOn),
        .text(row.findings.map(words.finding).joined(separator: language == .ja ? "、" : ", ")),
        .text(row.decision.map(words.decision) ?? ""), .text(row.remark), .text(row.decidedBy),
        row.isCarriedOut ? .text(words.t(.carriedOut)) : day(row.doneOn),
      ]
    }
    if format == .csv {
      return Sheets.csv([headings.map { .text($0) }] + cells)
    }
    let notes = [
      words.title(review), words.standing(review), words.t(.print, review.fingerprint),
    ].filter { !$0.isEmpty }
    return try Sheets.xlsx([
      OutputSheet(
        name: words.t(.sheetName), notes: review.state == .signed ? notes : Array(notes.prefix(2)),
        headings: headings, rows: cells,
        columnWidths: [18, 18, 16, 22, 12, 8, 13, 10, 13, 34, 12, 28, 14, 13])
    ])
  }

  private func day(_ day: Day?) -> Cell { day.map { .day($0) } ?? .empty }
}
