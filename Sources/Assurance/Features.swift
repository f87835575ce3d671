public import Foundation
import Registers
public import Web

/// Every slice of the program; what is served, tested and measured is this list.
public enum Features {
  /// - Parameters:
  ///   - further: slices of modules that this one does not know, as of Operations.
  ///   - environment: in which Typst and the public address are looked for.
  ///   - sealer: how the secrets of second factors are kept; only what serves pages needs one.
  public static func all(
    _ library: PackLibrary, environment: [String: String] = ProcessInfo.processInfo.environment,
    sealer: Sealer = .absent, further: [Feature] = []
  ) -> [Feature] {
    let requests = Requests.feature(library, environment: environment, mailer: Mailer(sealer))
    let reviews = AccountReviews.feature
    let backups = Backups.feature
    let measures = Measures.feature(library)
    let breakGlass = BreakGlass.feature(Mailer(sealer))
    let registers = Signals([Registry.feature, backups] + further)
    let signals = Signals([Registry.feature, reviews, requests, backups, measures] + further)
    let registry = Registry.feature(reliedOnBy: [Grounds.reliances(library, registers)])
    let clinic = Clinic.feature
    let submissions = Submissions.feature
    let findings = Findings.feature
    let periodic = PeriodicReviews.feature
    let risks = Risks.feature(library)
    let rollouts = Rollouts.feature
    let others = [
      Accounts.feature(sealer, environment: environment), breakGlass,
      SignOns.feature(sealer, environment: environment),
      Directories.feature(sealer, environment: environment), SharedTerminals.feature, Mails.feature(sealer),
      registry,
      reviews,
      Responsibility.feature(environment: environment), Assessments.feature(library, signals: signals),
      Reports.feature(library, environment: environment, sections: ReportSections(further)),
      Home.feature(
        library,
        duties: [
          registry, reviews, clinic, breakGlass, submissions, findings, periodic, risks, rollouts,
        ].compactMap(\.duties)),
      clinic,
      Ledger.feature(library), Stamps.feature(environment: environment),
      Conditions.feature(environment: environment),
      Emergency.feature(environment: environment), requests, backups,
      Libraries.feature, OwnFrameworks.feature(library), Editions.feature(library), Audits.feature(library),
      measures,
      RecordSignals.feature(library, signals: signals),
      Mappings.feature, submissions, findings, Visits.feature, periodic, risks, Plans.feature, rollouts,
      Moves.feature, Grants.feature,
    ]
    let shown = others + further
    let tokens = Tokens.feature(beside: shown)
    let all = shown + [tokens]
    return [Facilities.feature, People.feature(beside: [Facilities.feature] + all)] + all
  }
}
