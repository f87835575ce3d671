import Foundation
import Glibc

/// The folders of this server whose certificates forms may name: `MAMORITE_CERTIFICATE_FOLDERS`.
///
/// Whoever may edit monitors must not learn which files the server has. Outside these folders nothing is opened, and what is not
/// there and what leads outside are told alike.
public struct CertificateFolders: Sendable {
  public static let variable = "MAMORITE_CERTIFICATE_FOLDERS"
  public static let ofThisProcess = CertificateFolders(ProcessInfo.processInfo.environment)

  /// Absolute, without a slash at the end; never the root itself.
  let folders: [String]

  /// - Parameter environment: of the process; folders stand between colons, as in `PATH`.
  public init(_ environment: [String: String]) {
    folders = (environment[CertificateFolders.variable] ?? "").split(separator: ":").map(String.init)
      .compactMap { folder in
        var folder = folder
        while folder.hasSuffix("/") { folder.removeLast() }
        return folder.hasPrefix("/") && CertificateFolders.isPlain(folder) ? folder : nil
      }
  }

  public var isEmpty: Bool { folders.isEmpty }

  /// Whether a path is written as one below such a folder; nothing is looked at.
  public func holds(_ path: String) -> Bool {
    guard CertificateFolders.isPlain(path), !path.hasSuffix("/") else { return false }
    return folders.contains { path.hasPrefix($0 + "/") }
  }

  /// The file itself, when it lies below such a folder after all links.
  ///
  /// - Throws: `Trouble.unreadableFile`.
  func resolved(_ path: String) throws(Trouble) -> String {
    guard holds(path), let found = CertificateFolders.real(path) else { throw .unreadableFile(path) }
    let isInside = folders.contains { folder in
      CertificateFolders.real(folder).map { found.hasPrefix($0 + "/") } ?? false
    }
    guard isInside else { throw .unreadableFile(path) }
    return found
  }

  private static func isPlain(_ path: String) -> Bool {
    !path.utf8.contains(0) && !path.split(separator: "/").contains { $0 == ".." || $0 == "." }
  }

  private static func real(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}
