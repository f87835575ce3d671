import Foundation
import Glibc

/// Calls `body` with a new folder that only this user can open, and removes it afterwards in any case.
///
/// - Parameters:
///   - name: the beginning of its name, such as `mamorite-pdf`.
///   - failure: what is thrown when there is no folder, by the number of the system's error.
func inPrivateFolder<Value, Failure: Error>(
  _ name: String, orThrow failure: (_ folder: String, _ number: Int32) -> Failure,
  _ body: (URL) async throws(Failure) -> Value
) async throws(Failure) -> Value {
  let pattern = FileManager.default.temporaryDirectory.appendingPathComponent("\(name)-XXXXXX").path
  var bytes = Array(pattern.utf8CString)
  guard mkdtemp(&bytes) != nil else { throw failure(pattern, errno) }
  let folder = URL(
    fileURLWithPath: String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
  // A folder that cannot be removed is left to the system's own clean-up; what was made in it is what counts.
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
