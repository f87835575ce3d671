import Foundation
import Kernel
import Publishing
import Storage
import Web

extension PrintedLedger {
  /// What of a register is printed.
  struct Asked: Sendable {
    let declared: Register
    /// Ids of fields; none for those that the register names itself.
    let columns: [String]
    /// The value that the URL gives a name of a filter.
    let filters: @Sendable (String) -> String?
  }

  /// The ledger in one consistent view.
  ///
  /// - Throws: ``Refusal``.
  static func read(_ asked: Asked, in scope: Scope) async throws -> PrintedLedger {
    try await scope.read { tx in
      let (register, check) = try tx.setting(of: asked.declared)
      let view = ListView(register, today: scope.now.day, value: asked.filters)
      let columns = try columns(asked.columns, of: register)
      let count = try tx.entryCount(register, view.query, on: scope.now.day).all
      guard count <= mostRows else { throw Refusal.tooManyRows(count) }
      return PrintedLedger(
        register: register, columns: columns, rows: try tx.entries(register, view.query),
        narrowing: view.parts, facility: try tx.thisFacility()?.name.text ?? "", madeAt: scope.now,
        madeBy: scope.actor.name, check: check, fingerprint: try tx.ledgerHead().fingerprint)
    }
  }

  /// The ledger as PDF.
  ///
  /// - Throws: `PdfProblem`.
  func pdf(_ language: Language, environment: [String: String]) async throws -> [UInt8] {
    // The longest document there is, with up to ``mostRows`` rows: more time than for the others.
    let maker = try PdfMaker.find(environment: environment, timeLimitSeconds: 120)
    return try await maker.make(template: "register", of: LedgerDocument(LedgerWords(self, language)))
  }

  static func routes(_ routes: inout Routes) {
    routes.get("registers/:register/print", needs: .registersRead) { request, scope in
      let ledger = try await read(try Asked(request), in: scope)
      return .page(PrintPage.page(request, LedgerWords(ledger, request.language)))
    }
    routes.showSensitive { Registry.sensitive($0) }
    routes.get("registers/:register/ledger.pdf", needs: .registersRead) { request, scope in
      let ledger = try await read(try Asked(request), in: scope)
      let bytes = try await ledger.pdf(
        request.language, environment: ProcessInfo.processInfo.environment)
      let name = "\(ledger.register.id)-\(ledger.today).pdf"
      return .file(bytes, type: "application/pdf", name: name, inline: true)
    }
    routes.showSensitive { Registry.sensitive($0) }
  }
}

extension PrintedLedger.Asked {
  init(_ request: WebRequest) throws {
    declared = try Registry.register(request.parameter("register"))
    columns = request.query.filter { $0.name == "column" }.map(\.value)
    filters = { request.query($0) }
  }
}
