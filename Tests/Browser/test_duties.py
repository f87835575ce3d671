"""当番を人が使う流れ: 形を選ぶ、名前を並べる、代わりを決める、呼び出しを記録する、予定表につなぐ。"""

import re
import urllib.request

from playwright.sync_api import expect
from test_pages import check


def test_a_rota_from_its_pattern(page):
    """形を選び、名前を並べて保存すると、いまの当番と番号が出る。読めない名前は、打ったまま返る。"""
    page.goto("/oncall/new")
    page.get_by_role("link", name="一人と事業者の窓口").click()
    page.get_by_label("名前", exact=True).fill("窓口の当番")
    page.locator("#r0-members").fill("鈴木")
    page.locator("#r1-members").fill("ひまわり窓口 03-0000-0201")
    page.locator("#r2-members").fill("ひまわり窓口")
    page.locator("#r3-members").fill("田中")
    page.locator("main button[data-kind=primary]").click()
    expect(page.locator("#r2-members-error")).to_contain_text("「ひまわり窓口」さんは台帳にいません")
    expect(page.locator("#r3-members")).to_have_value("田中")
    check(page)
    page.locator("#r2-members").fill("ひまわり窓口 03-0000-0201")
    page.locator("#r3-members").fill("")
    for number in range(3):
        page.locator(f"#r{number}-first").fill("2026-11-16")
    page.locator("main button[data-kind=primary]").click()
    # 21 November is a Saturday: the desk has it.
    present = page.locator("section[aria-labelledby=h-now]")
    expect(present).to_contain_text("ひまわり窓口")
    expect(present.get_by_role("link", name="03-0000-0201")).to_have_attribute("href", "tel:0300000201")
    check(page)


def test_someone_takes_over(page):
    """代わりを決め、重なる代わりは断られ、打ったものは残る。"""
    page.goto("/oncall")
    page.get_by_role("link", name="代わりと休み").click()
    def change():
        page.locator("#by").select_option(label="鈴木")
        page.locator("#from").fill("2026-11-25T09:00")
        page.locator("#until").fill("2026-11-25T17:00")
        page.locator("#reason").fill("研修のため")
        page.locator("form[action$=overrides] button").click()
    change()
    expect(page.locator("section[aria-labelledby=h-overrides]")).to_contain_text("その時の当番の人 → 鈴木")
    change()
    expect(page.locator(".notice[role=alert]")).to_contain_text("もう代わりが決まっています")
    expect(page.locator("#reason")).to_have_value("研修のため")
    check(page)
    page.get_by_role("button", name="やめる").first.click()
    expect(page.locator("section[aria-labelledby=h-overrides]")).to_contain_text("これからの代わりはありません")


def test_a_call_is_recorded(page):
    """呼び出しを記録すると、その月の時間に入る。"""
    page.goto("/oncall")
    page.get_by_role("link", name="勤めの記録").click()
    page.locator("#member").select_option(label="田中")
    page.locator("#what").fill("医事のバックアップの報告がない")
    page.locator("#called").fill("2026-11-18T22:00")
    page.locator("#start").fill("2026-11-18T22:10")
    page.locator("#end").fill("2026-11-18T23:25")
    page.locator("form[action$=calls] button").click()
    expect(page.get_by_role("row", name=re.compile("医事のバックアップ")).first).to_contain_text("1時間15分")
    check(page)


def test_a_calendar_address(page):
    """住所は一度だけ出て、開くと予定表が返り、取り消せる。"""
    page.goto("/oncall")
    page.get_by_role("link", name="予定表につなぐ").click()
    page.get_by_role("button", name=re.compile("住所を作る 自分の当番")).click()
    url = page.locator("p.fixed").inner_text()
    check(page)
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read().startswith(b"BEGIN:VCALENDAR\r\n")
    page.get_by_role("button", name=re.compile("取り消す")).first.click()
    expect(page.locator("main")).to_contain_text("使われている住所はありません")


def test_the_wall(page):
    """壁の表は A4 の横で、操作の部分は紙に出ない。"""
    page.goto("/oncall")
    page.get_by_role("link", name="壁に貼る表を印刷").click()
    page.emulate_media(media="print")
    expect(page.locator("table.roster").first).to_be_visible()
    expect(page.locator(".screen-only").first).to_be_hidden()
    paper = page.pdf(prefer_css_page_size=True)
    width, height = map(float, re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper).groups())
    assert width > height and abs(width - 842) < 2
