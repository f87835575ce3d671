import Foundation
public import Kernel

/// What a backup says of itself before it is opened. Readable without the key, and genuine once the first part opens with it.
public struct BackupHeader: Sendable, Equatable, Codable {
  public static let currentFormat = "mamorite-backup-1"

  public struct FacilityHead: Sendable, Equatable, Codable {
    public let id: FacilityID
    /// Entries of its ledger, and the hash of the last.
    public let entries: Int
    public let head: String
  }

  public let format: String
  let kdf: KeyDerivation
  let keyCheck: String
  /// Plain bytes of each part but the last.
  let chunkBytes: Int
  /// Plain bytes of all parts.
  let contentBytes: Int
  /// ``Instant`` in milliseconds.
  let createdAtMs: Int64
  /// Version of the program that made it.
  public let program: String
  /// `sqlite` or `postgres`.
  public let engine: String
  /// The last step of the schema.
  public let migration: String
  public let facilities: [FacilityHead]
  /// Rows of each table.
  public let tables: [String: Int]

  public var createdAt: Instant { Instant(milliseconds: createdAtMs) }
  public var needsPassphrase: Bool { kdf != .keyFile }
  public var entries: Int { facilities.reduce(0) { $0 + $1.entries } }

  static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  /// - Throws: ``BackupProblem``: no JSON, or of a format that this program does not know.
  static func read(_ json: [UInt8], path: String) throws(BackupProblem) -> BackupHeader {
    struct Named: Decodable { let format: String }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let named = try? decoder.decode(Named.self, from: Data(json)) else { throw .damaged(path: path) }
    guard named.format == currentFormat else { throw .otherFormat(path: path, format: named.format) }
    // Any error means the same here: it is not what this format writes.
    guard let header = try? decoder.decode(BackupHeader.self, from: Data(json)),
      (1...(1 << 24)).contains(header.chunkBytes), (0...(1 << 50)).contains(header.contentBytes),
      // Up to the year 9999; so many facilities and entries that no sum of them overflows.
      (0...253_402_300_799_999).contains(header.createdAtMs), header.facilities.count <= 1 << 20,
      header.facilities.allSatisfy({ (0...(1 << 40)).contains($0.entries) })
    else { throw .damaged(path: path) }
    return header
  }
}

/// What a copy of a database holds, as counted in the copy.
public struct BackupContent: Sendable, Equatable {
  public let engine: String
  public let migration: String
  public let facilities: [BackupHeader.FacilityHead]
  public let tables: [String: Int]
}
