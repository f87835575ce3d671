"""点検の仕事: 出す、指摘して直す、定期に見直す。"""

import pages
from playwright.sync_api import expect


def test_a_finding_is_closed_only_by_a_check(page, hospital):
    """要求から指摘を書き、是正を足し、済ませて、確かめると閉じる。一人の施設なので、自分で確かめたことが残る。"""
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
    page.goto("/findings?phase=to-check")
    page.get_by_role("link", name="鍵が机の上にある").click()
    expect(page.get_by_text("確かめられる人がほかにいないので")).to_be_visible()
    page.get_by_text("効いている(閉じる)").click()
    page.locator("#note").fill("鍵箱を見た")
    page.get_by_role("button", name="確認を残す").click()
    expect(page.locator("main dl.facts")).to_contain_text("閉じた")
    expect(page.get_by_text("是正した人が自分で確かめました")).to_be_visible()
    page.goto("/findings?phase=closed")
    page.get_by_role("link", name="印刷する").click()
    expect(page.locator("article.sheet")).to_contain_text("鍵が机の上にある")


def test_a_requirement_is_handed_in(page, hospital):
    """要求を人に任せ、出すと確認待ちになり、待つものに並び、受け入れられる。"""
    pages.audit_requirement(page, hospital)
    requirement = page.url
    page.get_by_role("link", name="任せる", exact=True).click()
    page.locator("#owner").select_option(index=1)
    page.get_by_role("button", name="任せる", exact=True).click()
    page.goto(requirement)
    page.get_by_role("link", name="提出と確認").click()
    page.get_by_role("button", name="出す", exact=True).click()
    expect(page.locator("main dl.facts")).to_contain_text("確認待ち")
    part = page.url
    page.goto("/submissions")
    expect(page.locator("main table")).to_contain_text("グループ基準 自己点検")
    page.goto(part)
    page.get_by_role("button", name="受け入れる", exact=True).click()
    expect(page.locator("main dl.facts")).to_contain_text("受け入れ済み")
    expect(page.get_by_text("出した人が自分で受け入れました")).to_be_visible()


def test_a_measure_is_reviewed_every_year(page, hospital):
    """対策に一年ごとの見直しを決め、見直しを残すと、次の日になる。"""
    pages.measure_review(page, hospital)
    page.get_by_role("button", name="予定を保存する").click()
    page.get_by_text("変えることはない", exact=True).click()
    page.get_by_role("button", name="見直しを残す").click()
    expect(page.get_by_text("保存しました。")).to_be_visible()
    expect(page.locator("main table")).to_contain_text("変えることはない")
