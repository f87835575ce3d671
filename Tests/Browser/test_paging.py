"""呼び出しを人が使う流れ: 呼ぶ順と決まりを作り、止まったものを引き受け、自分の呼ばれ方と道を決める。"""

import datetime
import re
import shutil
import urllib.request

import pytest
from playwright.sync_api import expect
from program import Server, Visitor
from test_pages import check


@pytest.fixture
def living(made, tmp_path, visit):
    """A hospital whose clock goes, for what the worker has to do."""
    shutil.copytree(made, tmp_path / "data")
    with Server(tmp_path / "data", MAMORITE_NOW="") as server:
        yield visit(url=server.url, cookie=Visitor(server.url).sign_in().cookie)


def come(page, place):
    """Looks again until what the worker does has come."""
    for _ in range(60):
        if place.count():
            return
        page.wait_for_timeout(250)
        page.reload()


def moment(place):
    return datetime.datetime.fromisoformat(place.get_attribute("datetime"))


def test_from_a_policy_to_an_answer(living):
    """呼ぶ順と決まりを作ると、止まったときに呼ばれ、引き受けると次の呼び出しの予定が消える。"""
    page = living
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
    alert = page.locator("#open-alerts + ul").get_by_role("link", name="夜間の控え")
    come(page, alert)
    alert.click()
    # Whoever is signed in is called by the first step, and the second is ten minutes away.
    calls = page.locator("section[aria-labelledby=calls]")
    come(page, calls)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\d+ 夜間の控え$"))
    expect(calls.get_by_role("row", name=re.compile("田中"))).to_be_visible()
    expect(calls).not_to_contain_text("だれもいない")
    main = page.locator("main")
    expect(main).to_contain_text("電子カルテ(夜間)")
    expect(main).to_contain_text("次に呼ぶ時")
    assert moment(page.locator("dl.facts time").last) - moment(calls.locator("time")) == datetime.timedelta(minutes=10)
    check(page)
    page.get_by_role("button", name="引き受ける").click()
    expect(main).to_contain_text(re.compile("田中.*さんが引き受けました"))
    expect(main).not_to_contain_text("次に呼ぶ時")
    expect(page.get_by_role("button", name="引き受ける")).to_have_count(0)
    check(page)
    page.goto("/inbox")
    come(page, main.get_by_text("止まっています: 夜間の控え"))
    expect(main).to_contain_text("止まっています: 夜間の控え")


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
