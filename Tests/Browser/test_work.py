"""点検の仕事: 出す、指摘して直す、定期に見直す。"""

import pages
from playwright.sync_api import expect


def test_a_finding_is_closed_only_by_a_check(page, hospital):
    """要求から指摘を書き、是正を足し、済ませると、是正した人は確かめられない。"""
    pages.finding_new(page, hospital)
    page.locator("#title").fill("鍵が机の上にある")
    page.locator("#severity").select_option("major")
    page.locator("#seen").fill("受付の机の上に、サーバ室の鍵があった。")
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.get_by_text("まだ何もしていません")).to_be_visible()
    page.locator("#text").fill("鍵箱にしまう")
    page.get_by_role("button", name="是正を足す").click()
    page.locator("summary", has_text="状態を変える").click()
    page.locator("select[name=state]").select_option("done")
    page.locator("textarea[name=note]").first.fill("鍵箱を付けた")
    page.locator("details[open] button").click()
    expect(page.locator("main dl.facts")).to_contain_text("確認待ち")
    expect(page.get_by_text("是正した人は、自分では確かめられません")).to_be_visible()
    page.goto("/findings?phase=to-check")
    expect(page.locator("main table")).to_contain_text("鍵が机の上にある")
    page.get_by_role("link", name="印刷する").click()
    expect(page.locator("article.sheet")).to_contain_text("鍵が机の上にある")


def test_a_requirement_is_handed_in(page, hospital):
    """要求を自分に任せ、答えて出すと、確認待ちになり、待つものに並ぶ。"""
    pages.audit_requirement(page, hospital)
    requirement = page.url
    page.get_by_role("link", name="任せる", exact=True).click()
    page.locator("#owner").select_option(index=1)
    page.get_by_role("button", name="任せる", exact=True).click()
    page.goto(requirement)
    page.get_by_role("link", name="提出と確認").click()
    page.get_by_role("button", name="出す", exact=True).click()
    expect(page.locator("main dl.facts")).to_contain_text("確認待ち")
    page.goto("/submissions")
    expect(page.locator("main table")).to_contain_text("グループ基準 自己点検")


def test_a_measure_is_reviewed_every_year(page, hospital):
    """対策に一年ごとの見直しを決め、見直しを残すと、次の日になる。"""
    pages.measure_review(page, hospital)
    page.get_by_role("button", name="予定を保存する").click()
    page.get_by_text("変えることはない", exact=True).click()
    page.get_by_role("button", name="見直しを残す").click()
    expect(page.get_by_text("保存しました。")).to_be_visible()
    expect(page.locator("main table")).to_contain_text("変えることはない")
