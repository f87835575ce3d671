"""共用の端末: 鍵がかかり、次の人が入り、前の人の書きかけは前の人だけに戻る。"""

import re
import subprocess

import pytest
from hospital import sign_in
from playwright.sync_api import expect
from program import PASSWORD, binary, environment
from test_passkeys import Key, add, serve  # noqa: F401

TEXT = "3階のプリンタの交換を依頼した"
SECOND = "minato-second-2026"


def handed_over(page):
    page.get_by_role("button", name="交代").click()
    expect(page.get_by_role("heading", name=re.compile("共用の端末"))).to_be_visible()


def by_password(page, login, password):
    page.get_by_label("利用者名").fill(login)
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="サインインする").click()


@pytest.fixture
def terminal(serve, facility, tmp_path, visit):  # noqa: F811
    """A browser that is a shared terminal, with its administrator signed in; and how to go on later."""
    data = tmp_path / "data"
    done = subprocess.run(
        [binary(), "user", "add", "--data", data, "--facility", facility, "--name", "夜勤 花子", "--login", "hanako", "--role", "staff"],
        env=environment(), input=SECOND + "\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    url = serve()
    page = visit(cookie=None, url=url)
    page.goto("/sign-in")
    sign_in(page)
    page.goto("/terminals")
    page.get_by_label("端末の名前").fill("3階東 ナースステーション")
    page.get_by_role("button", name="このブラウザを共用の端末にする").click()
    expect(page.get_by_text("共用の端末にしました")).to_be_visible()
    return page, facility, data


def test_the_next_person_sees_nothing_and_the_first_finds_everything(terminal):
    """A が書きかけて交代し、B が入っても A の文字はなく、A がパスキーで戻ると元のまま。"""
    page, facility, data = terminal
    Key(page)
    add(page)
    page.get_by_role("link", name="紙に残したので先へ進む").click()
    page.goto("/sign-on/directory")
    page.get_by_label("サーバの名前").fill(TEXT)
    handed_over(page)
    expect(page.get_by_text("田中")).to_be_visible()
    assert TEXT not in page.content() and page.evaluate("sessionStorage.length") == 0

    by_password(page, "hanako", SECOND)
    expect(page.locator(".top")).to_contain_text("夜勤 花子")
    for path in ("/", "/account"):
        page.goto(path)
        assert TEXT not in page.content()
    page.go_back()
    assert TEXT not in page.content() and page.evaluate("sessionStorage.length") == 0

    handed_over(page)
    page.get_by_role("button", name="パスキーで入る").click()
    page.wait_for_url("**/sign-on/directory")
    expect(page.get_by_label("サーバの名前")).to_have_value(TEXT)
    expect(page.get_by_text("書きかけていた内容を戻しました")).to_be_visible()


def test_the_screen_locks_when_nobody_is_there(terminal):
    """触らないでいると、決めた分で鍵がかかり、何も見えない。触っていれば、かからない。"""
    page, facility, data = terminal
    page.clock.install()
    page.goto("/sign-on/directory")
    page.get_by_label("サーバの名前").fill(TEXT)
    page.clock.fast_forward(170_000)
    page.get_by_label("サーバの名前").press("End")
    page.clock.fast_forward(170_000)
    expect(page.get_by_label("サーバの名前")).to_have_value(TEXT)
    page.clock.fast_forward(15_000)
    expect(page.get_by_role("heading", name=re.compile("共用の端末"))).to_be_visible()
    assert TEXT not in page.content()
    page.goto("/sign-on/directory")
    expect(page.get_by_role("button", name="サインインする")).to_be_visible()
    by_password(page, "tanaka", PASSWORD)
    page.wait_for_url("**/sign-on/directory")
    expect(page.get_by_label("サーバの名前")).to_have_value(TEXT)
