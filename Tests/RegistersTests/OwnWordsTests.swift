import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("守り手が入れた言葉を、読む人の言葉で出す")
struct OwnWordsTests {
  private static let words = OwnWords([[.ja: "更新の適用", .en: "Applying updates"]])

  @Test(
    "守り手の言葉は読む人の言葉で、人が書いた言葉はそのまま",
    arguments: [
      ("更新の適用", Language.en, "Applying updates"), ("更新の適用", .ja, "更新の適用"),
      ("Applying updates", .ja, "更新の適用"), ("Applying updates", .en, "Applying updates"),
      ("更新の適用(外来)", .en, "更新の適用(外来)"), ("", .en, ""),
    ])
  func shown(stored: String, language: Language, text: String) {
    #expect(Self.words(stored, language) == text)
  }

  @Test(
    "出したままの形で保存しても、もとの言葉が残る",
    arguments: [
      ("Applying updates", "更新の適用", "更新の適用"), ("更新の適用", "更新の適用", "更新の適用"),
      ("Patching", "更新の適用", "Patching"), ("Applying updates", "当番", "Applying updates"),
    ])
  func kept(typed: String, stored: String, kept: String) {
    #expect(Self.words.kept(typed, over: stored) == kept)
  }

  @Test("責任分界と役割分担のはじめの言葉は、どれも英語を持ち、英語から日本語に戻る")
  func complete() {
    let keys =
      Responsibility.starters.flatMap { [$0.name, $0.note] } + Raci.starterParties
      + Raci.starterActivities.map(\.name)
    let (ja, en) = (Texts<ResponsibilityText>(.ja), Texts<ResponsibilityText>(.en))
    for key in keys {
      #expect(Responsibility.ownWords(ja(key), .en) == en(key), "\(key)")
      #expect(Responsibility.ownWords(en(key), .ja) == ja(key), "\(key)")
      #expect(en(key).unicodeScalars.allSatisfy { $0.value < 0x3000 }, "\(key)")
    }
  }

  @Test("日本語で入れた項目は英語の画面に英語で出て、書き換えたものと保存しただけのものは残る", arguments: Engine.available)
  func duties(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Responsibility.addStarters(.ja, in: app.scope)
      let system = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope).id
      let items = try await app.scope.read { try $0.responsibilityItems() }
      let (first, second) = (items[0], items[1])
      #expect(first.name == "更新の適用")
      for path in ["/responsibility", "/responsibility/\(system)", "/responsibility/items"] {
        let page = try await app.get(path, in: .en)
        #expect(page.body.contains("Applying updates") && !page.body.contains("更新の適用"), "\(path)")
        let japanese = try await app.get(path)
        #expect(japanese.body.contains("更新の適用"), "\(path)")
      }
      func saved(_ item: Responsibility.Item, _ name: String, _ note: String) async throws {
        let fields = [
          ("name", name), ("note", note), ("version", "1"), ("layer", item.layer.rawValue),
          ("position", "\(item.position + 1)"),
        ]
        let answer = try await app.post(
          "/responsibility/items/\(item.id)", fields + item.phases.map { ("phase", $0.rawValue) }, in: .en)
        #expect(answer.status == 303)
      }
      // As the English form shows it, at another place; and one that is written anew.
      let english = first.shown(in: .en)
      try await saved(first, english.name, english.note)
      try await saved(second, "外来の連絡", "")
      let after = try await app.scope.read { try $0.responsibilityItems() }
      #expect(after[0].name == first.name && after[0].note == first.note)
      #expect(after[0].position == first.position + 1 && after[1].name == "外来の連絡")
      let list = try await app.get("/responsibility/items", in: .en)
      #expect(list.body.contains("外来の連絡"))
    }
  }

  @Test("英語で書き出した表を取り込むと、日本語で入れた項目が見つかり、何も変わらない", arguments: Engine.available)
  func exchange(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Responsibility.addStarters(.ja, in: app.scope)
      _ = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      let file = try await Responsibility.export(.en, in: app.scope)
      let plan = try await Responsibility.plan(file, named: "duties.xlsx", .en, in: app.scope)
      #expect(!plan.rows.isEmpty && plan.refused.isEmpty && plan.changes.isEmpty)
      // Someone's own item gets the English name of one of ours: the name that is stored still means ours alone.
      let japanese = try await Responsibility.export(.ja, in: app.scope)
      let fields = [
        ("name", "Applying updates"), ("note", ""), ("layer", "platform"), ("position", "900"),
        ("phase", "normal"),
      ]
      #expect(try await app.post("/responsibility/items", fields).status == 303)
      let again = try await Responsibility.plan(japanese, named: "duties.xlsx", .ja, in: app.scope)
      #expect(again.rows.count == plan.rows.count && again.refused.isEmpty)
    }
  }

  @Test("日本語で入れた役割分担は英語の画面に英語で出る", arguments: Engine.available)
  func raci(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = "/responsibility/raci"
      #expect(try await app.post("\(path)/starters", []).status == 303)
      let table = try await app.scope.read { try $0.raci() }
      let (party, activity) = (table.parties[0], table.activities[0])
      #expect(party.name == "病院長・院長" && activity.name == "使用をやめる判断")
      for page in [path, "\(path)/\(activity.id)"] {
        let answer = try await app.get(page, in: .en)
        #expect(
          answer.body.contains("Director") && answer.body.contains("Deciding to stop a system"), "\(page)")
        #expect(!answer.body.contains("病院長") && !answer.body.contains("使用をやめる"), "\(page)")
      }
      let fields = [("name", "Director"), ("position", "15"), ("version", "1")]
      #expect(try await app.post("\(path)/parties/\(party.id)", fields, in: .en).status == 303)
      let after = try await app.scope.read { try $0.raci() }.parties
      #expect(after.first { $0.id == party.id }?.name == "病院長・院長")
    }
  }

  // MARK: Documents

  @Test("書き出しの文は、日本語と英語で同じ番号・種類・形を持ち、英語の文に日本語が残らない")
  func starters() throws {
    let pairs = try DocumentStarters.pairs.get()
    #expect(pairs.count == 12)
    for pair in pairs {
      let (ja, en) = (try #require(pair[.ja]), try #require(pair[.en], "\(pair)"))
      #expect(ja.number == en.number && ja.kind == en.kind && ja.derivedFrom == en.derivedFrom)
      #expect(
        shape(of: ja.body) == shape(of: en.body) && ja.title != en.title,
        "\(ja.number): \(shape(of: en.body))")
      let text = (en.title + en.body).replacing("{施設}", with: "")
      #expect(text.unicodeScalars.allSatisfy { $0.value < 0x3000 }, "\(en.number)")
      #expect(ja.body.contains("{施設}") == en.body.contains("{施設}"), "\(en.number)")
    }
  }

  /// How many headings, points and paragraphs, in order.
  private func shape(of body: String) -> [String] {
    DocumentBody.blocks(of: body).map { block in
      switch block {
      case .heading, .subheading: "heading"
      case .points(let points): "\(points.count) points"
      case .paragraph: "paragraph"
      }
    }
  }

  @Test("日本語で取り込んだ文は英語の画面に英語で出て、直したものはそのまま出る", arguments: Engine.available)
  func documents(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let taken = try await app.post("/documents/starters", [("set", "hospital"), ("number", "H-01")])
      #expect(taken.status == 303)
      let list = try await app.get("/registers/documents", in: .en)
      #expect(list.body.contains("Basic policy on information security") && !list.body.contains("基本方針"))
      let entry = try #require(try await app.scope.read { try $0.entries(Documents.register) }.first?.entry)
      let found = try await app.scope.read { try $0.newestVersion(of: entry.id) }
      let path = "/documents/versions/\(try #require(found).id)"
      let english = try await app.get(path, in: .en)
      #expect(english.body.contains("bears the final responsibility"))
      #expect(english.body.contains("The text that is kept is the Japanese one"))
      let japanese = try await app.get(path)
      #expect(japanese.body.contains("院長が最終の責任を負い") && !japanese.body.contains("残してある文を見る"))
      let changed = try await app.post(
        path, [("body", "# 目的\n当院の文です。"), ("summary", ""), ("version", "1")], in: .en)
      #expect(changed.status == 303)
      let own = try await app.get(path, in: .en)
      #expect(own.body.contains("当院の文です。") && !own.body.contains("that is kept"))
      let offered = try await app.get("/documents/starters?set=clinic", in: .en)
      #expect(offered.body.contains("Taking backups and restoring them") && !offered.body.contains("控えを取り"))
    }
  }

  // MARK: Contacts

  @Test("はじめの連絡先は読む人の言葉で出て、どちらの言葉でも二度は入らない", arguments: Engine.available)
  func contacts(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(try await Contacts.addFirst(.ja, in: app.scope) == 5)
      #expect(try await Contacts.addFirst(.en, in: app.scope) == 0)
      for path in ["/registers/contacts", "/emergency"] {
        let page = try await app.get(path, in: .en)
        #expect(page.body.contains("Prefectural police, cyber unit") && !page.body.contains("県警"), "\(path)")
      }
      let entries = try await app.scope.read { try $0.entries(Contacts.register) }
      let police = try #require(entries.first { $0.entry.is("kind", "police") }?.entry)
      let form = try await app.get("/registers/contacts/\(police.id)/change", in: .en)
      #expect(form.body.contains("Prefectural police, cyber unit"))
      let fields = [
        ("name", "Prefectural police, cyber unit"), ("kind", "police"), ("phoneDay", "000-0000"),
        ("version", "1"),
      ]
      #expect(try await app.post("/registers/contacts/\(police.id)", fields, in: .en).status == 303)
      let after = try await app.scope.read { try $0.entry(Contacts.register, police.id) }?.entry
      #expect(after?.text("name") == police.text("name") && after?.text("phoneDay") == "000-0000")
    }
  }
}
