public import Kernel
import Registers
public import Storage
import Web

/// Leaving is always possible: one facility taken away whole, readable by other programs, and taken in elsewhere.
public enum Moves {
  static var feature: Feature {
    var feature = Feature("moves")
    feature.catalogs = [MoveText.catalog]
    feature.grants = [.administrator: [.facilityExport]]
    feature.records = { Texts<MoveText>($0)(.records) }
    feature.routes = { routes in
      routes.get("facility/export", needs: .facilityExport) { request, scope in
        .page(MovePage.page(request, counts: try await scope.read { try $0.moveCounts() }))
      }
      routes.post("facility/export", needs: .facilityExport, isPrivileged: true) { request, scope in
        // Made whole before the first byte leaves, so that a refusal is a page and no broken file.
        let parcel = try await FacilityArchive.Parcel(
          scope, name: request.visitor?.facilityName ?? "", rules: rules, readme: readme,
          program: Web.Release.version)
        return .download(type: "application/x-tar", name: "facility-\(scope.now.day).tar") {
          try await parcel.send($0)
        }
      }
    }
    return feature
  }

  /// Writes a facility into a new file.
  ///
  /// - Throws: `BackupProblem`.
  public static func export(_ scope: Scope, to path: String) async throws
    -> FacilityArchive.Made
  {
    let facility = try await Facilities.this(scope)
    return try await FacilityArchive.write(
      scope, name: facility.name.text, to: path, rules: rules, readme: readme, program: Web.Release.version
    )
  }

  /// Takes a facility in.
  ///
  /// - Parameter slices: the steps of the schema that this program knows.
  /// - Throws: `MoveProblem`, `BackupProblem`, `DatabaseProblem`.
  public static func take(
    _ path: String, into database: Database, slices: [Migration], by actor: Actor, now: Instant,
    acceptsBrokenLedger: Bool
  ) async throws -> FacilityArchive.Made {
    try await FacilityArchive.take(
      path, into: database, slices: slices, rules: rules, by: actor, now: now,
      acceptsBrokenLedger: acceptsBrokenLedger)
  }

  private static var readme: String {
    [Language.ja, .en].map { Texts<MoveText>($0)(.readme) }.joined(separator: "\n")
  }

  /// Sign-in belongs to an installation and stays there, like whatever opens something or names places of its machine.
  ///
  /// A test holds this against the schema: a new table of a facility has to be decided about.
  static let rules = MoveRules(
    left: [
      "session": .passing, "open_id_step": .passing, "import_upload": .passing, "register_upload": .passing,
      "framework_upload": .passing, "register_import": .passing, "outbox": .passing,
      "sheet_browser": .passing, "record_look": .passing, "page_post": .passing, "mail_server": .secret,
      "directory_server": .secret, "open_id_provider": .secret,
      "break_glass_code": .secret, "api_token": .secret, "oncall_feed": .secret,
      "backup_plan": .place, "recovery_plan": .place, "stamp_authority": .place, "access_grant": .signIn,
      "shared_terminal": .signIn, "audit_visit": .signIn,
    ],
    replaced: [
      // People come without a sign-in; vendors' links and their numbers end with the address that they lead to.
      "person": ["account_id": nil], "sheet_link": ["ending": "revoked", "pin_hash": nil],
      // Passwords of checks are sealed with this installation's key. The address of a heartbeat goes along.
      // Whoever takes them in looks at them first: they arrive resting, and nothing is known of what they watch.
      "monitor": ["secrets": "{}", "is_paused": "true"],
      "monitor_watch": [
        "is_asked": "false", "condition": "waiting", "bad": "0", "good": "0", "slow": "0", "bits": "0",
        "is_flapping": "false", "last_at_ms": nil, "last_sight": nil, "last_tenths": "0", "late_ms": "0",
        "skipped": "0", "problem": nil, "problem_json": nil, "deadline_ms": nil, "worker": nil, "known": nil,
        "well_at_ms": nil, "wanted_at_ms": nil, "claim": "0", "refused": "0",
        "refused_at_ms": nil,
      ],
      "page_channel": ["secrets": "{}"], "page_setting": ["signal_url": nil],
      // Ended long before, or with the installation.
      "break_glass_use": ["token_hash": "", "terminal_id": nil, "kept": nil],
      // The text of a message that waits is sealed with this installation's key, as links stand in it.
      "mail": ["sealed": nil],
    ],
    ended: [
      // This installation sends what waits: nobody gets it twice.
      "mail": MoveRules.Ending(
        open: ["sent_at_ms", "ended_at_ms"], moment: "ended_at_ms",
        replaced: ["problem": ListedMail.StoredProblem.moved, "problem_json": "[]"])
    ])
}

extension Permission {
  static let facilityExport = Permission("facility.export")
}

/// Words of taking a facility away.
enum MoveText: String, TextKey {
  case title, lead, holds, entries, people, files, stays, staysText, careful, carefulText, button, elsewhere,
    elsewhereText, toBackup, records, readme

  static let catalog = Catalog(MoveText.self, in: .module, folder: "Moves.files")
}

/// What will be taken away.
struct MoveCounts: Sendable {
  let entries: Int
  let people: Int
  let files: Int
}
