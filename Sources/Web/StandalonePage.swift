import Foundation

/// A page in a file of its own, with the style sheet inside: for mail, an archive, or a machine without the server.
public enum StandalonePage {
  public static func html(title: String, _ language: Language, _ body: HTML) -> HTML {
    let code: HTML = language == .ja ? "ja" : "en"
    return """
      <!doctype html>
      <html lang="\(code)">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      <style>
      \(HTML(styleSheet: Asset.styleSheet))
      </style>
      </head>
      <body>
      <main class="page">
      \(body)
      </main>
      </body>
      </html>

      """
  }
}

/// A file of the frame, read once.
struct Asset {
  let name: String
  let type: String
  let bytes: [UInt8]

  static let all: [Asset] = [
    ("mamorite.css", "text/css; charset=utf-8"), ("mamorite.js", "text/javascript; charset=utf-8"),
    ("passkey.js", "text/javascript; charset=utf-8"), ("sound.js", "text/javascript; charset=utf-8"),
    ("terminal.js", "text/javascript; charset=utf-8"), ("mark.svg", "image/svg+xml"),
  ].map { name, type in
    let url = Bundle.module.bundleURL.appendingPathComponent("Web.files/\(name)")
    // A missing file shows at once in the browser tests; the program still serves.
    return Asset(name: name, type: type, bytes: (try? Data(contentsOf: url)).map { [UInt8]($0) } ?? [])
  }

  static var styleSheet: String {
    String(decoding: all.first { $0.name == "mamorite.css" }?.bytes ?? [], as: UTF8.self)
  }
}
