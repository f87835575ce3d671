public import Kernel
import Registers
public import Storage
import Web

/// Files, texts and links that show an answer to be true.
public enum Proofs {
  public enum Content: Sendable {
    case file(name: String, bytes: [UInt8])
    case text(String)
    case link(String)
  }

  /// Adds all of `contents` or none.
  ///
  /// - Throws: `Answer.Refusal`.
  public static func add(
    _ contents: [Content], item: String, of assessment: Assessment.ID, library: PackLibrary, in scope: Scope
  ) async throws {
    guard !contents.isEmpty else { throw Answer.Refusal.proofEmpty }
    let ready = try contents.map { try made($0, item: item, in: scope) }
    let library = try await library.seen(by: scope)
    let stored = try await scope.read { try $0.assessment(assessment) }
    guard let stored else { throw Answer.Refusal.noSuchAssessment }
    guard try library.form(stored.form, of: stored.pack).item(item) != nil else {
      throw Answer.Refusal.noSuchItem
    }
    try await scope.write { tx in
      for (proof, bytes) in ready { try tx.insert(proof, content: bytes, in: assessment) }
    }
  }

  private static func made(_ content: Content, item: String, in scope: Scope) throws -> (Proof, [UInt8]?) {
    switch content {
    case .file(let name, let bytes):
      let file: StoredFile.Upload
      do { file = try StoredFile.Upload(name: name, content: bytes) } catch {
        throw error == .tooLarge ? Answer.Refusal.proofTooLarge : Answer.Refusal.proofEmpty
      }
      return (
        proof(
          item, .file, file.title, "", scope, sha256: file.sha256, type: file.mediaType, bytes: bytes.count),
        bytes
      )
    case .text(let raw):
      guard let text = raw.trimmed(to: 1...4000) else { throw Answer.Refusal.proofEmpty }
      let title = String(text.split(separator: "\n").first ?? "").prefix(40)
      return (proof(item, .text, String(title), text, scope), nil)
    case .link(let raw):
      guard let link = raw.trimmed(to: 1...1000),
        ["http://", "https://", "\\\\", "file://"].contains(where: { link.lowercased().hasPrefix($0) })
      else { throw Answer.Refusal.badLink }
      return (proof(item, .link, link, link, scope), nil)
    }
  }

  private static func proof(
    _ item: String, _ kind: Proof.Kind, _ title: String, _ body: String, _ scope: Scope,
    sha256: String? = nil,
    type: String? = nil, bytes: Int = 0
  ) -> Proof {
    Proof(
      id: scope.newID(), item: item, kind: kind, title: title, body: body, sha256: sha256, mediaType: type,
      bytes: bytes,
      addedAt: scope.now, addedBy: scope.actor.name, withdrawn: false)
  }

  /// The bytes of a file proof.
  ///
  /// - Throws: `Answer.Refusal.proofNotFound`.
  static func file(_ id: Proof.ID, in scope: Scope) async throws -> (Proof, [UInt8]) {
    try await scope.read { tx in
      guard let proof = try tx.proof(id), let sha256 = proof.sha256, let bytes = try tx.content(sha256)
      else {
        throw Answer.Refusal.proofNotFound
      }
      return (proof, bytes)
    }
  }

  static func withdraw(_ id: Proof.ID, because reason: String, in scope: Scope) async throws -> (
    Assessment.ID, String
  ) {
    guard let reason = reason.trimmed(to: 1...400) else { throw Answer.Refusal.proofEmpty }
    return try await scope.write { tx in
      guard let proof = try tx.proof(id), let assessment = try tx.assessment(ofProof: id) else {
        throw Answer.Refusal.proofNotFound
      }
      try tx.withdraw(proof, in: assessment, because: reason)
      return (assessment, proof.item)
    }
  }
}
