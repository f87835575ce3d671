import Kernel
import Synchronization

/// One thing that went over the line, for a person who looks for the reason.
public struct TraceLine: Sendable, Equatable {
  public enum Way: String, Sendable {
    case sent, received, note
  }

  /// Milliseconds since the check began.
  public let ms: Double
  public let way: Way
  /// Text as it is; other bytes as hexadecimal rows. Secrets are replaced by `***`.
  public let text: String
}

/// Collects the lines of one check: 256 KiB of text at most, then it says once that it is cut.
final class Trace: Sendable {
  private struct Kept {
    var lines: [TraceLine] = []
    var size = 0
    var isCut = false
  }

  static let mostCharacters = 256 << 10

  private let secrets: [[UInt8]]
  private let began = ContinuousClock.now
  private let kept = Mutex(Kept())

  init(secrets: [String]) {
    // Also as HTTP sends a password.
    self.secrets = secrets.filter { !$0.isEmpty }.map { Array($0.utf8) }.sorted { $0.count > $1.count }
  }

  var lines: [TraceLine] { kept.withLock { $0.lines } }

  func add(_ way: TraceLine.Way, _ bytes: [UInt8]) {
    add(way, text: readable(masked(bytes)), isMasked: true)
  }

  func add(_ way: TraceLine.Way, text: String, isMasked: Bool = false) {
    let shown = isMasked ? text : readable(masked(Array(text.utf8)))
    let moment = milliseconds(ContinuousClock.now - began)
    kept.withLock { kept in
      guard !kept.isCut else { return }
      let room = Trace.mostCharacters - kept.size
      let size = shown.utf8.count
      if size > room {
        kept.isCut = true
        let part = String(decoding: Array(shown.utf8).prefix(max(0, room)), as: UTF8.self)
        kept.lines.append(TraceLine(ms: moment, way: way, text: part + "\n…"))
      } else {
        kept.lines.append(TraceLine(ms: moment, way: way, text: shown))
      }
      kept.size += size
    }
  }

  private func masked(_ bytes: [UInt8]) -> [UInt8] {
    guard !secrets.isEmpty else { return bytes }
    var result: [UInt8] = []
    var place = 0
    while place < bytes.count {
      if let secret = secrets.first(where: { bytes[place...].starts(with: $0) }) {
        result += [0x2A, 0x2A, 0x2A]
        place += secret.count
      } else {
        result.append(bytes[place])
        place += 1
      }
    }
    return result
  }
}

func milliseconds(_ duration: Duration) -> Double {
  let (seconds, attoseconds) = duration.components
  return Double(seconds) * 1000 + Double(attoseconds) / 1e15
}

/// Bytes for a person: text with its control characters named, or sixteen bytes a row.
func readable(_ bytes: [UInt8]) -> String {
  let isText = !bytes.contains { $0 < 0x20 && ![0x09, 0x0A, 0x0B, 0x0D, 0x1C].contains($0) || $0 == 0x7F }
  // 00 to 1F are judged above.
  if isText, let text = String(validating: bytes, as: UTF8.self),
    !text.unicodeScalars.contains(where: { $0.value >= 0x20 && $0.steers })
  {
    return text.unicodeScalars.reduce(into: "") { shown, scalar in
      switch scalar {
      case "\r": shown += "␍"
      case "\u{0B}": shown += "␋"
      case "\u{1C}": shown += "␜"
      default: shown.unicodeScalars.append(scalar)
      }
    }
  }
  return stride(from: 0, to: bytes.count, by: 16).map { start in
    let row = bytes[start..<min(start + 16, bytes.count)]
    let hex = row.map(hexadecimal).joined(separator: " ")
    let text = row.map { (0x20..<0x7F).contains($0) ? String(Unicode.Scalar($0)) : "." }.joined()
    return hex + String(repeating: " ", count: 50 - hex.count) + text
  }.joined(separator: "\n")
}

func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
