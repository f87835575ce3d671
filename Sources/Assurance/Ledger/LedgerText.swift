import Web

/// Words of the ledger's pages.
enum LedgerText: String, TextKey {
  case menu, title, lead, export, proof, backups, conditions, oneSubject, showAll, head
  case kind, who, action, from, until, find, anyKind, anyone, anyAction
  case nothing, nothingText, number, when, what, values, changed, more
  case bySystem, byShell, byLink, byBreakGlass, newest, older, lookFurther, paused, pages
  case entryTitle, about, mark, sameSubject, beforeAfter, field, before, after, none, yes, no, things, named
  case raw, rawText, hash, previousHash, coveredBy, notCovered
  case knowAgain, knowAgainText, fingerprint, lookUp, unreadable, unreadableText, unknown, unknownText
  case known, knownText, knownBroken, knownBrokenText
  case checkpoints, checkpointsText, signNow, signed, nothingToSign, noCheckpoints, noCheckpointsText
  case day, signature, goodSignature, otherKey, badSignature, key, keyText, noKey, publicKey, keyID
  case toStamps, stampedAt

  static let catalog = Catalog(LedgerText.self, in: .module, folder: "Ledger.files")
}
