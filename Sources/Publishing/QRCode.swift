import CQrencode
public import Kernel

/// QR codes (ISO/IEC 18004), drawn as SVG.
public enum QRCode {
  /// The code of `text` with the quiet zone of four modules that readers need, 4 units a module; nil when `text` is too
  /// long for any code (2,331 bytes at this level).
  ///
  /// Level M: 15 % of it may be soiled. Always dark on light, also in dark mode, or phones would not read it.
  ///
  /// - Parameter label: what the code is for, for those who do not see it.
  public static func svg(_ text: String, label: String) -> SVG? {
    guard let modules = modules(text) else { return nil }
    let size = (modules.count + 8) * 4
    var runs: SVG = ""
    for (y, row) in modules.enumerated() {
      var x = 0
      while x < row.count {
        guard row[x] else {
          x += 1
          continue
        }
        var end = x
        while end < row.count && row[end] { end += 1 }
        runs +=
          "M\((x + 4) * 4 as Int) \((y + 4) * 4 as Int)h\((end - x) * 4 as Int)v4H\((x + 4) * 4 as Int)z"
        x = end
      }
    }
    return """
      <svg class="qr" viewBox="0 0 \(size) \(size)" width="\(size)" height="\(size)" role="img" aria-label="\(label)" shape-rendering="crispEdges"><rect width="\(size)" height="\(size)" fill="#fff"/><path d="\(runs)" fill="#000"/></svg>
      """
  }

  /// Rows of modules, true where dark, without the quiet zone.
  static func modules(_ text: String) -> [[Bool]]? {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty,
      let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M)
    else { return nil }
    defer { QRcode_free(code) }
    let width = Int(code.pointee.width)
    guard let data = code.pointee.data else { return nil }
    // Bit 0 says dark; the others are the encoder's own notes.
    return (0..<width).map { y in (0..<width).map { x in data[y * width + x] & 1 == 1 } }
  }
}
