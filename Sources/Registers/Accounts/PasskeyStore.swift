import Kernel
import Storage
import Web

extension ReadTx {
  /// - Parameter browser: the secret of the browser that asks.
  func passkey(_ credential: String, browser: String?) throws -> StoredPasskey? {
    try first(
      """
      SELECT id, kind, name, secret, counter, created_at_ms, confirmed_at_ms, last_used_ms, credential_id,
        party_id, copied_at_ms, account_id,
        (SELECT COUNT(*) FROM account_browser b
         WHERE b.account_id = f.account_id AND b.browser_hash = \(browser.map(Secret.hash)))
      FROM account_factor f WHERE credential_id = \(credential)
      """
    ) { StoredPasskey(account: try $0.id(11), factor: try Factor($0), knowsBrowser: try $0.int(12) > 0) }
  }

  /// Those who look after the facility's accounts.
  func accountKeepers() throws -> [PersonID] {
    try all(
      """
      SELECT id FROM person WHERE facility_id = \(facility) AND role = \(Role.administrator.rawValue)
        AND account_id IS NOT NULL
      ORDER BY id LIMIT 100
      """
    ) { try $0.id(0) }
  }
}

extension HousekeepingTx {
  /// In place of an earlier one for the same purpose.
  func keepChallenge(_ challenge: String, _ purpose: PasskeyPurpose, of holder: String, now: Instant) throws {
    try run("DELETE FROM passkey_challenge WHERE expires_at_ms <= \(now)")
    let end = now.adding(milliseconds: Accounts.challengeMs)
    try run(
      """
      INSERT INTO passkey_challenge (holder_hash, purpose, challenge, expires_at_ms)
      VALUES (\(Secret.hash(holder)), \(purpose.rawValue), \(challenge), \(end))
      ON CONFLICT (holder_hash, purpose) DO UPDATE SET challenge = excluded.challenge,
        expires_at_ms = excluded.expires_at_ms
      """)
  }

  /// A challenge is taken once; nil when there is none, or it has waited too long.
  func takeChallenge(_ purpose: PasskeyPurpose, of holder: String, now: Instant) throws -> String? {
    let hash = Secret.hash(holder)
    let found = try first(
      """
      SELECT challenge FROM passkey_challenge
      WHERE holder_hash = \(hash) AND purpose = \(purpose.rawValue) AND expires_at_ms > \(now)
      """
    ) { try $0.text(0) }
    let taken = try run(
      "DELETE FROM passkey_challenge WHERE holder_hash = \(hash) AND purpose = \(purpose.rawValue)")
    // Of two at once only one deletes it.
    return taken == 1 ? found : nil
  }

  /// Notes a passkey's counter. False when it has not grown, though the passkey counts: there may be two of it.
  func advancePasskey(_ passkey: StoredPasskey, to counter: Int, now: Instant) throws -> Bool {
    // Passkeys that are kept in several devices do not count and say 0 each time.
    let isForward: SQL = counter == 0 ? "counter = 0" : "counter < \(counter)"
    return try run(
      """
      UPDATE account_factor SET counter = \(counter), last_used_ms = \(now)
      WHERE account_id = \(passkey.account) AND id = \(passkey.factor.id) AND copied_at_ms IS NULL AND \(isForward)
      """) == 1
  }
}

extension WriteTx {
  /// Adds a passkey, which counts at once.
  ///
  /// - Throws: `Refusal.passkeyKnown`.
  func insertPasskey(_ factor: Factor, of account: AccountID, person: PersonID) throws {
    guard let passkey = factor.passkey, try self.passkey(passkey.credential, browser: nil) == nil else {
      throw Accounts.Refusal.passkeyKnown
    }
    try apply(
      """
      INSERT INTO account_factor (account_id, id, kind, name, secret, counter, created_at_ms, confirmed_at_ms,
        credential_id, party_id)
      VALUES (\(account), \(factor.id), \(factor.kind.rawValue), \(factor.name), \(factor.secret),
        \(factor.counter), \(factor.createdAt), \(factor.confirmedAt), \(passkey.credential), \(passkey.party))
      """,
      recording: Change(
        "account.factor-add", of: "person:\(person)", to: ["kind": factor.kind.rawValue, "name": factor.name])
    )
  }

  /// Marks a passkey whose counter went back, in the ledger of this facility, and tells its person and those who look after
  /// the accounts.
  func markCopied(_ passkey: StoredPasskey, _ place: Place, counter: Int) throws {
    try housekeeping.run(
      """
      UPDATE account_factor SET copied_at_ms = \(scope.now)
      WHERE account_id = \(passkey.account) AND id = \(passkey.factor.id) AND copied_at_ms IS NULL
      """)
    try record(
      "account.passkey-copied", of: place.person,
      [
        "name": passkey.factor.name, "counterBefore": "\(passkey.factor.counter)",
        "counterAfter": "\(counter)",
      ])
    let cause = "passkey-copied:\(passkey.factor.id)"
    try housekeeping.post(
      Message(
        cause: cause, recipient: place.person, step: 0, key: "accounts.passkeyCopied",
        arguments: [passkey.factor.name], link: "/account#factors"))
    for keeper in try accountKeepers() where keeper != place.person {
      try housekeeping.post(
        Message(
          cause: cause, recipient: keeper, step: 1, key: "accounts.passkeyCopiedOf", arguments: [place.name],
          link: "/people/factors"))
    }
  }
}
