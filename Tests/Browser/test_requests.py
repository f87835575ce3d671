"""事業者への依頼を、病院と事業者の両方の画面で。"""

import re

import pytest


def ask(page, form, vendor, pin=False):
    """Makes one request; its link and number."""
    page.goto("/requests/new")
    page.get_by_label(form).check()
    page.locator("label").filter(has_text=vendor).filter(has_text="会社全体").get_by_role("checkbox").check()
    if pin:
        page.get_by_label("6けたの番号も求める").check()
    page.get_by_role("button", name="手紙を見てから決める").click()
    assert vendor in page.locator("main").inner_text()
    page.get_by_role("button", name=re.compile("件の依頼とリンクを作る")).click()
    letter = page.locator(".letter").inner_text()
    link = re.search(r"http://\S+/v/[0-9a-f]{64}", letter)[0]
    number = re.search(r"\b\d{6}\b", page.locator("#h-pins ~ dl").inner_text())[0] if pin else None
    assert not pin or number not in letter
    return link, number


def enter(vendor, link, name, number=None):
    vendor.goto(link)
    vendor.get_by_label("お名前").fill(name)
    if number:
        vendor.get_by_label("番号").fill(number)
    vendor.get_by_role("button", name="表を開く").click()
    vendor.locator("article").first.wait_for()
    assert re.search(r"/v/sheets/[0-9a-f-]{36}$", vendor.url)


def finish(vendor):
    vendor.get_by_role("link", name="渡す前に確かめる").click()
    vendor.get_by_role("button", name=re.compile("に渡す")).click()
    assert "病院に渡しました" in vendor.locator("main").inner_text()


def test_whole_way_without_script(page, visit):
    """スクリプトなしで、開き、答え、付け、渡し、戻され、直し、渡し、病院が終える。"""
    link, number = ask(page, "役割分担の確認", "みどり検査", pin=True)
    vendor = visit(cookie=None, java_script_enabled=False)
    vendor.goto(link)
    vendor.get_by_label("お名前").fill("東")
    vendor.get_by_label("番号").fill("000000" if number != "000000" else "111111")
    vendor.get_by_role("button", name="表を開く").click()
    assert "番号が違います" in vendor.locator("#pin-error").inner_text()
    enter(vendor, link, "東", number)

    for article in range(vendor.locator("article").count()):
        item = vendor.locator("article").nth(article)
        item.locator("[value=yes]").check()
        item.locator("[name=note]").fill(f"書面 {article}")
        item.get_by_role("button", name="保存する").click()
    assert "10のうち10に答えました" in vendor.locator("main").inner_text()
    vendor.locator("details summary").filter(has_text="ファイルを加える").first.click()
    vendor.locator("#file").set_input_files({"name": "証明.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"})
    vendor.get_by_role("button", name="ファイルを加える").click()
    assert "ファイルを付けました" in vendor.locator("main").inner_text()
    assert "証明.pdf" in vendor.locator("main").inner_text()
    finish(vendor)
    assert vendor.locator("textarea").count() == 0

    page.goto("/requests?state=handed-in&kind=role-split")
    page.get_by_role("link", name=re.compile("みどり検査")).first.click()
    page.locator("summary").filter(has_text="指摘を書く").first.click()
    page.locator("textarea[name^=remark-]").first.fill("契約の条を書いてください")
    page.get_by_role("button", name="指摘を付けて事業者に戻す").click()
    assert "事業者に戻しました" in page.locator("main").inner_text()

    vendor.goto(link)
    assert "契約の条を書いてください" in vendor.locator("article").first.inner_text()
    vendor.locator("article").first.locator("[name=note]").fill("第7条")
    vendor.locator("article").first.get_by_role("button", name="保存する").click()
    finish(vendor)

    page.reload()
    assert "第7条" in page.locator("article").first.inner_text()
    page.get_by_role("button", name="確かめて終える").click()
    assert "済み" in page.locator(".page-head").inner_text()
    vendor.goto(link)
    assert "受け取りが済みました" in vendor.locator("main").inner_text()


def test_saves_while_typing(page, visit):
    """スクリプトがあれば、手を止めると保存し、開き直しても残る。二人が同じ項目を直すと両方を見せる。"""
    link, _ = ask(page, "サービスと会社についてのお尋ね", "あおぞら画像")
    one, two = visit(cookie=None), visit(cookie=None)
    enter(one, link, "西")
    enter(two, link, "南")
    first = one.locator("article").first
    saved = "version => document.querySelector('article [name=version]').value === version"
    first.locator("[value=no]").check()
    one.wait_for_function(saved, arg="1")
    first.locator("[name=note]").fill("置き場所は国内")
    one.wait_for_function(saved, arg="2")
    first.get_by_text("に保存しました").wait_for()

    theirs = two.locator("article").first
    theirs.locator("[name=note]").fill("南の備考")
    # The answer sent while typing may leave the page at once: only the click is waited for.
    theirs.locator("[value=yes]").click(no_wait_after=True)
    two.get_by_role("heading", name="あなたの答え").wait_for()
    text = two.locator("main").inner_text()
    assert "置き場所は国内" in text and "南の備考" in text and "西(あおぞら画像)さんが先に保存" in text
    two.get_by_role("button", name="あなたの答えを残す").click()
    two.locator("article").first.wait_for()

    one.goto(link)
    assert one.locator("article").first.locator("[name=note]").input_value() == "南の備考"
    assert "1に答えました" in one.locator("main").inner_text()


def test_link_in_english_and_after_revocation(page, visit):
    """英語でも読め、取りやめると開いていた画面からも保存できない。入力は画面に残る。"""
    link, _ = ask(page, "役割分担の確認", "ひまわり情報システム")
    vendor = visit(cookie=None, language="en")
    vendor.goto(link)
    assert "A request from" in vendor.locator("h1").inner_text()
    vendor.get_by_label("Your name").fill("Mori")
    vendor.get_by_role("button", name="Open the sheet").click()
    vendor.locator("article").first.wait_for()

    page.goto("/requests?state=waiting&kind=role-split")
    page.get_by_role("link", name=re.compile("ひまわり情報システム")).first.click()
    page.get_by_role("link", name="依頼を取りやめる").click()
    page.get_by_role("button", name="依頼を取りやめる").click()

    note = vendor.locator("article").first.locator("[name=note]")
    note.fill("kept on the page")
    vendor.get_by_text("This link no longer saves").first.wait_for()
    assert note.input_value() == "kept on the page"
    vendor.on("dialog", lambda dialog: dialog.accept())
    vendor.goto(link)
    assert "taken back" in vendor.locator("h1").inner_text()


@pytest.mark.parametrize("width", [1280, 390])
def test_letter_prints_on_one_page(page, width):
    """手紙は、QRコードとともにA4一枚に収まり、画面だけの言葉は紙に出ない。"""
    page.set_viewport_size({"width": width, "height": 900})
    ask(page, "セキュリティ開示書(MDS/SDS)", "みどり検査")
    page.emulate_media(media="print")
    assert page.locator(".letter svg.qr").is_visible()
    assert not page.get_by_text("この画面だけです").is_visible()
    assert page.pdf(format="A4").count(b"/Type /Page\n") <= 1 or page.pdf(format="A4").count(b"/Type /Page ") <= 1
