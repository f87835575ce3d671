"""呼び出しを人が使う流れ: 呼ぶ順と決まりを作り、止まったものを引き受け、自分の呼ばれ方と道を決める。"""

import re
import urllib.request

from playwright.sync_api import expect
from test_pages import check


def test_from_a_policy_to_an_answer(page):
    """呼ぶ順と決まりを作ると、止まったときに呼ばれ、引き受けると次は呼ばれない。"""
    page.goto("/paging")
    expect(page.locator("main")).to_contain_text("決まりはまだありません")
    page.get_by_role("link", name="呼ぶ順を加える").click()
    page.get_by_label("名前").fill("電子カルテ(夜間)")
    page.locator("#first1").select_option(label="システムの担当と副担当")
    page.locator("#after2").fill("10")
    page.locator("#first2").select_option(label="管理者")
    page.get_by_role("button", name="保存する").click()
    expect(page.locator("main")).to_contain_text("0分 → 10分")
    check(page)
    page.get_by_role("link", name="決まりを加える").click()
    page.get_by_label("何のための決まりか").fill("止まると診療が止まるので、夜でも起こす")
    page.locator("#policy").select_option(label="電子カルテ(夜間)")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("row", name=re.compile("夜でも起こす"))).to_be_visible()
    check(page)
    page.goto("/monitoring/new?kind=heartbeat")
    page.get_by_label("名前").fill("夜間の控え")
    page.get_by_role("button", name="保存する").click()
    url = page.locator("p.fixed").inner_text()
    with urllib.request.urlopen(f"{url}/fail", timeout=10) as answer:
        assert answer.read() == b"OK\n"
    page.goto("/monitoring")
    expect(page.locator("main")).to_contain_text("夜間の控え")


def test_wishes_and_ways(page):
    """自分の呼ばれ方を決め、道を加え、試すと断られたわけが出る。"""
    page.goto("/paging/preferences")
    page.get_by_label("English").check()
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    check(page)
    page.goto("/paging/channels")
    page.get_by_role("link", name="Slack").click()
    page.get_by_label("名前").fill("当番の部屋")
    page.get_by_label("渡す先の住所(URL)").fill("http://127.0.0.1:9/hook")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("当番の部屋")
    check(page)
    page.get_by_role("button", name="試しに送る").click()
    expect(page.get_by_role("alert")).to_contain_text("渡してはいけない住所です")
    check(page)
