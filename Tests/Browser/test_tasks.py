"""仕事の流れ: サインイン、はじめの設定、まとめて直す、取り込み、書き出し、報告。"""

import json
import re
import zipfile

from hospital import sign_in
from pages import SHEET, bulk_preview, import_preview, import_refused
from playwright.sync_api import expect


def test_signing_in(visit, hospital):
    """違うパスワードでは入れず、正しければ、開こうとした画面に着く。"""
    page = visit(cookie=None)
    page.goto(hospital.item("1-1").split("#")[0])
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    sign_in(page, password="not-the-password")
    expect(page.get_by_role("alert")).to_contain_text("利用者名かパスワードが違います")
    expect(page.get_by_label("利用者名")).to_have_value("tanaka")
    expect(page.get_by_label("パスワード")).to_have_value("")
    sign_in(page)
    expect(page).to_have_url(re.compile("item=r7-med-1-1"))
    page.goto("/account")
    page.get_by_role("button", name="サインアウトする").click()
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in"))


def go_on(page, question):
    """To the next question, whose heading and number are `question`."""
    page.get_by_role("button", name="次へ進む").click()
    expect_question(page, question)


def expect_question(page, question):
    number, heading = question
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.locator("main")).to_contain_text(f"はじめの設定 {number}")


def finish(page):
    page.get_by_label("氏名").fill("高橋")
    page.get_by_label("利用者名").fill("takahashi")
    page.get_by_label("パスワード").fill("long-enough-words")
    page.get_by_role("button", name="守り手を使い始める").click()


def test_setting_up(visit, fresh):
    """何もない所から、一問ずつ答えて施設と管理者を決めると、診療所は今週の10分から始まり、ホームから点検も始められる。"""
    page = visit(cookie=None, url=fresh.url)
    page.goto("/")
    expect(page).to_have_url(re.compile("/setup$"))
    expect_question(page, ("1 / 6", "どのような施設ですか"))
    expect(page.get_by_role("button", name="もどる")).to_have_count(0)
    page.locator("[name=kind][value=clinic]").check()
    go_on(page, ("2 / 6", "施設の名前を教えてください"))
    page.get_by_label("施設の名前").fill("さくら診療所")
    # The Enter key goes on, not back.
    page.get_by_label("施設の名前").press("Enter")
    expect_question(page, ("3 / 6", "どの都道府県にありますか"))
    page.get_by_label("都道府県").select_option("京都府")
    go_on(page, ("4 / 6", "病床はいくつありますか"))
    expect(page.get_by_label("病床数").locator("option:checked")).to_have_text("病床はない")
    page.get_by_label("病床数").select_option("5床")
    go_on(page, ("5 / 6", "どの年度の点検から始めますか"))
    expect(page.get_by_role("radio", name="令和8年度")).to_be_checked()
    go_on(page, ("6 / 6", "はじめの管理者を決めます"))
    page.get_by_label("氏名").fill("高橋")
    page.get_by_label("利用者名").fill("takahashi")
    page.get_by_label("パスワード").fill("short")
    page.get_by_role("button", name="守り手を使い始める").click()
    expect(page.locator("#password-error")).to_be_visible()
    expect(page.get_by_label("氏名")).to_have_value("高橋")
    expect(page.get_by_label("パスワード")).to_have_value("")
    finish(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("今週の10分")
    page.get_by_role("link", name="ホーム", exact=True).click()
    expect(page.locator("main").get_by_role("link", name="一問目から始める")).to_be_visible()
    page.get_by_role("link", name="点検を始める").click()
    page.get_by_role("button", name="この年度の点検を始める").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("令和8年度")
    page.get_by_role("link", name="ホーム", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="今日のつとめ")).to_be_visible()
    expect(page.locator(".figures")).to_be_visible()
    page.goto("/facility")
    expect(page.locator("[name=kind][value=clinic]")).to_be_checked()
    expect(page.get_by_label("施設の名前")).to_have_value("さくら診療所")
    expect(page.get_by_label("都道府県").locator("option:checked")).to_have_text("京都府")
    expect(page.get_by_label("病床数")).to_have_value("5")
    page.goto("/setup")
    expect(page.locator("main")).to_contain_text("もう済んでいます")


def test_going_back_while_setting_up(visit, fresh):
    """「もどる」でもブラウザの「戻る」でも、答えが残っている。合わない病床数は、その欄のそばで言う。"""
    page = visit(cookie=None, url=fresh.url)
    back = page.get_by_role("button", name="もどる")
    page.goto("/setup")
    page.locator("[name=kind][value=hospital]").check()
    go_on(page, ("2 / 6", "施設の名前を教えてください"))
    page.get_by_label("施設の名前").fill("みなと病院")
    go_on(page, ("3 / 6", "どの都道府県にありますか"))
    go_on(page, ("4 / 6", "病床はいくつありますか"))
    page.get_by_label("病床数").fill("十九")
    go_on(page, ("4 / 6", "病床はいくつありますか"))
    expect(page.locator("#beds-error")).to_contain_text("20〜5000")
    expect(page.get_by_label("病床数")).to_have_value("十九")
    page.get_by_label("病床数").fill("１８０")
    go_on(page, ("5 / 6", "どの年度の点検から始めますか"))
    page.get_by_role("radio", name="令和7年度").check()
    go_on(page, ("6 / 6", "はじめの管理者を決めます"))
    page.get_by_label("氏名").fill("田中")
    back.click()
    expect(page.get_by_role("radio", name="令和7年度")).to_be_checked()
    back.click()
    expect(page.get_by_label("病床数")).to_have_value("180")
    back.click()
    expect(page.get_by_label("都道府県").locator("option:checked")).to_have_text("あとで決める")
    back.click()
    expect(page.get_by_label("施設の名前")).to_have_value("みなと病院")
    back.click()
    expect(page.locator("[name=kind][value=hospital]")).to_be_checked()
    for question in (
        ("2 / 6", "施設の名前を教えてください"), ("3 / 6", "どの都道府県にありますか"), ("4 / 6", "病床はいくつありますか"),
        ("5 / 6", "どの年度の点検から始めますか"), ("6 / 6", "はじめの管理者を決めます"),
    ):
        go_on(page, question)
    expect(page.get_by_label("氏名")).to_have_value("田中")
    page.go_back()
    expect_question(page, ("5 / 6", "どの年度の点検から始めますか"))
    go_on(page, ("6 / 6", "はじめの管理者を決めます"))
    finish(page)
    expect(page.locator("#year option:checked")).to_have_text("令和7年度")


def test_setting_up_a_pharmacy_without_script(visit, fresh):
    """薬局には病床を聞かず、五つの質問で終わる。スクリプトがなくても進める。"""
    page = visit(cookie=None, url=fresh.url, java_script_enabled=False)
    page.goto("/setup")
    go_on(page, ("1 / 6", "どのような施設ですか"))
    expect(page.locator("#kind-error")).to_have_text("施設の種類を選んでください。")
    page.locator("[name=kind][value=pharmacy]").check()
    go_on(page, ("2 / 5", "施設の名前を教えてください"))
    page.get_by_label("施設の名前").fill("みなと薬局")
    go_on(page, ("3 / 5", "どの都道府県にありますか"))
    go_on(page, ("4 / 5", "どの年度の点検から始めますか"))
    page.get_by_role("button", name="もどる").click()
    expect_question(page, ("3 / 5", "どの都道府県にありますか"))
    go_on(page, ("4 / 5", "どの年度の点検から始めますか"))
    go_on(page, ("5 / 5", "はじめの管理者を決めます"))
    finish(page)
    expect(page.get_by_role("button", name="この年度の点検を始める")).to_be_visible()


def test_changing_several_at_once(page, hospital):
    """三つの項目の目標日を、違いを見てからまとめて直す。"""
    bulk_preview(page, hospital)
    expect(page.get_by_role("heading", level=1)).to_have_text("3項目を直します")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("button", name="3項目の変更を保存する").click()
    expect(page.get_by_role("status").filter(has_text="3項目を保存しました")).to_be_visible()


def test_changing_nothing_is_refused(page, hospital):
    """一つも選ばなければ、わけを言う。"""
    page.goto(f"{hospital.checklist}/changes")
    page.get_by_role("button", name="変更を見てから決める").click()
    expect(page.locator("main")).to_contain_text("直す項目が選ばれていません")


def test_select_all(page, hospital):
    """すべてを一度に選べ、数が出る。"""
    page.goto(f"{hospital.checklist}/changes")
    page.locator("thead [type=checkbox]").check()
    expect(page.locator("[data-count]")).to_have_text(str(page.locator("tbody tr").count()))
    page.locator("tbody [type=checkbox]").first.uncheck()
    assert page.locator("thead [type=checkbox]").evaluate("box => box.indeterminate")


def test_import_shows_every_row_first(page, hospital):
    """取り込む前に一行ずつ見せ、決めてから取り込む。"""
    import_preview(page, hospital)
    expect(page.get_by_role("heading", level=1)).to_have_text("取り込む前に確かめます")
    assert page.locator("tbody tr").count() >= 20
    page.get_by_role("button", name="行を取り込む").click()
    expect(page.get_by_role("status").filter(has_text="行を取り込みました")).to_be_visible()


def test_a_broken_file_is_refused(page, hospital):
    """壊れたファイルは、わけを言って取り込まない。"""
    import_refused(page, hospital)
    expect(page.locator(".notice[data-tone=bad]")).to_contain_text("broken.xlsx")
    expect(page.get_by_label("点検表のファイル")).to_be_visible()


def test_export_comes_back(page, hospital, tmp_path):
    """書き出したExcelは、そのまま読み込める表になっている。"""
    page.goto(hospital.year[2024])
    with page.expect_download() as download:
        page.get_by_role("link", name="Excelに書き出す").click()
    file = tmp_path / "export.xlsx"
    download.value.save_as(file)
    assert download.value.suggested_filename == "checklist-2024-med.xlsx"
    assert "xl/workbook.xml" in zipfile.ZipFile(file).namelist()
    page.goto(f"{hospital.year[2024]}/import")
    page.get_by_label("点検表のファイル").set_input_files(file)
    page.get_by_role("button", name="読んで確かめる").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("取り込む前に確かめます")
    assert SHEET.exists()


def test_report_and_its_files(page, hospital):
    """報告は一枚の画面で、PDF・Excel・JSONでも出せる。"""
    page.goto(hospital.report)
    expect(page.locator(".sheet h1")).to_be_visible()
    for name, start in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("json", b"{")):
        answer = page.request.get(f"{hospital.report}/management.{name}")
        assert answer.status == 200 and answer.body().startswith(start), name
        assert answer.headers["content-disposition"].startswith("attachment")
    assert page.request.get(f"{hospital.checklist}/sheet.pdf").body().startswith(b"%PDF")
    shown = page.locator(".figures [data-mark=done] dd").first.inner_text()
    marks = json.loads(page.request.get(f"{hospital.report}/management.json").body())["marks"]
    assert str(marks["done"]) in shown


def test_report_prints_on_paper_colours(page, hospital):
    """暗い画面でも、印刷は明るい紙になり、ボタンや移動は消える。"""
    page.goto(hospital.report)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    for part in (".nav", "header.top", ".screen-only"):
        expect(page.locator(part).first).to_be_hidden()


def test_language(page, hospital):
    """英語に替え、同じ画面に戻り、また日本語にできる。"""
    page.goto(f"{hospital.checklist}?section=2")
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(re.compile(r"section=2$"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_contain_text("FY2026")
    page.locator(".top-links a[lang=ja]").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")


def test_english_says_its_own_words(visit, hospital):
    """英語の画面では、自動保存の言葉も英語になる。"""
    page = visit(language="en")
    page.goto(hospital.item("2-1"))
    page.locator("[name=answer][value=no]").check()
    expect(page.locator(".item-open header .mark")).to_have_text("×Not done")
    page.get_by_role("textbox", name="Note").fill("Planned for spring")
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^Saved at"))
    page.context.set_offline(True)
    page.get_by_role("textbox", name="Note").fill("Planned for early spring")
    expect(page.locator("[data-saved]")).to_contain_text("Not saved yet")
    page.context.set_offline(False)
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^Saved at"))


def test_adding_a_person(page, hospital):
    """人を加えると一覧に出る。"""
    page.goto("/people/new")
    page.get_by_label("氏名").fill("渡辺")
    page.get_by_label("部署").fill("医事課")
    page.locator("main .button").click()
    expect(page.get_by_role("rowheader", name="渡辺")).to_be_visible()


def test_security_headers(page, hospital):
    """どの答えにも、枠に入れない・推測させないなどの決まりが付く。"""
    for path in ("/", "/assets/mamorite.js", "/nowhere", f"{hospital.checklist}/export.csv"):
        headers = page.request.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert page.request.get("/").headers["cache-control"] == "no-store"
