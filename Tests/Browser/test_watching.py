"""監視を人が使う流れ: 選ぶ、試す、保存する、知らせを受ける、停止を計画する、休む、やめる。"""

import re
import urllib.request

from playwright.sync_api import expect
from test_pages import check


def add(page, name, target="192.0.2.9:104"):
    page.goto("/monitoring/new?kind=tcp")
    page.get_by_label("名前").fill(name)
    page.locator("#target").fill(target)


def take(page, role, way):
    """Takes a way of looking; those that suit the thing less lie folded."""
    page.locator("main details summary").click()
    page.get_by_role(role, name=f"{way}: これにする").click()


def test_from_the_register_to_a_monitor(page):
    """台帳にあるシステムから始め、確かめ方を選び、試してから保存し、一覧と一つの画面で様子を見る。"""
    page.goto("/monitoring")
    expect(page.locator("main")).to_contain_text("まだ何も監視していません")
    first = page.get_by_role("link", name=re.compile("を監視する$")).first
    system = first.get_attribute("aria-label").removesuffix("を監視する")
    first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(system)
    take(page, "link", "プログラムがつながる口(ポート)で待っているか")
    expect(page.get_by_label("名前")).to_have_value(system)
    # Another way is chosen before the form is full, and what has been typed stays.
    page.locator("#advice").fill("紙の伝票に替える")
    page.get_by_role("button", name="確かめ方を選び直す").click()
    take(page, "button", "Webの画面が開くか")
    expect(page.get_by_label("名前")).to_have_value(system)
    expect(page.locator("#advice")).to_have_value("紙の伝票に替える")
    expect(page.locator("#timeout")).to_be_hidden()
    page.locator("#target").fill("http://192.0.2.9/")
    page.get_by_role("button", name="保存せずに試す").click()
    expect(page.locator(".notice")).to_contain_text("確かめてよい網の外です")
    # What was typed is still there.
    expect(page.locator("#target")).to_have_value("http://192.0.2.9/")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(system)
    check(page)
    page.goto("/monitoring")
    expect(page.get_by_role("row", name=re.compile(system)).first).to_be_visible()
    check(page)


def test_word_from_a_job(page):
    """住所は一度だけ出て、呼ぶと画面に残る。"""
    page.goto("/monitoring/new?kind=heartbeat")
    page.get_by_label("名前").fill("夜間の控え")
    page.get_by_role("button", name="保存する").click()
    expect(page.locator("main")).to_contain_text("この住所は一度しか出ません")
    check(page)
    url = page.locator("p.fixed").inner_text()
    with urllib.request.urlopen(f"{url}/3", data="ディスクが満杯です".encode(), timeout=10) as answer:
        assert answer.read() == b"OK\n"
    page.get_by_role("link", name=re.compile("監視の画面へ")).click()
    expect(page.locator("main")).to_contain_text("仕事が終了コード 3 で終わりました")
    page.get_by_text("記録の終わり").last.click()
    expect(page.get_by_text("ディスクが満杯です")).to_be_visible()
    check(page)


def test_planned_stop_pause_and_removal(page):
    """停止を計画し、休ませ、やめる。"""
    add(page, "検査の入口")
    page.get_by_role("button", name="保存する").click()
    page.get_by_text("停止を計画する").click()
    page.get_by_label("始まり").fill("2026-11-21T10:00")
    page.get_by_label("終わり").fill("2026-11-21T12:00")
    page.get_by_label("わけ").fill("サーバの入れ替え")
    page.locator("form[action$='/windows'] button").click()
    expect(page.locator("main")).to_contain_text("(計画した停止の間)")
    check(page)
    page.get_by_role("button", name="見るのを休む").click()
    expect(page.locator("main")).to_contain_text("休んでいます")
    page.get_by_role("button", name="また見始める").click()
    page.locator("summary", has_text="監視をやめる").click()
    page.get_by_role("button", name="監視をやめる").click()
    expect(page).to_have_url(re.compile("/monitoring$"))
    expect(page.locator("main")).not_to_contain_text("検査の入口")


def test_a_refusal_says_which_field(page):
    """断られたわけが欄に出て、入れたものは残る。"""
    add(page, "検査の入口", "a b")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("alert")).to_contain_text("読み取れません")
    expect(page.get_by_label("名前")).to_have_value("検査の入口")
    check(page)
