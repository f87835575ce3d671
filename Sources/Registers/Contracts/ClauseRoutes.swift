import Kernel
import Storage
import Web

/// The clauses over all contracts, and what to ask a vendor for.
enum Clauses {
  /// More contracts of one vendor than fit on its letter are not asked for at once.
  static let mostContracts = 100

  static func routes(_ routes: inout Routes) {
    routes.get("clauses", needs: .registersRead) { request, scope in
      let vendor = request.query("vendor").flatMap { Entry.ID($0) }
      let listing = Listing(request)
      let found = try await scope.read { tx in
        let (contracts, lacking) = try tx.clauseFigures(vendor: vendor)
        return ClausePages.Found(
          rows: try tx.clauseRows(vendor: vendor, limit: listing.size, offset: listing.offset),
          contracts: contracts, lacking: lacking, vendors: try tx.vendorNames(), vendor: vendor,
          theme: request.query("theme").flatMap(Clause.Theme.init(rawValue:)), listing: listing)
      }
      return .page(ClausePages.matrix(request, found))
    }
    routes.get("clauses/letter", needs: .registersRead) { request, scope in
      guard let id = request.query("vendor").flatMap({ Entry.ID($0) }) else {
        throw Entry.Refusal.noSuchEntry
      }
      let found = try await scope.read { tx in
        try tx.entry(Vendors.register, id).map {
          ($0.entry, try tx.clauseRows(vendor: id, limit: mostContracts, offset: 0))
        }
      }
      guard let (vendor, rows) = found else { throw Entry.Refusal.noSuchEntry }
      return .page(ClausePages.letter(request, vendor, rows))
    }
  }
}
