import Kernel
import Publishing
import Storage
import Web

extension AccountReviews {
  static func subjectRoutes(_ routes: inout Routes) {
    routes.get("account-reviews", needs: .accountReviewsRead) { request, scope in
      let listing = Listing(request)
      let (standings, total) = try await scope.read { try $0.reviewStandings(listing) }
      return .page(AccountReviewPages.overview(request, standings, listing, total: total))
    }
    routes.get("account-reviews/subjects/:subject", needs: .accountReviewsRead) { request, scope in
      .page(try await subjectPage(request, try subject(request), scope))
    }
    routes.post("account-reviews/subjects/:subject/plan", needs: .accountReviewsEdit) { request, scope in
      let subject = try subject(request)
      let form = try request.form()
      do {
        try await plan(
          subject, every: form["interval"], due: form["due"], responsible: form["responsible"],
          version: form.version, in: scope)
      } catch let refusal as ReviewRefusal where refusal.kind == .invalid {
        return .page(try await subjectPage(request, subject, scope, form, refusal), status: 422)
      }
      return .redirect(to: "/account-reviews/subjects/\(subject.text)?saved=1")
    }
    routes.post(
      "account-reviews/subjects/:subject/reviews", needs: .accountReviewsEdit, bodyLimit: 21 << 20
    ) { request, scope in
      let subject = try subject(request)
      guard try await scope.read({ try $0.reviewStanding(subject) }) != nil else {
        throw ReviewRefusal.noSubject
      }
      let file = try request.form().files["file"]
      do {
        let review = try await start(subject, file: file.map { ($0.name, $0.bytes) }, in: scope)
        return .redirect(to: "/account-reviews/\(review.id)?started=1")
      } catch let problem as any Problem where [.invalid, .tooLarge].contains(problem.kind) {
        return .page(try await subjectPage(request, subject, scope, nil, problem), status: 422)
      }
    }
  }

  private static func subject(_ request: WebRequest) throws -> ReviewSubject {
    guard let subject = ReviewSubject(try request.parameter("subject")) else {
      throw ReviewRefusal.noSubject
    }
    return subject
  }

  private static func subjectPage(
    _ request: WebRequest, _ subject: ReviewSubject, _ scope: Scope, _ typed: FormValues? = nil,
    _ problem: (any Problem)? = nil
  ) async throws -> Page {
    let found = try await scope.read { tx -> SubjectView? in
      guard let standing = try tx.reviewStanding(subject) else { return nil }
      return SubjectView(
        standing: standing, reviewers: try tx.reviewers(), reviews: try tx.accountReviews(of: subject))
    }
    guard let found else { throw ReviewRefusal.noSubject }
    return AccountReviewPages.subject(request, found, typed, problem)
  }

  // MARK: A review

  static func reviewRoutes(_ routes: inout Routes) {
    routes.get("account-reviews/:id", needs: .accountReviewsRead) { request, scope in
      .page(try await page(request, try request.id(), scope))
    }
    routes.showSensitive { $0.parameters["id"].map { "account-review:\($0)" } }
    routes.get("account-reviews/:id/removal", needs: .accountReviewsEdit) { request, scope in
      let review = try await review(try request.id(), scope)
      guard review.state == .open else { throw ReviewRefusal.signed }
      return .page(AccountReviewPages.discard(request, review))
    }
    routes.post("account-reviews/:id/removal", needs: .accountReviewsEdit) { request, scope in
      let review = try await discard(try request.id(), in: scope)
      return .redirect(to: "/account-reviews/subjects/\(review.subject.text)?discarded=1")
    }
    routes.post("account-reviews/:id/changes/preview", needs: .accountReviewsEdit) { request, scope in
      let review = try await review(try request.id(), scope)
      guard review.state == .open else { throw ReviewRefusal.signed }
      let form = try request.form()
      let wish = BulkDecision(form)
      do { _ = try read(wish.decision, wish.remark) } catch let error as ReviewRefusal {
        return .page(try await page(request, review.id, scope, problem: error), status: 422)
      }
      let shown = try await scope.read { try $0.bulkRows(wish.chosen, of: review.id) }
      guard shown.all > 0 else {
        return .page(
          try await page(request, review.id, scope, problem: ReviewRefusal.nothingChosen), status: 422)
      }
      return .page(ReviewListPages.preview(request, review, wish, shown))
    }
    routes.post("account-reviews/:id/changes", needs: .accountReviewsEdit) { request, scope in
      let id: AccountReview.ID = try request.id()
      let form = try request.form()
      let wish = BulkDecision(form)
      let count = try await decide(
        wish.decision, wish.remark, for: wish.chosen, of: id, revision: form.version(in: "revision"),
        in: scope)
      return .redirect(to: "/account-reviews/\(id)?changed=\(count)")
    }
  }

  static func review(_ id: AccountReview.ID, _ scope: Scope) async throws -> AccountReview {
    guard let review = try await scope.read({ try $0.accountReview(id) }) else {
      throw ReviewRefusal.noSuchReview
    }
    return review
  }

  private static func page(
    _ request: WebRequest, _ id: AccountReview.ID, _ scope: Scope, problem: (any Problem)? = nil
  ) async throws -> Page {
    let listing = Listing(request)
    let filter = ReviewFilter(
      show: request.query("show") ?? "", finding: request.query("finding") ?? "",
      search: request.query("q") ?? "")
    let view = try await scope.read { tx -> ReviewView? in
      guard let review = try tx.accountReview(id) else { return nil }
      return ReviewView(
        review: review, tally: try tx.reviewTally(id), filter: filter, listing: listing,
        rows: try tx.reviewRows(id, filter, limit: listing.size, offset: listing.offset),
        total: try tx.reviewCount(id, filter).all,
        next: review.state == .open
          ? try tx.reviewRows(id, ReviewFilter(show: "undecided"), limit: 1).first?.number : nil)
    }
    guard let view else { throw ReviewRefusal.noSuchReview }
    return ReviewListPages.page(request, view, problem)
  }
}

/// One decision for many accounts, as a form asks for it.
struct BulkDecision: Sendable {
  let decision: String
  let remark: String
  let chosen: AccountReviews.Chosen

  init(_ form: FormValues) {
    decision = form["decision"]
    remark = form["remark"]
    chosen =
      form.has("all")
      ? .filter(ReviewFilter(show: form["in-show"], finding: form["in-finding"], search: form["in-q"]))
      : .numbers(
        Set(form.all("number").prefix(Listing.sizes[1]).compactMap(Int.init)).filter {
          (1...AccountSheet.mostRows).contains($0)
        }.sorted())
  }
}

/// What a bulk decision would touch.
struct BulkRows: Sendable {
  let all: Int
  /// Of them, those that have a decision already.
  let decided: Int
  /// The first of them.
  let rows: [ReviewRow]

  static let mostShown = 100
}

struct SubjectView: Sendable {
  let standing: ReviewStanding
  let reviewers: [(id: PersonID, name: String)]
  let reviews: [AccountReview]
}

struct ReviewView: Sendable {
  let review: AccountReview
  let tally: ReviewTally
  let filter: ReviewFilter
  let listing: Listing
  let rows: [ReviewRow]
  let total: Int
  /// The first account without a decision.
  let next: Int?
}
