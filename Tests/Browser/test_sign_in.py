"""二つ目の要素: 決める、数字で入る、紙のコードで入る、管理者が外す。スクリプトがなくてもできる。"""

import subprocess

import pytest
from hospital import sign_in
from playwright.sync_api import expect
from program import NOW
from test_pages import check

STEP = int(NOW) // 30_000
DIRECTOR = ("yamamoto", "minato-director-2026")


def digits(letters, step):
    """What an authenticator shows in a step of half a minute, by `oathtool`."""
    return subprocess.run(
        ["oathtool", "--totp", "--base32", f"--now=@{step * 30}", letters.replace(" ", "")],
        check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_second_factor(visit, hospital, script):
    """数字で入り、紙のコードで入り、外す。"""
    # Looking for faults needs script, so the one without only does the work.
    login, password = DIRECTOR
    page = visit(cookie=None, java_script_enabled=script)
    page.goto("/sign-in")
    sign_in(page, login, password)
    page.goto("/account")
    page.get_by_role("link", name="二つ目の要素を決める").click()
    page.get_by_label("いまのパスワード").fill(password)
    page.get_by_role("button", name="QRコードを出す").click()
    letters = page.locator("details p.fixed").text_content()
    page.get_by_label("6桁の数字").fill("000000")
    page.get_by_role("button", name="二つ目の要素を決める").click()
    expect(page.locator("#code-error")).to_be_visible()
    page.get_by_label("6桁の数字").fill(digits(letters, STEP))
    page.get_by_role("button", name="二つ目の要素を決める").click()
    codes = page.locator("strong.fixed").all_text_contents()
    assert len(set(codes)) == 10
    page.get_by_role("link", name="紙に残したので先へ進む").click()
    expect(page.get_by_text("あと10個使えます")).to_be_visible()

    other = visit(cookie=None, java_script_enabled=script)
    other.goto("/sign-in?next=%2Faccount")
    sign_in(other, login, password)
    expect(other.get_by_role("heading", name="二つ目の要素を確かめます")).to_be_visible()
    # The step that set it up is used up; the next one is not.
    other.locator("#code").fill(digits(letters, STEP))
    other.get_by_role("button", name="確かめて入る").click()
    expect(other.locator("#code-error")).to_be_visible()
    if script:
        check(other)
    other.locator("#code").fill(digits(letters, STEP + 1))
    other.get_by_role("button", name="確かめて入る").click()
    expect(other.get_by_text("いま使っている")).to_be_visible()
    if script:
        check(other)

    third = visit(cookie=None, java_script_enabled=script)
    third.goto("/sign-in?next=%2Faccount")
    sign_in(third, login, password)
    third.locator("#code").fill(codes[0])
    third.get_by_role("button", name="確かめて入る").click()
    expect(third.get_by_text("あと9個使えます")).to_be_visible()
    third.get_by_role("button", name="ほかをすべて終わらせる").click()
    expect(third.get_by_text("サインインを終わらせました")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_role("button", name="サインインする")).to_be_visible()

    board = visit()
    board.goto("/people/factors")
    board.get_by_role("link", name="外す: 山本").click()
    check(board)
    board.get_by_role("button", name="二つ目の要素をすべて外す").click()
    expect(board.get_by_text("山本さんの二つ目の要素を外しました")).to_be_visible()
    third.goto("/account")
    expect(third.get_by_role("button", name="サインインする")).to_be_visible()
