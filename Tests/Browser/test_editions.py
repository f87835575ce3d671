"""国のチェックリストの取り込み: 手元の Excel から、答えられる版になるまで。"""

import io

import openpyxl
from openpyxl.styles import Alignment
from playwright.sync_api import expect

# Made up for this test, in the layout of the forms of earlier years. It is not the ministry's text, which is not at hand.
NEW = "試験用に作った項目で、屋上の花壇へ毎朝水をやっている。"
SECTIONS = [
    ("1 体制構築", [("①", "", "医療情報システムの安全管理を取り仕切る責任者を決めている。")]),
    ("２ 医療情報システムの管理・運用", [
        ("①", "医療情報システム全般について、以下を実施している。", "サーバ、端末PC、ネットワーク機器を台帳で管理している。"),
        ("②", "", "遠隔で保守されている機器があるかどうかを、\n事業者に確かめている。"),
        ("③", "", NEW),
    ]),
]


def workbook():
    """One sheet: merged headings, section rows, circled numbers, はい and いいえ, days, remarks."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "チェックリスト"
    sheet["A1"] = "令和8年度版 試験用に作ったチェックリスト"
    sheet.merge_cells("A1:H1")
    sheet["A2"] = "医療機関・薬局確認用"
    sheet.merge_cells("A2:C2")
    sheet["B3"], sheet["D3"], sheet["H3"] = "チェック項目", "確認結果(日付)", "備考"
    sheet.merge_cells("B3:C4")
    sheet.merge_cells("D3:G3")
    sheet.merge_cells("H3:H4")
    for column, word in zip("DEFG", ["はい", "いいえ", "確認日", "目標日"]):
        sheet[f"{column}4"] = word
    sheet["A5"], sheet["C5"] = "医療情報システムの有無", "医療情報システムを導入している。"
    sheet["D5"], sheet["E5"] = "□", "□"
    row = 6
    for title, items in SECTIONS:
        sheet[f"A{row}"] = title
        sheet.merge_cells(f"A{row}:H{row}")
        sheet[f"A{row}"].alignment = Alignment(horizontal="left")
        row += 1
        for number, group, text in items:
            if group:
                sheet[f"B{row}"] = group
                sheet.merge_cells(f"B{row}:H{row}")
                row += 1
            sheet[f"B{row}"], sheet[f"C{row}"] = number, text
            sheet[f"D{row}"], sheet[f"E{row}"], sheet[f"F{row}"] = "□", "□", "( / )"
            row += 1
        row += 1
    sheet[f"A{row}"] = "※ いいえの項目は、目標日を書いてください。"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def file(content, name="r8.xlsx"):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_a_workbook_becomes_an_edition_that_is_answered(page, hospital):
    """読み、直し、席を立ち、戻り、確かめ、取り込み、切り替えて、答える。"""
    page.goto("/assessments")
    page.get_by_role("link", name="国のチェックリストの取り込み").click()
    page.get_by_role("link", name="表を取り込む").click()
    page.locator("#file").set_input_files(file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old.xls"))
    page.get_by_role("button", name="読み取る").click()
    expect(page.get_by_role("alert")).to_contain_text("old.xls")

    page.locator("#file").set_input_files(file(workbook()))
    page.get_by_role("button", name="読み取る").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("令和8年度の読み取り")
    figures = page.locator("main dl.figures div")
    expect(figures.nth(0)).to_contain_text("4")
    expect(page.locator("main tbody")).to_contain_text("令和7年度 2-① の文と")
    unknown = page.locator("tr", has_text=NEW)
    expect(unknown.first).to_contain_text("どの考えにも当たらない")

    unknown.first.get_by_role("link", name="直す").click()
    form = page.get_by_role("form")
    expect(form.get_by_label("文", exact=True)).to_have_value(NEW)
    form.get_by_label("番号", exact=True).fill("(4)")
    form.get_by_role("button", name="保存する").click()
    expect(page.get_by_text("直しました。")).to_be_visible()
    expect(page.locator("tr", has_text=NEW).first).to_contain_text("2-④")

    # Called away: what has been corrected waits in the list.
    page.goto("/")
    page.goto("/editions")
    page.get_by_role("link", name="令和8年度の読み取り").click()
    expect(page.locator("tr", has_text=NEW).first).to_contain_text("2-④")
    page.get_by_role("link", name="取り込む前に確かめる").click()
    expect(page.locator("main")).to_contain_text("項目4、入口の質問1、節3")
    expect(page.locator("main")).to_contain_text("どの考えにも当たらない項目 2件")
    page.get_by_role("button", name="この版を取り込む").click()
    expect(page.get_by_text("mhlw-checklist-r8 を取り込みました。")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="ほかの施設へ渡すファイル").click()
    with open(download.value.path(), encoding="utf-8") as given:
        assert NEW in given.read()

    # The checklist of this year was begun with the items of the year before; now it moves to its own.
    page.goto("/assessments")
    page.locator("main tbody a").first.click()
    page.get_by_role("link", name="切り替え").first.click()
    page.locator("main form button").last.click()
    page.wait_for_url("**edition=1*")
    page.goto(page.url.split("?")[0] + "?item=r8-med-2-4")
    expect(page.locator("main")).to_contain_text(NEW)
