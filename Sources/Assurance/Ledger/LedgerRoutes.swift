import Kernel
import Registers
import Storage
import Web

extension Ledger {
  static func routes(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("ledger", needs: .ledgerRead) { request, scope in
      let search = LedgerSearch(request)
      let listed = try await scope.read { tx in
        let found = try tx.entries(search, limit: pageSize)
        return LedgerPages.Listed(
          search: search, found: found, options: try tx.ledgerOptions(),
          history: try EntryHistory(of: found.entries, tx))
      }
      return .page(LedgerPages.list(request, listed, try await library.seen(by: scope)))
    }
    routes.get("ledger/entries/:seq", needs: .ledgerRead) { request, scope in
      guard let sequence = Int(try request.parameter("seq")), sequence > 0 else { throw WebProblem.notFound }
      let opened = try await scope.read { tx -> LedgerPages.Opened? in
        guard let found = try tx.ledgerEntry(withPrevious: sequence) else { return nil }
        return LedgerPages.Opened(
          entry: found.entry, previous: found.previous, history: try EntryHistory(of: [found.entry], tx),
          covered: try tx.checkpoint(covering: sequence))
      }
      guard let opened else { throw WebProblem.notFound }
      return .page(LedgerPages.entry(request, opened, try await library.seen(by: scope)))
    }
    routes.get("ledger/export.jsonl", needs: .ledgerExport, isPrivileged: true) { request, scope in
      // Recorded before the first byte leaves, so that a refusal is a page and no broken file.
      let export = try await LedgerExport.begin(of: scope, name: request.visitor?.facilityName ?? "")
      return .download(
        type: "application/jsonl; charset=utf-8", name: "ledger-\(scope.now.day).jsonl"
      ) { try await export.write($0) }
    }
    // Only with a token that was made for this by name: reading alone does not cover it.
    routes.openToTokens()
    proofRoutes(&routes)
  }

  private static func proofRoutes(_ routes: inout Routes) {
    routes.get("ledger/proof", needs: .ledgerRead) { request, scope in
      let typed = request.query("fingerprint")
      let before = request.query("before").flatMap(Int.init)
      let checkpoints = try await scope.read { tx in
        try tx.checkpoints(before: before, limit: checkpointsShown + 1)
      }
      var recognition: Recognition?
      if let typed { recognition = try await recognise(typed, in: scope) }
      let key = try scope.database.keyFolder.flatMap { try CheckpointKey.find(in: $0) }
      return .page(
        LedgerProofPage.page(
          request,
          LedgerProofPage.Shown(
            typed: typed ?? "", recognition: recognition, checkpoints: checkpoints,
            facility: scope.facility, key: key?.publicKey)))
    }
    routes.post("ledger/checkpoints", needs: .ledgerSign, isPrivileged: true) { _, scope in
      let made = try await scope.signCheckpoint()
      return .redirect(to: "/ledger/proof?signed=\(made.map { "\($0.sequence)" } ?? "none")")
    }
  }
}

extension LedgerSearch {
  init(_ request: WebRequest) {
    self.init()
    (actor, kind, action) = (request.query("actor"), request.query("kind"), request.query("action"))
    subject = request.query("subject")
    (from, until) = (request.query("from").flatMap { Day($0) }, request.query("until").flatMap { Day($0) })
    before = request.query("before").flatMap(Int.init)
  }

  /// The same search as it stands in a URL.
  var parts: [(name: String, value: String)] {
    [
      ("kind", kind ?? ""), ("actor", actor ?? ""), ("action", action ?? ""), ("subject", subject ?? ""),
      ("from", from?.description ?? ""), ("until", until?.description ?? ""),
    ].filter { !$0.1.isEmpty }
  }
}
