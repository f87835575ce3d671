"""ほかの枠組み: 取り込みと、取り消し。"""

import pages
from playwright.sync_api import expect


def test_a_library_taken_in_by_mistake_is_taken_off(page, hospital):
    """まちがえて取り込んだ版を、その画面で取り消す。前の版は残る。"""
    pages.framework_preview(page, hospital)
    page.get_by_role("button", name="取り込む", exact=True).click()
    expect(page.get_by_text("を取り込みました。")).to_be_visible()
    page.locator("main td a").first.click()
    button = page.get_by_role("button", name="この版の取り込みを取り消す")
    # Not by a slip: it is shown only when asked for.
    expect(button).to_be_hidden()
    page.locator("summary", has_text="この版の取り込みを取り消す").click()
    button.click()
    expect(page.get_by_text("の取り込みを取り消しました。")).to_be_visible()
    page.locator("main td a").first.click()
    expect(page.locator("main dl.facts").first).to_contain_text("2")


def test_a_framework_of_our_own_is_chosen_and_begun(page, hospital):
    """守り手の枠組みを選ぶと、施設の枠組みになり、点検を始められる。"""
    page.goto("/frameworks")
    page.get_by_role("link", name="守り手の枠組み").click()
    one = page.locator("main section", has_text="BCP策定の確認表")
    expect(one).to_contain_text("まだ使っていません")
    one.get_by_role("button", name="使う").click()
    expect(page.get_by_text("を取り込みました。")).to_be_visible()
    page.get_by_role("link", name="BCP策定の確認表").click()
    page.get_by_role("link", name="この枠組みで点検を始める").click()
    # 26 items, of which two are to be checked against the original.
    expect(page.locator("main")).to_contain_text("24件")
    page.goto("/frameworks/own")
    expect(page.locator("main section", has_text="BCP策定の確認表")).to_contain_text("使っています")
