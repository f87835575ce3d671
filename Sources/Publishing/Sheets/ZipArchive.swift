import CZip
import Glibc

/// A ZIP file held in memory, read part by part within ``SheetLimits``.
final class ZipArchive {
  let file: String
  let limits: SheetLimits
  private let archive: OpaquePointer
  private var unpackedBytes = 0
  private var elements = 0

  init(_ bytes: [UInt8], file: String, limits: SheetLimits) throws(SheetProblem) {
    self.file = file
    self.limits = limits
    var problem = zip_error_t()
    zip_error_init(&problem)
    defer { zip_error_fini(&problem) }
    // libzip keeps pointing at the bytes and frees them with the source.
    guard let memory = malloc(max(bytes.count, 1)) else { throw .damaged(file: file, part: "ZIP") }
    bytes.withUnsafeBytes { if let start = $0.baseAddress { memcpy(memory, start, $0.count) } }
    guard let source = zip_source_buffer_create(memory, zip_uint64_t(bytes.count), 1, &problem) else {
      free(memory)
      throw .damaged(file: file, part: "ZIP")
    }
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, &problem) else {
      zip_source_free(source)
      throw .damaged(file: file, part: "ZIP")
    }
    self.archive = archive
  }

  deinit { zip_discard(archive) }

  func contains(_ path: String) -> Bool { index(of: path) != nil }

  /// Begins to unpack one part.
  func open(_ path: String) throws(SheetProblem) -> ZipEntry {
    guard let index = index(of: path) else { throw .damaged(file: file, part: path) }
    var details = zip_stat_t()
    guard zip_stat_index(archive, index, 0, &details) == 0 else { throw .damaged(file: file, part: path) }
    if details.encryption_method != ZIP_EM_NONE { throw .passwordProtected(file: file) }
    guard let handle = zip_fopen_index(archive, index, 0) else { throw .damaged(file: file, part: path) }
    return ZipEntry(path: path, packedBytes: Int(clamping: details.comp_size), handle: handle, archive: self)
  }

  /// Counts an XML element of any part: parsing costs time by element, whether it holds anything or not.
  func countElement() throws(SheetProblem) {
    elements += 1
    guard elements <= limits.elements else { throw .tooManyCells(file: file, limit: limits.cells) }
  }

  /// Counts bytes that came out of a part against the limits.
  fileprivate func count(_ bytes: Int, of entry: ZipEntry) throws(SheetProblem) {
    unpackedBytes += bytes
    guard unpackedBytes <= limits.unpackedBytes else {
      throw .unpacksTooLarge(file: file, megabytes: limits.unpackedBytes >> 20)
    }
    let suspicious = entry.unpackedBytes > limits.ratioFreeBytes
    if suspicious && entry.unpackedBytes / limits.ratio > entry.packedBytes { throw .zipBomb(file: file) }
  }

  private func index(of path: String) -> zip_uint64_t? {
    let exact = zip_name_locate(archive, path, 0)
    let found = exact >= 0 ? exact : zip_name_locate(archive, path, zip_flags_t(ZIP_FL_NOCASE))
    return found >= 0 ? zip_uint64_t(found) : nil
  }
}

/// A part being unpacked.
final class ZipEntry {
  let path: String
  fileprivate let packedBytes: Int
  fileprivate private(set) var unpackedBytes = 0
  private let handle: OpaquePointer
  private let archive: ZipArchive

  fileprivate init(path: String, packedBytes: Int, handle: OpaquePointer, archive: ZipArchive) {
    self.path = path
    self.packedBytes = packedBytes
    self.handle = handle
    self.archive = archive
  }

  deinit { zip_fclose(handle) }

  /// Unpacks the next bytes; 0 at the end, where libzip has also checked the check sum.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SheetProblem) -> Int {
    let got = zip_fread(handle, buffer.baseAddress, zip_uint64_t(buffer.count))
    guard got >= 0 else { throw .damaged(file: archive.file, part: path) }
    unpackedBytes += Int(got)
    try archive.count(Int(got), of: self)
    return Int(got)
  }
}
