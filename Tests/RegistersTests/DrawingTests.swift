import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Publishing
@testable import Registers

#if canImport(FoundationXML)
  import FoundationXML
#endif

private let environment = ProcessInfo.processInfo.environment
private let hasTypst = (try? PdfMaker.find(environment: environment)) != nil

/// A VPN of a vendor that leads to a system by its device, and a line of which nobody knows anything.
private func fill(_ app: TestApp) async throws {
  _ = try await Vendors.register.add(["name": "みどり検査"], .ja, in: app.scope)
  let records = try await Systems.register.add(
    ["name": "電子カルテ", "hosting": "院内", "impact": "診療が止まる"], .ja, in: app.scope)
  _ = try await Systems.register.add(["name": "院内ネットワーク"], .ja, in: app.scope)
  try await Dependencies.add("院内ネットワーク", to: records.id, in: app.scope)
  _ = try await Devices.register.add(
    ["number": "VPN-01", "name": "VPN装置", "system": "電子カルテ"], .ja, in: app.scope)
  _ = try await Connections.register.add(
    [
      "number": "VPN-01", "name": "遠隔保守", "vendor": "みどり検査", "device": "VPN-01", "twoFactor": "なし",
      "hours": "いつでも", "allowedFrom": "198.51.100.0/29\n203.0.113.5",
    ], .ja, in: app.scope)
  _ = try await Connections.register.add(["number": "X-9", "name": "古い回線"], .ja, in: app.scope)
  _ = try await Connections.register.add(
    ["number": "X-10", "name": "外した回線", "status": "廃止"], .ja, in: app.scope)
}

@Suite("台帳から描く図の画面")
struct DrawingTests {
  @Test("空の台帳では、どうすれば図が出るかを言い、ファイルは断る", arguments: Engine.available)
  func empty(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for kind in Diagrams.Kind.allCases {
        let page = try await app.get("/diagrams/\(kind.rawValue)")
        #expect(page.status == 200 && page.body.contains("class=\"empty\""))
        #expect(!page.body.contains("class=\"drawing\"") && page.body.contains("/registers/\(kind.rawValue)"))
        for format in Diagrams.Format.allCases {
          let file = try await app.get("/diagrams/\(kind.rawValue).\(format.rawValue)")
          #expect(file.status == 404 && file.body.contains("先に台帳に加えてください"))
        }
      }
    }
  }

  @Test("図には、もとの台帳を確かめた日と次の日が付き、過ぎていればそう言う", arguments: Engine.available)
  func check(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await fill(app)
      let before = try await app.get("/diagrams/systems")
      #expect(before.body.contains("台帳全体を確かめた日は、まだ記録していません。"))
      let checked = try await app.post(
        "/registers/systems/check", [("day", "2025-10-20"), ("interval", "3")])
      #expect(checked.status == 303)
      let page = try await app.get("/diagrams/systems")
      #expect(page.body.contains("次は") && page.body.contains("次の確認を35日過ぎています"))
      let file = try await app.get("/diagrams/systems.svg")
      #expect(file.body.contains("次の確認を35日過ぎています"))
    }
  }

  @Test("図と表に、だれがどこからどのシステムへ届くかが出る", arguments: Engine.available)
  func connections(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await fill(app)
      let page = try await app.get("/diagrams/connections")
      let svg = try #require(
        page.body.firstMatch(of: #/<svg class="drawing".*?<\/svg>/#.dotMatchesNewlines())
      ).0
      for words in [
        ">みどり検査<", ">遠隔保守<", ">電子カルテ<", "二要素認証: なし", "接続元: 198.51.100.0/29", "ほか1件", "二要素認証がない",
        "許可する接続元が未記入", "書かれていない",
      ] { #expect(svg.contains(words), "\(words)") }
      // Four lines: source to point, point to system, for each of two points. What is removed is not drawn.
      #expect(svg.matches(of: #/class="c-wire"/#).count == 4 && !page.body.contains("外した回線"))
      #expect(svg.contains("role=\"img\" aria-label=\"外部接続の図。外部接続点2件、つないでくる相手2、届く先2。"))
      let table = page.body[try #require(page.body.range(of: "<table")).lowerBound...]
      #expect(
        table.contains("遠隔保守</a>") && table.contains("/registers/vendors/")
          && table.contains("class=\"finding\""))
      #expect(!page.body.contains("style="))
    }
  }

  @Test("システムの図では、必要とされるものが左に立つ", arguments: Engine.available)
  func systems(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await fill(app)
      let drawing = try await app.scope.read {
        try Diagrams.drawing(.systems, on: Day(2026, 2, 24) ?? app.now.day, .ja, $0)
      }
      let columns = Dictionary(uniqueKeysWithValues: drawing.diagram.boxes.map { ($0.title, $0.column) })
      #expect(columns == ["院内ネットワーク": 0, "電子カルテ": 1])
      let page = try await app.get("/diagrams/systems")
      #expect(page.body.contains("止まったときの影響: 診療が止まる") && page.body.contains("置き場所: 院内"))
      #expect(page.body.matches(of: #/class="c-wire"/#).count == 1)
      let english = try await app.scope.read { try Diagrams.drawing(.systems, on: app.now.day, .en, $0) }
      #expect(english.label.contains("System map. Systems 2, dependencies 1."))
    }
  }

  @Test("ファイルには、題、施設、日、記録の指紋が入る", arguments: Engine.available)
  func files(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await fill(app)
      _ = try await app.get("/")  // Signing in is in the ledger too.
      let fingerprint = try await app.scope.read { try $0.ledgerHead().fingerprint }
      for kind in Diagrams.Kind.allCases {
        let file = try await app.get("/diagrams/\(kind.rawValue).svg")
        #expect(file.status == 200 && file.headers["content-type"]?.hasPrefix("image/svg+xml") == true)
        #expect(file.headers["content-disposition"]?.hasPrefix("attachment") == true)
        #expect(XMLParser(data: Data(file.bytes)).parse())
        for words in [
          "みなと総合病院", fingerprint, "台帳全体を確かめた日は、まだ記録していません。", kind == .systems ? "システムの図" : "外部接続の図",
        ] {
          let isThere = file.body.contains(words)
          #expect(isThere, "\(words)")
        }
      }
    }
  }

  @Test("PDFができる", .enabled(if: hasTypst, "typst がない"), arguments: Diagrams.Kind.allCases)
  func pdf(kind: Diagrams.Kind) async throws {
    try await TestApp.run(on: .sqlite) { app in
      try await fill(app)
      let bytes = try await Diagrams.file(kind, as: .pdf, .ja, environment: environment, in: app.scope)
      #expect(bytes.starts(with: Array("%PDF-".utf8)))
    }
  }

  @Test("どんな台帳から描いても、言葉は重ならない", arguments: 1...6)
  func randomRegisters(seed: UInt64) throws {
    var random = Seeded(state: seed)
    func entries(_ register: Register, _ count: Int) -> [NamedEntry] {
      let names = Samples.names(of: register)
      return (0..<count).map { number in
        let entry = Samples.entry(number, of: register, names, &random)
        var titles: [String: String] = [:]
        for field in register.fields {
          titles[field.id] = entry.values[field.id].map { names.title(field, of: $0) }
        }
        return NamedEntry(entry: entry, names: titles)
      }
    }
    let systems = entries(Systems.register, 60)
    let ids = systems.map(\.entry.id)
    let devices = Samples.names(of: Connections.register).fields["device"]?.named.keys.map { $0 } ?? []
    let facts = ConnectionFacts(
      points: entries(Connections.register, 180),
      systems: Dictionary(uniqueKeysWithValues: systems.map { ($0.entry.id, $0) }),
      systemOfDevice: Dictionary(
        uniqueKeysWithValues: devices.sorted().map { ($0, ids.randomElement(using: &random)?.text) }),
      isPart: false)
    var dependencies: [Dependency] = []
    for (index, system) in ids.enumerated().dropFirst() where !index.isMultiple(of: 4) {
      dependencies.append(
        Dependency(system: system, needs: ids[Int.random(in: 0..<index, using: &random)], why: nil))
    }
    let today = try #require(Day(2026, 2, 24))
    for language in Language.allCases {
      for drawing in [
        facts.drawing(on: today, language),
        SystemFacts(systems: systems, dependencies: dependencies, isPart: false).drawing(on: today, language),
      ] {
        let layout = DiagramLayout(drawing.diagram)
        #expect(layout.boxes.count >= 60 && layout.routes.count == drawing.diagram.links.count)
        let frames = layout.boxes.flatMap(\.labels).map(\.frame).sorted { $0.x < $1.x }
        for (index, frame) in frames.enumerated() {
          for other in frames[(index + 1)...] {
            if other.x >= frame.x + frame.width { break }
            #expect(other.y >= frame.y + frame.height || frame.y >= other.y + other.height)
          }
        }
        #expect(XMLParser(data: Data(layout.svg(label: drawing.label).standalone.utf8)).parse())
      }
    }
  }

  @Test("権限のない人には開かず、他院の図には何も出ない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await fill(app)
      for kind in Diagrams.Kind.allCases {
        for suffix in ["", ".svg", ".pdf"] {
          #expect(try await app.get("/diagrams/\(kind.rawValue)\(suffix)", as: .staff).status == 403)
          #expect(try await app.get("/diagrams/\(kind.rawValue)\(suffix)", as: .nobody).status == 303)
        }
        #expect(try await app.get("/diagrams/\(kind.rawValue)", as: .auditor).status == 200)
        let other = try await app.get("/diagrams/\(kind.rawValue)", as: .stranger)
        #expect(other.status == 200 && other.body.contains("class=\"empty\""))
        #expect(try await app.get("/diagrams/\(kind.rawValue).svg", as: .stranger).status == 404)
      }
    }
  }

  @Test("何件あっても決まった数の問い合わせで出る。多すぎるときは、はじめの分だけと言う", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await fill(app)
      func counts() async throws -> [Int] {
        var found: [Int] = []
        for kind in Diagrams.Kind.allCases {
          let before = app.database.statementCount
          #expect(try await app.get("/diagrams/\(kind.rawValue)").status == 200)
          found.append(app.database.statementCount - before)
        }
        return found
      }
      _ = try await app.get("/")
      let few = try await counts()
      #expect(few.allSatisfy { $0 <= 8 })
      try await app.scope.write { tx in
        for index in 0...Diagrams.most {
          _ = try Systems.register.add(["name": "システム\(index)"], .ja, tx)
        }
      }
      #expect(try await counts() == few)
      let page = try await app.get("/diagrams/systems")
      #expect(page.body.contains("はじめの\(Diagrams.most)件を描いています"))
      #expect(page.body.matches(of: #/<rect class="c-/#).count == Diagrams.most)
    }
  }
}
