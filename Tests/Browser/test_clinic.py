"""今週の10分: 診療所の院長が、一問目から手紙まで、ブラウザで歩く。"""

import re

import pytest
from pages import set_up
from playwright.sync_api import expect


@pytest.fixture
def clinic(visit, fresh):
    """A page of a director who has just set up a clinic without beds."""
    page = visit(cookie=None, url=fresh.url)
    set_up(page, "administrator")
    page.get_by_label("氏名").fill("高橋")
    page.get_by_label("利用者名").fill("takahashi")
    page.get_by_label("パスワード").fill("long-enough-words")
    page.get_by_role("button", name="守り手を使い始める").click()
    page.get_by_role("link", name="今週の10分").click()
    return page


def go_on(page):
    page.locator("main [data-kind=primary]").click()


def answer(page, value):
    """Choosing is enough to save; the button only leads on."""
    page.locator(f"[name=value][value={value}]").check()
    expect(page.locator("[data-saved]")).to_have_text("保存しました。")


def director(page):
    expect(page.get_by_role("heading", level=1)).to_contain_text("院長先生のお名前")
    page.get_by_label("受け持つ人の名前").fill("佐藤 花子")
    page.get_by_label("動けないときに代わる人の名前").fill("高橋")
    go_on(page)


def company(page, name, kind):
    if not page.get_by_label("事業者名").is_visible():
        page.get_by_text("もう一つ書き加える").click()
    page.get_by_label("事業者名").fill(name)
    page.get_by_label("種類").select_option(kind)
    page.get_by_label("窓口の人").fill("山田")
    page.locator("#phone").fill("00-0000-0001")
    page.get_by_role("button", name="台帳に書き加える").click()
    expect(page.locator(".ground")).to_contain_text(name)


def test_from_the_start_to_the_letter(clinic):
    """一問ずつ答え、途中で離れて戻り、台帳に書き、わからないことが院長の名前の手紙になる。"""
    page = clinic
    go_on(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("ほかの仕事と兼ねていますか")
    expect(page.locator("main")).to_contain_text("1問目 / 4問")
    answer(page, "yes")
    # Called away: the answer is kept, and the path goes on with the next question.
    page.goto("/")
    page.get_by_role("link", name="今週の10分").click()
    page.get_by_role("link", name="続きから答える").click()
    director(page)

    expect(page.get_by_role("heading", level=1)).to_contain_text("困ったときに電話する会社")
    company(page, "あおば電子カルテ", "ehr")
    company(page, "港ネットワーク", "network")
    page.get_by_role("button", name="これで全部です。次へ進む").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("仕事に使うシステム")

    page.goto("/clinic/questions/protection?on=1")
    answer(page, "unknown")
    go_on(page)
    expect(page).to_have_url(re.compile("/clinic/questions/tasks"))
    answer(page, "not-yet")
    page.goto("/clinic/letters")
    page.get_by_role("link", name="あおば電子カルテ").click()
    letter = page.locator(".sheet")
    for words in ("あおば電子カルテ 御中", "山田 様", "あおぞら診療所", "院長 佐藤 花子", "令和8年11月21日", "会社がしている対策"):
        expect(letter).to_contain_text(words)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="今日、渡したことにする")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="今日、渡したことにする").click()
    expect(page.locator(".notice")).to_contain_text("令和8年11月21日")

    page.get_by_role("link", name="答えを書く").click()
    page.get_by_role("radio", name="はい").check()
    page.get_by_label("答えの中身").fill("保守契約書の第5条")
    page.get_by_role("button", name="答えを残す").click()
    page.goto("/clinic/parts/vendors")
    expect(page.get_by_role("row", name="会社がしている対策")).to_contain_text("できている")
    expect(page.get_by_role("row", name="任せる仕事の書面")).to_contain_text("まだ")

    page.goto("/")
    expect(page.locator(".duties")).to_contain_text("任せる仕事の書面")
    page.goto("/registers/roles")
    expect(page.locator("tbody")).to_contain_text("佐藤 花子")


def test_without_script(visit, fresh):
    """スクリプトがなくても、答えて進み、台帳に書ける。"""
    page = visit(cookie=None, url=fresh.url, java_script_enabled=False)
    set_up(page, "administrator")
    page.get_by_label("氏名").fill("高橋")
    page.get_by_label("利用者名").fill("takahashi")
    page.get_by_label("パスワード").fill("long-enough-words")
    page.get_by_role("button", name="守り手を使い始める").click()
    page.goto("/clinic")
    go_on(page)
    page.locator("[name=value][value=yes]").check()
    go_on(page)
    director(page)
    company(page, "あおば電子カルテ", "ehr")
    page.get_by_role("button", name="これで全部です。次へ進む").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("仕事に使うシステム")
