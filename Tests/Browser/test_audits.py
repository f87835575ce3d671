"""枠組みの点検と対策を、画面から。"""

import pages
from playwright.sync_api import expect


def begin(page, hospital, name):
    pages.audit_new(page, hospital)
    page.locator("#name").fill(name)
    page.get_by_role("button", name="始める", exact=True).click()
    expect(page.locator("main h1")).to_have_text(name)


def test_an_audit_is_begun_answered_and_signed(page, hospital):
    """枠組みから始め、一つ答え、点と進みを見て、署名すると固まる。"""
    begin(page, hospital, "画面からの点検")
    expect(page.locator("main dl.figures")).to_contain_text("0 / 9")
    page.locator("main td a").first.click()
    page.locator("main td a").first.click()
    page.get_by_text("適合", exact=True).first.click()
    page.locator("#score").select_option("2")
    page.get_by_role("button", name="保存して次へ").click()
    expect(page.get_by_text("保存しました。")).to_be_visible()
    page.locator(".crumbs a").first.click()
    expect(page.locator("main dl.figures")).to_contain_text("1 / 9")
    page.locator("summary", has_text="この数の出し方").click()
    expect(page.locator("main details", has_text="この数の出し方")).to_contain_text("= 2(点は0から3まで)")
    page.locator("summary", has_text="この点検のほかの仕事").click()
    page.get_by_role("link", name="時点と署名").click()
    page.locator("#title").fill("上期")
    page.get_by_role("button", name="署名して固める").click()
    expect(page.get_by_text("保存しました。")).to_be_visible()
    page.locator(".crumbs a").nth(1).click()
    expect(page.get_by_role("link", name="担当を決める")).to_have_count(0)


def test_a_measure_moves_what_is_suggested(page, hospital):
    """要求から対策を書き、状態を変えると提案が動き、受けると答えになる。"""
    begin(page, hospital, "対策のための点検")
    page.locator("main td a").first.click()
    page.locator("main td a").first.click()
    requirement = page.url
    page.get_by_role("link", name="対策に乗せる").click()
    page.get_by_role("link", name="新しい対策を書いて乗せる").click()
    page.locator("#title").fill("責任者を決めて知らせる")
    page.get_by_role("button", name="保存する", exact=True).click()
    suggestion = page.locator("section", has=page.get_by_role("heading", name="対策", exact=True))
    expect(suggestion).to_contain_text("不適合")
    page.get_by_role("link", name="責任者を決めて知らせる").click()
    page.locator("#state").select_option("in-place")
    page.get_by_role("button", name="状態を変える").click()
    page.goto(requirement)
    page.get_by_role("button", name="提案のとおりに答える").click()
    expect(suggestion).to_contain_text("(答えと同じです)")


def test_last_audits_answers_are_carried_and_confirmed(page, hospital):
    """同じ枠組みの前の点検から引き継ぎ、見てから、未確認の答えとして受け取る。"""
    begin(page, hospital, "引き継ぎの点検")
    page.locator("summary", has_text="この点検のほかの仕事").click()
    page.get_by_role("link", name="ほかの点検から引き継ぐ").click()
    page.get_by_role("link", name="グループ基準 自己点検").first.click()
    expect(page.locator("main table")).to_contain_text("1.1")
    page.get_by_role("button", name="件を引き継ぐ").click()
    expect(page.get_by_text("件の答えを引き継ぎました。")).to_be_visible()
    page.locator("main td a").first.click()
    expect(page.get_by_role("heading", name="まだ確かめていません")).to_be_visible()
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.get_by_text("保存しました。")).to_be_visible()
    expect(page.get_by_role("heading", name="まだ確かめていません")).to_have_count(0)
