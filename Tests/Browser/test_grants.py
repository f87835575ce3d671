"""期限のある権限と APIトークンを、人が画面で扱う。"""

from hospital import sign_in
from playwright.sync_api import expect
from program import LOGIN, PASSWORD
from test_pages import check

REASON = "担当の休みの間、台帳の手入れを代わるため"


def signed_in(visit, login, password):
    page = visit(cookie=None)
    page.goto("/sign-in")
    sign_in(page, login, password)
    page.wait_for_url("**/")
    return page


def test_role_for_a_time(visit, hospital):
    """任せると、本人の画面にいつまでかが出て、終わらせると消える。"""
    page = signed_in(visit, LOGIN, PASSWORD)
    page.goto("/people/grants")
    page.get_by_role("link", name="期限を決めて任せる").click()
    director = page.locator("#person option", has_text="山本").first.get_attribute("value")
    page.locator("#person").select_option(director)
    page.locator("#role").select_option("it-staff")
    page.locator("#until").fill("2026-12-01")
    page.locator("#time").fill("18:00")
    page.locator("#reason").fill(REASON)
    page.get_by_role("button", name="任せる", exact=True).click()
    expect(page.get_by_text("任せました。本人に知らせました")).to_be_visible()
    check(page)

    director = signed_in(visit, "yamamoto", "minato-director-2026")
    banner = director.get_by_role("complementary", name="期限のある権限")
    expect(banner).to_contain_text("令和8年12月1日 18:00まで")
    expect(banner).to_contain_text(REASON)
    check(director)
    director.goto("/registers/systems/new")
    expect(director.get_by_role("heading", level=1)).to_be_visible()
    expect(banner).to_be_visible()

    page.get_by_role("button", name="いま終わらせる").click()
    expect(page.get_by_text("終わらせました。本人に知らせました")).to_be_visible()
    check(page)
    director.goto("/")
    expect(banner).to_have_count(0)


def test_token(visit, hospital):
    """札を作り、一度だけ見て、取り消す。"""
    page = signed_in(visit, LOGIN, PASSWORD)
    page.goto("/account")
    page.get_by_role("link", name="APIトークン").click()
    page.get_by_role("link", name="トークンを作る").click()
    page.get_by_label("名前").fill("台帳の夜間書き出し")
    page.get_by_role("button", name="トークンを作る").click()
    secret = page.get_by_label("「台帳の夜間書き出し」のトークン").input_value()
    assert secret.startswith("mmt_") and len(secret) == 68
    check(page)
    page.get_by_role("link", name="写したので先へ進む").click()
    check(page)
    assert secret not in page.content()
    page.get_by_role("button", name="取り消す: 台帳の夜間書き出し").click()
    expect(page.get_by_text("トークンを取り消しました")).to_be_visible()
