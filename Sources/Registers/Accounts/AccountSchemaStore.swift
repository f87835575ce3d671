import Storage

extension Accounts {
  /// Rows of accounts belong to no facility: an account may have people at several.
  static let migrations = [
    Migration(
      "20261121-t1-accounts",
      [
        "ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT ''",
        """
        CREATE TABLE account_password (
          account_id TEXT NOT NULL REFERENCES account (id), replaced_at_ms BIGINT NOT NULL,
          password_hash TEXT NOT NULL, PRIMARY KEY (account_id, replaced_at_ms)
        )
        """,
        """
        CREATE TABLE account_browser (
          account_id TEXT NOT NULL REFERENCES account (id), browser_hash TEXT NOT NULL,
          first_seen_ms BIGINT NOT NULL, last_seen_ms BIGINT NOT NULL, PRIMARY KEY (account_id, browser_hash)
        )
        """,
        """
        CREATE TABLE sign_in_attempt (
          key TEXT NOT NULL PRIMARY KEY, failures BIGINT NOT NULL, locked_until_ms BIGINT NOT NULL,
          last_ms BIGINT NOT NULL
        )
        """,
        "CREATE INDEX sign_in_attempt_by_time ON sign_in_attempt (last_ms)",
        """
        CREATE TABLE sign_in_step (
          token_hash TEXT NOT NULL PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account (id),
          kind TEXT NOT NULL, expires_at_ms BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE account_factor (
          account_id TEXT NOT NULL REFERENCES account (id), id TEXT NOT NULL, kind TEXT NOT NULL,
          name TEXT NOT NULL, secret TEXT NOT NULL, counter BIGINT NOT NULL, created_at_ms BIGINT NOT NULL,
          confirmed_at_ms BIGINT, last_used_ms BIGINT, PRIMARY KEY (account_id, id)
        )
        """,
        """
        CREATE TABLE account_recovery (
          account_id TEXT NOT NULL REFERENCES account (id), code_hash TEXT NOT NULL, used_at_ms BIGINT,
          PRIMARY KEY (account_id, code_hash)
        )
        """,
        """
        CREATE TABLE factor_policy (
          facility_id TEXT NOT NULL REFERENCES facility (id), role TEXT NOT NULL, mode TEXT NOT NULL,
          from_day TEXT, version BIGINT NOT NULL, PRIMARY KEY (facility_id, role)
        )
        """,
      ] + Migration.confine("factor_policy", also: Migration.orWide)),
    Migration(
      "20261121-t2-passkeys",
      [
        "ALTER TABLE account_factor ADD COLUMN credential_id TEXT",
        "ALTER TABLE account_factor ADD COLUMN party_id TEXT",
        "ALTER TABLE account_factor ADD COLUMN copied_at_ms BIGINT",
        "CREATE UNIQUE INDEX account_factor_by_credential ON account_factor (credential_id)",
        "ALTER TABLE session ADD COLUMN proved_at_ms BIGINT",
        "ALTER TABLE session ADD COLUMN proof TEXT",
        """
        CREATE TABLE passkey_challenge (
          holder_hash TEXT NOT NULL, purpose TEXT NOT NULL, challenge TEXT NOT NULL,
          expires_at_ms BIGINT NOT NULL, PRIMARY KEY (holder_hash, purpose)
        )
        """,
        "CREATE INDEX passkey_challenge_by_end ON passkey_challenge (expires_at_ms)",
      ]),
  ]
}
