"""答える: 自動保存、二人の保存、切れたサインイン、証拠。"""

import re

import pytest
from hospital import sign_in
from playwright.sync_api import expect

NOTE = "メモ"
SAVED = re.compile("10(時42分|:42)に保存しました")


def saved(page):
    return page.locator("[data-saved]")


def test_typing_is_saved_and_survives_a_reload(page, hospital):
    """入れると自動で保存し、開き直しても残る。"""
    page.goto(hospital.item("2-2"))
    page.get_by_text("いいえ", exact=True).click()
    expect(saved(page)).to_have_text(SAVED)
    version = page.locator("[name=version]").first.input_value()
    page.get_by_role("textbox", name=NOTE).fill("")
    page.get_by_role("textbox", name=NOTE).press_sequentially("事業者に問い合わせ中", delay=5)
    expect(page.locator("[name=version]").first).to_have_value(str(int(version) + 1))
    expect(page.locator(".item-open header .mark")).to_have_text("×できていない")
    page.reload()
    expect(page.get_by_role("textbox", name=NOTE)).to_have_value("事業者に問い合わせ中")
    expect(page.get_by_label("いいえ", exact=True)).to_be_checked()


def test_typing_during_a_request_is_saved_after_it(page, hospital):
    """保存の途中に打った字も、続けて一件ずつ保存する。"""
    underway, most = [], []

    def slow(route):
        underway.append(1)
        most.append(len(underway))
        page.wait_for_timeout(500)
        response = route.fetch()
        underway.pop()
        route.fulfill(response=response)

    page.goto(hospital.item("2-3"))
    page.route("**/answers/*", slow)
    note = page.get_by_role("textbox", name=NOTE)
    note.fill("はじめの文")
    with page.expect_request("**/answers/*"):
        pass
    note.fill("はじめの文と続き")
    expect(saved(page)).to_have_text(SAVED)
    assert most == [1, 1]
    page.unroute_all(behavior="wait")
    page.reload()
    expect(note).to_have_value("はじめの文と続き")


def test_the_button_waits_for_a_save_under_way(page, hospital):
    """自動保存の途中で「保存して次へ」を押しても、自分と食い違わない。"""

    def slow(route):
        if route.request.headers.get("accept") == "application/json":
            page.wait_for_timeout(400)
        route.continue_()

    page.goto(hospital.item("2-7"))
    page.route("**/answers/*", slow)
    page.get_by_role("textbox", name=NOTE).fill("途中で次へ")
    with page.expect_request("**/answers/*"):
        pass
    page.get_by_role("button", name="保存して 2-⑧ へ").click()
    page.wait_for_url("**item=r7-med-2-8*")
    expect(saved(page)).to_have_text(SAVED)
    page.goto(hospital.item("2-7"))
    expect(page.get_by_role("textbox", name=NOTE)).to_have_value("途中で次へ")


def test_back_brings_the_stored_version(page, hospital):
    """保存のあと別の項目から戻っても、古い版で食い違わない。"""
    page.goto(hospital.item("1-1"))
    page.get_by_role("textbox", name=NOTE).fill("戻る前")
    expect(saved(page)).to_have_text(SAVED)
    version = page.locator("[name=version]").first.input_value()
    page.get_by_role("link", name="ホーム", exact=True).click()
    page.go_back()
    expect(page.locator("[name=version]").first).to_have_value(version)
    page.get_by_role("textbox", name=NOTE).fill("戻ったあと")
    expect(saved(page)).to_have_text(SAVED)


def test_two_people_see_both_versions(visit, hospital):
    """同じ項目を二つの画面で直すと、両方を並べて示し、自分の方を残せる。"""
    first, second = visit(), visit()
    for page in (first, second):
        page.goto(hospital.item("2-4"))
    first.get_by_role("textbox", name=NOTE).fill("先に保存した文")
    expect(saved(first)).to_have_text(SAVED)
    second.get_by_role("textbox", name=NOTE).fill("あとから書いた文")
    expect(second.get_by_role("heading", name="あなたの入力")).to_be_visible()
    expect(second.get_by_text("先に保存した文")).to_be_visible()
    expect(second.get_by_text("あとから書いた文")).to_be_visible()
    second.get_by_role("button", name="自分の入力を残す").click()
    expect(second.get_by_role("textbox", name=NOTE)).to_have_value("あとから書いた文")


def test_a_target_outside_the_year_is_refused_beside_its_field(page, hospital):
    """年度の外の目標日は、その欄のそばで断り、入力を残す。"""
    page.goto(hospital.item("2-5"))
    note, due = page.get_by_role("textbox", name=NOTE), page.get_by_label("目標日")
    note.fill("消えてはいけない文")
    page.get_by_text("いいえ", exact=True).click()
    expect(saved(page)).to_have_text(SAVED)
    due.fill("2027-04-01")
    expect(saved(page)).to_contain_text("目標日は")
    expect(due).to_be_focused()
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.locator("#due-error")).to_contain_text("目標日は")
    expect(due).to_have_value("2027-04-01")
    expect(due).to_have_attribute("aria-invalid", "true")
    expect(note).to_have_value("消えてはいけない文")
    page.locator(".notice a[href='#due']").click()
    expect(due).to_be_focused()


def test_the_text_outlives_the_session(page, hospital):
    """入力の途中でサインインが切れても、サインインし直して保存できる。"""
    page.goto(hospital.item("2-6"))
    page.context.clear_cookies(name="mamorite")
    page.get_by_role("textbox", name=NOTE).fill("切れる前に打った文")
    expect(saved(page)).to_contain_text("サインインしてください")
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.get_by_role("heading", name="サインインが切れました")).to_be_visible()
    page.get_by_role("button", name="サインイン").click()
    sign_in(page, password="wrong-password-here")
    expect(page.get_by_role("alert")).to_contain_text("サインインできませんでした")
    sign_in(page)
    page.get_by_role("button", name="残っている内容を保存する").click()
    expect(page.get_by_role("textbox", name=NOTE)).to_have_value("切れる前に打った文")


def test_a_draft_returns_after_signing_in(page, hospital):
    """切れたあとに画面を開き直しても、下書きが戻り、保存すると消える。"""
    page.on("dialog", lambda dialog: dialog.accept())
    where = hospital.item("2-8")
    page.goto(where)
    page.context.clear_cookies(name="mamorite")
    page.get_by_role("textbox", name=NOTE).fill("開き直しても残る文")
    expect(saved(page)).to_contain_text("サインインしてください")
    page.goto("/")
    sign_in(page)
    page.wait_for_url("**/")
    page.goto(where)
    expect(page.get_by_role("textbox", name=NOTE)).to_have_value("開き直しても残る文")
    expect(saved(page)).to_contain_text("入力を戻しました")
    page.get_by_role("textbox", name=NOTE).press("End")
    page.get_by_role("textbox", name=NOTE).press_sequentially("。")
    expect(saved(page)).to_have_text(SAVED)
    assert page.evaluate("sessionStorage.length") == 0


def test_without_network_it_says_so_and_tries_again(page, hospital):
    """つながらない間は保存できていないと示し、つながると保存する。"""
    page.goto(hospital.item("2-9"))
    page.context.set_offline(True)
    page.get_by_role("textbox", name=NOTE).fill("つながらない間の文")
    expect(saved(page)).to_contain_text("まだ保存できていません")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    page.context.set_offline(False)
    expect(saved(page)).to_have_text(SAVED)
    page.evaluate("location.assign('/')")
    page.wait_for_url("**/")
    assert asked == ["beforeunload"]


def test_without_script_the_answer_is_saved(visit, hospital):
    """JavaScriptがなくても、答えて保存できる。"""
    page = visit(java_script_enabled=False)
    page.goto(hospital.item("2-11-server"))
    page.get_by_text("はい", exact=True).click()
    page.get_by_label("確認日").fill("2026-11-20")
    page.get_by_role("textbox", name=NOTE).fill("月に一度見ている")
    page.get_by_role("button", name="保存して 2").click()
    page.wait_for_url("**saved=1*")
    page.goto(hospital.item("2-11-server"))
    expect(page.get_by_label("確認日")).to_have_value("2026-11-20")
    expect(page.get_by_role("textbox", name=NOTE)).to_have_value("月に一度見ている")


def test_keyboard_alone_reaches_and_answers(page, hospital):
    """キーだけで本文・主な画面・答えに着き、どこにいるかが見える。"""
    page.goto(hospital.item("3-1"))
    page.goto(hospital.item("3-1").split("#")[0])
    seen = []
    for _ in range(90):
        page.keyboard.press("Tab")
        # 3 px of outline, on the label where the control is inside one.
        name, visible = page.evaluate(
            """() => { const on = document.activeElement, shown = on.closest(".choices label") ?? on;
               const style = getComputedStyle(shown), box = shown.getBoundingClientRect();
               return [on.getAttribute("href") ?? on.name ?? on.tagName,
                 parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none" && box.width > 1 && box.height > 1]; }""")
        assert visible, f"no visible focus on {name}"
        seen.append(name)
        if name == "answer":
            break
    assert seen[0] == "#main"
    assert "/assessments" in seen and "answer" in seen
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(saved(page)).to_contain_text("保存しました")


def test_slash_and_typing_do_not_meet(page, hospital):
    """文の中の「/」はそのまま打てる。"""
    page.goto(hospital.item("3-2"))
    page.get_by_role("textbox", name=NOTE).fill("")
    page.get_by_role("textbox", name=NOTE).press_sequentially("A/B")
    expect(page.get_by_role("textbox", name=NOTE)).to_have_value("A/B")
    expect(saved(page)).to_contain_text("保存しました")


def test_an_html_proof_is_never_shown_as_a_page(page, hospital):
    """HTMLの証拠は、必ずファイルとして渡す。"""
    page.goto(hospital.item("4-1", proof=1))
    page.get_by_label("ファイル", exact=True).set_input_files(
        {"name": "証拠.html", "mimeType": "text/html", "buffer": b"<script>alert(1)</script>"})
    page.locator("form[enctype] button").click()
    link = page.get_by_role("link", name="証拠.html")
    expect(link).to_be_visible()
    answer = page.request.get(link.get_attribute("href"))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "html" not in answer.headers["content-type"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "証拠.html"


@pytest.mark.parametrize("field", ["text", "link"])
def test_proofs_in_words_and_links(page, hospital, field):
    """文とリンクの証拠を加え、わけを書いて取り下げられる。"""
    value = {"text": "運用管理規程 第5条", "link": "https://example.jp/kitei"}[field]
    page.goto(hospital.item("3-3", proof=1))
    before = page.locator("#h-proof").inner_text()
    page.locator(f"form[enctype] [name={field}]").fill(value)
    page.locator("form[enctype] button").click()
    expect(page.locator("section[aria-labelledby=h-proof]")).to_contain_text(value)
    entry = page.locator("section[aria-labelledby=h-proof] li").filter(has_text=value)
    entry.locator("summary").click()
    entry.get_by_label("取り下げるわけ").fill("入れ間違い")
    entry.get_by_role("button").click()
    expect(page.locator("#h-proof")).to_have_text(before)
    assert re.search("証拠を取り下げました", page.locator(".history").inner_text())
