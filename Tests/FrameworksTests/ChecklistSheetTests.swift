import Frameworks
import Publishing
import Testing

/// Texts in these sheets are made up for the tests; they are no ministry's words.
private func sheet(_ rows: [[String]], name: String = "表") -> Sheet {
  Sheet(name: name, rows: rows.map { $0.map { $0.isEmpty ? Cell.empty : .text($0) } })
}

private func kinds(_ rows: [[String]]) -> [ChecklistSheet.Kind] {
  ChecklistSheet([sheet(rows)]).rows.map(\.kind)
}

@Suite("チェックリストの表の読み取り")
struct ChecklistSheetTests {
  private static let form: [[String]] = [
    ["令和8年度版 試験用に作ったチェックリスト"],
    ["医療機関・薬局確認用"],
    ["", "チェック項目", "", "確認結果", "目標日", "備考"],
    ["", "", "", "はい・いいえ", "( / )", ""],
    [],
    ["医療情報システムの有無", "", "医療情報システムを導入している。", "はい・いいえ"],
    ["1 体制構築"],
    ["", "①", "責任者を決めている。", "はい・いいえ", "( / )", "任命書を見る"],
    ["２　医療情報システムの管理・運用"],
    ["医療情報システム全般について、以下を実施している。"],
    ["", "①", "機器の台帳を付けて", "はい・いいえ"],
    ["", "", "いる。"],
    ["", "(２)", "事業者に遠隔保守を確かめている。", "□はい □いいえ"],
    ["サーバについて、以下を実施している。"],
    ["", "③", "使わないアカウントを消している。", "はい・いいえ"],
    ["端末PCについて、以下を実施している。"],
    ["", "③", "使わないアカウントを消している。", "はい・いいえ"],
    ["※ いいえの項目は目標日を書くこと。"],
    ["提出の前に、原本と見比べてください。"],
  ]

  @Test("題、見出し、節、項目、続き、注を分け、空の行は数えない")
  func form() {
    let read = ChecklistSheet([sheet(Self.form)])
    #expect(
      read.rows.map(\.kind) == [
        .title, .title, .heading, .heading, .gate, .section, .item, .section, .group, .item, .more, .item,
        .group,
        .item, .group, .item, .note, .note,
      ])
    #expect(read.year == 2026)
    let items = read.rows.filter { $0.kind == .item }
    #expect(items.map(\.number) == ["①", "①", "②", "③", "③"])
    #expect(items.map(\.target) == [.all, .all, .all, .server, .clientPC])
    #expect(items.allSatisfy { $0.forms == [.med, .ph] })
    #expect(items[0].text == "責任者を決めている。" && items[0].remark == "任命書を見る")
    #expect(items[2].text == "事業者に遠隔保守を確かめている。")
    #expect(read.rows.first { $0.kind == .gate }?.text == "医療情報システムを導入している。")
    #expect(read.rows.filter { $0.kind == .section }.map(\.number) == ["1", "2"])
    #expect(read.rows.first { $0.kind == .more }?.why == .init(.continues, "11"))
    #expect(items[0].why == .init(.numbered, "①"))
  }

  @Test(
    "番号は、丸、かっこ、全角、節つきのどれでも読む",
    arguments: [
      ("① 台帳がある。", 1), ("⑩台帳がある。", 10), ("㉑ 台帳がある。", 21), ("(3) 台帳がある。", 3), ("（４）台帳がある。", 4),
      ("⑸ 台帳がある。", 5), ("2-⑥ 台帳がある。", 6), ("２－（７） 台帳がある。", 7), ("2-12 台帳がある。", 12),
    ])
  func marks(text: String, number: Int) throws {
    let mark = try #require(ChecklistMark(text))
    #expect(mark.number == number && mark.rest == "台帳がある。")
  }

  @Test("番号でないものを番号にしない", arguments: ["1 体制構築", "令和8年度", "2回目", "台帳①", ""])
  func noMarks(text: String) { #expect(ChecklistMark(text) == nil) }

  @Test("左の列にまとめた節は、項目の行のとなりに一度だけ開く")
  func sectionColumn() {
    let read = ChecklistSheet([
      sheet([
        ["区分", "番号", "項目", "はい", "いいえ"],
        ["1 体制構築", "①", "責任者を決めている。", "□", "□"],
        ["2 管理・運用", "①", "台帳を付けている。", "□", "□"],
        ["2 管理・運用", "②", "更新している。", "□", "□"],
      ])
    ])
    #expect(read.rows.map(\.kind) == [.heading, .section, .item, .section, .item, .item])
    #expect(read.rows.filter { $0.kind == .item }.map(\.text) == ["責任者を決めている。", "台帳を付けている。", "更新している。"])
    #expect(read.rows[1].row == 2 && read.rows[2].row == 2)
    #expect(read.rows[1].why == .init(.sectionColumn, "1"))
  }

  @Test("番号・対象・質問が別の列でも、対象は文に混ざらない")
  func targetColumn() throws {
    let read = ChecklistSheet([
      sheet([["番号", "対象", "内容", "回答"], ["⑪", "サーバ", "余分なソフトを止めている。", "はい・いいえ"]])
    ])
    let item = try #require(read.rows.last)
    #expect(item.kind == .item && item.target == .server && item.text == "余分なソフトを止めている。")
  }

  @Test("事業者確認用の表は、事業者が答える項目になる")
  func vendor() {
    let rows = [["事業者確認用"], ["番号", "項目", "はい", "いいえ"], ["①", "更新している。", "□", "□"]]
    #expect(ChecklistSheet([sheet(rows)]).rows.last?.forms == [.vendor])
    #expect(ChecklistSheet([sheet(rows)], forms: [.med]).rows.last?.forms == [.med])
    let named = [["番号", "項目", "はい", "いいえ"], ["①", "更新している。", "□", "□"]]
    #expect(ChecklistSheet([sheet(named, name: "事業者確認用")]).rows.last?.forms == [.vendor])
  }

  @Test("事業者の列に印がある項目は、事業者も答える")
  func vendorColumn() {
    let read = ChecklistSheet([
      sheet([
        ["番号", "項目", "事業者", "回答"], ["①", "更新している。", "○", "はい・いいえ"], ["②", "規程がある。", "−", "はい・いいえ"],
      ])
    ])
    #expect(read.rows.filter { $0.kind == .item }.map(\.forms) == [[.med, .ph, .vendor], [.med, .ph]])
  }

  @Test("番号の無い項目は、答えの欄があるものだけ。見分けられない行は、そう言う")
  func unnumbered() {
    #expect(
      kinds([
        ["番号", "項目", "回答"], ["①", "更新している。", "はい・いいえ"], ["", "点検している。", "はい・いいえ"], ["", "", "はい・いいえ"],
        ["ご不明の点は窓口へ"],
      ]) == [.heading, .item, .item, .heading, .other])
  }

  @Test("項目の無いシートと隠したシートは読まない。何も無ければ項目は0")
  func sheets() {
    let cover = sheet([["記入の手引き"], ["この表の使い方を説明します。"]], name: "手引き")
    let asked = sheet([["① 更新している。"]], name: "本票")
    let hidden = Sheet(name: "控え", rows: [[.text("① 隠した項目である。")]], hidden: true)
    #expect(Set(ChecklistSheet([cover, asked, hidden]).rows.map(\.sheet)) == ["本票"])
    #expect(ChecklistSheet([cover]).items == 0)
    #expect(ChecklistSheet([]).items == 0)
  }

  @Test("貼り付けた文も、広い空きやタブで分けて読む")
  func text() {
    let text = "令和8年度版 試験用\r\n1 体制構築\n  ①   責任者を決めている。      はい ・ いいえ\n\u{0C}2 管理\n\t(1)\t台帳を\n    付けている。\n"
    let read = ChecklistSheet([ChecklistSheet.sheet(ofText: text, named: "文")], isText: true)
    #expect(read.rows.map(\.kind) == [.title, .section, .item, .section, .item, .more])
    #expect(read.rows[2].text.hasPrefix("責任者を決めている。"))
  }

  @Test("PDF の文で、欄の中で折り返した項目も一つになる")
  func brokenLines() throws {
    let text = """
      チェック項目                                        確認結果    確認日   目標日
      1 体制構築
                    ①    安全管理を取り仕切る責任者     はい・いい   (/)   (/)
                         を決めている。これは長い文なので次の行へ折り     え
                         返す。
      2 管理・運用
      医療情報システム全般    ①    機器を台帳で管理   はい・いい   (/)   (/)
                         している。                      え
                    ②    遠隔保守を確かめている。     はい・いいえ   (/)   (/)
      """
    let read = ChecklistSheet([ChecklistSheet.sheet(ofText: text, named: "文")], isText: true)
    #expect(
      read.rows.map(\.kind) == [.heading, .section, .item, .more, .more, .section, .item, .more, .item])
    try #require(read.rows.count == 9)
    #expect(read.rows[3].text == "を決めている。これは長い文なので次の行へ折り" && read.rows[6].text == "機器を台帳で管理")
  }

  @Test("似ている度合いは、同じなら1、無関係なら低く、どちらから見ても同じ")
  func likeness() {
    let a = Likeness("サーバ、端末PC、ネットワーク機器を台帳で管理していますか。")
    let b = Likeness("サーバ、端末PC、ネットワーク機器の台帳管理を行っている。")
    let c = Likeness("訓練の予定を年に一度立てている。")
    #expect(a.score(with: a) == 1)
    #expect(a.score(with: b) == b.score(with: a))
    #expect(a.score(with: b) > 0.6 && a.score(with: c) < 0.2)
    #expect(Likeness("").score(with: Likeness("")) == 0)
    #expect(Likeness("").score(with: a) == 0)
  }
}
