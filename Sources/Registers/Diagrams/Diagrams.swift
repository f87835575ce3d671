import Foundation
public import Kernel
import Publishing
public import Storage
public import Web

/// The drawings of a facility, made anew from its registers each time: who comes in from where to which system, and which system
/// rests on which.
public enum Diagrams {
  public enum Kind: String, Sendable, CaseIterable {
    case connections, systems

    /// The drawing that a register is shown in.
    static func of(_ register: Register) -> Kind? { Kind(rawValue: register.id) }

    var register: Register {
      switch self {
      case .connections: Connections.register
      case .systems: Systems.register
      }
    }
  }

  public enum Format: String, Sendable, CaseIterable {
    case svg, pdf

    var mediaType: String { self == .svg ? "image/svg+xml; charset=utf-8" : "application/pdf" }
  }

  static var catalog: Catalog { DiagramText.catalog }

  /// More are not drawn at a time: nobody reads a picture of more. The page says so.
  static let most = 400
  /// Systems that are looked up as ends of connections.
  static let mostSystems = 2000

  static func drawing(_ kind: Kind, on today: Day, _ language: Language, _ tx: ReadTx) throws -> Drawing {
    var drawing =
      switch kind {
      case .connections: try tx.connectionFacts(limit: most).drawing(on: today, language)
      case .systems: try tx.systemFacts(limit: most).drawing(on: today, language)
      }
    drawing.check = try tx.listCheck(of: kind.register)
    return drawing
  }

  /// A drawing as a file, with title, facility, day and the ledger's fingerprint.
  ///
  /// - Parameter environment: in which Typst is looked for.
  /// - Throws: `DiagramRefusal.nothingToDraw`, `PdfProblem`.
  public static func file(
    _ kind: Kind, as format: Format, _ language: Language, environment: [String: String], in scope: Scope
  ) async throws -> [UInt8] {
    let today = scope.now.day
    let (drawing, facility, fingerprint) = try await scope.read { tx in
      guard let facility = try tx.thisFacility() else { throw Facility.Refusal.notFound }
      return (
        try Self.drawing(kind, on: today, language, tx), facility.name.text, try tx.ledgerHead().fingerprint
      )
    }
    guard !drawing.isEmpty else { throw DiagramRefusal.nothingToDraw }
    let document = DiagramDocument(
      drawing, facility: facility, fingerprint: fingerprint, on: today, language)
    switch format {
    case .svg: return Array(document.picture.standalone.utf8)
    case .pdf: return try await PdfMaker.find(environment: environment).make(document.document)
    }
  }
}

public enum DiagramRefusal: Problem, Equatable {
  /// The register is empty.
  case nothingToDraw

  public var code: String { "diagrams.nothingToDraw" }
  public var kind: ProblemKind { .notFound }
}

extension Diagrams.Kind {
  func title(_ t: Texts<DiagramText>) -> String {
    switch self {
    case .connections: t(.connectionTitle)
    case .systems: t(.systemTitle)
    }
  }
}
