public import Kernel
import Web

/// A file that someone put beside a record: a contract, a certificate, a photograph of a label.
public struct StoredFile: Sendable, Equatable, Codable {
  public typealias ID = Kernel.ID<StoredFile>

  public let id: ID
  /// The record it stands beside, as the ledger names it: `contracts:0193…`.
  public let subject: String
  /// The file's name as it came, without folders; 1 to 200 characters.
  public let title: String
  public let sha256: String
  public let mediaType: String
  /// Length of the content.
  public let bytes: Int
  public let addedAt: Instant
  public let addedBy: String
  /// Taken out of the count; name, fingerprint and content stay.
  public let isWithdrawn: Bool

  /// The longest content that is taken: 20 MB.
  public static let mostBytes = 20 << 20

  /// A file that came with a request and may be kept.
  public struct Upload: Sendable {
    public let title: String
    public let sha256: String
    public let mediaType: String
    public let content: [UInt8]

    /// - Parameter name: as the browser gave it; folders are cut off.
    /// - Throws: ``Refusal/empty``, ``Refusal/tooLarge``.
    public init(name: String, content: [UInt8]) throws(Refusal) {
      guard !content.isEmpty else { throw .empty }
      guard content.count <= StoredFile.mostBytes else { throw .tooLarge }
      let last = name.split { $0 == "/" || $0 == "\\" }.last ?? "file"
      title = String(last).trimmed(to: 1...200) ?? "file"
      sha256 = Web.sha256(content)
      mediaType = StoredFile.mediaType(of: content)
      self.content = content
    }
  }

  /// Why a file was turned down.
  public enum Refusal: Problem, Equatable {
    case empty, tooLarge, noSuchFile, noReason

    public var code: String { "files.\(self)" }
    public var kind: ProblemKind {
      switch self {
      case .empty, .noReason: .invalid
      case .tooLarge: .tooLarge
      case .noSuchFile: .notFound
      }
    }
    public var field: String? {
      switch self {
      case .empty, .tooLarge: "file"
      case .noReason: "reason"
      case .noSuchFile: nil
      }
    }
  }

  /// The media type told by the content, never by the name; what may hold script is plain bytes.
  public static func mediaType(of bytes: [UInt8]) -> String {
    func begins(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
    if begins(Array("%PDF-".utf8)) { return "application/pdf" }
    if begins([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
    if begins([0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
    if begins(Array("GIF8".utf8)) { return "image/gif" }
    if begins([0x50, 0x4B, 0x03, 0x04]) {
      let head = String(decoding: bytes.prefix(4096), as: UTF8.self)
      if head.contains("xl/") { return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" }
      if head.contains("word/") {
        return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
      }
      return "application/zip"
    }
    if !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil,
      !begins(Array("<".utf8)), !begins(Array("#!".utf8))
    {
      return "text/plain; charset=utf-8"
    }
    return "application/octet-stream"
  }
}
