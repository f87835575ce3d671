import Kernel
import Publishing
import Registers
import Storage
public import Web

/// The first page and the inbox.
public enum Home {
  /// So many of the other slices' duties stand on the first page, the earliest.
  static let mostDuties = 40

  /// - Parameter duties: what other slices' records ask for.
  public static func feature(_ library: PackLibrary, duties: [DutyList] = []) -> Feature {
    var feature = Feature("home")
    feature.catalogs = [HomeText.catalog]
    let all: Set<Permission> = [.homeRead]
    feature.grants = Role.allCases.reduce(into: [:]) { $0[$1] = all }
    feature.menu = [
      MenuEntry("home", path: "/", permission: .homeRead, order: 10) { Texts<HomeText>($0)(.menu) }
    ]
    feature.routes = { routes in
      routes.get("", needs: .homeRead) { request, scope in
        guard request.may(.assessmentsRead) else { return .page(HomePage.staff(request)) }
        let year = scope.now.day.fiscalYear
        let report = try await Reports.report(library: library, in: scope, recent: Changes.limit) { all in
          all.first { $0.fiscalYear == year && !$0.form.hasSuffix("vendor") }
        }
        let lists = duties.filter { request.may($0.permission) }
        let today = scope.now.day
        let others = try await scope.read { tx in
          try tx.duties(lists, on: today, until: today.adding(days: 30), limit: mostDuties)
        }
        return .page(HomePage.page(request, report, others))
      }
      routes.get("inbox", needs: .homeRead) { request, scope in
        guard let visitor = request.visitor else { throw WebProblem.signedOut }
        let messages = try await scope.read { try $0.inbox(of: visitor.person) }
        return .page(HomePage.inbox(request, messages))
      }
      routes.post("inbox/reading", needs: .homeRead) { request, scope in
        guard let visitor = request.visitor else { throw WebProblem.signedOut }
        try await scope.write { try $0.markInboxRead(visitor.person) }
        return .redirect(to: "/inbox")
      }
    }
    return feature
  }
}

extension Permission {
  static let homeRead = Permission("home.read")
}

enum HomeText: String, TextKey {
  case menu, title, overdueHeading, thisMonth, nothingDue, nothingDueText, next, standing, noProof
  case notChecked, report, nextStep, minutes, start, startText, startButton, deputy
  case inboxTitle, inboxEmpty, inboxEmptyText, markRead, unread, soundSwitch, soundTry, soundOn, soundBlocked,
    soundLost, staffTitle, staffText, count
  case daysLeft
  case allDone, chartLabel
  case changed, changedNone, changedFrom, changedMany, changedAll

  static let catalog = Catalog(HomeText.self, in: .module, folder: "Home.files")
}
