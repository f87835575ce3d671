"""外部の認証: 動いている守り手と、試しの認証基盤のあいだで、行って戻るところまで。止まったときに入れるところまで。"""

import json
import re
import urllib.parse
import urllib.request

import pytest
from oidc_provider_mock import run_server_in_thread
from program import LOGIN, PASSWORD, Server, Visitor, free_port, run_json

# The provider lives in real time, and so must the program.
OPEN = {"MAMORITE_OPENID_LOOPBACK": "1", "MAMORITE_NOW": ""}
BACK = "/sign-in/openid/callback"


def send(address, body, method="POST"):
    request = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


class Provider:
    """The mock from PyPI with one client that it knows."""

    def __init__(self, server):
        self.url = f"http://localhost:{server.server_port}"

    def register(self, redirect):
        answer = json.loads(send(f"{self.url}/oauth2/clients", {
            "redirect_uris": [redirect], "token_endpoint_auth_method": "client_secret_basic"}))
        self.client, self.secret = answer["client_id"], answer["client_secret"]

    def user(self, subject, **claims):
        send(f"{self.url}/users/{subject}", claims, "PUT")

    def let_in(self, address, subject):
        """What a browser does at the provider; gives the way back, as it stands in the redirect."""

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        body = urllib.parse.urlencode({"sub": subject}).encode()
        try:
            urllib.request.build_opener(Stay()).open(urllib.request.Request(address, body), timeout=10)
        except urllib.error.HTTPError as answer:
            return urllib.parse.urlsplit(answer.headers["Location"]).query
        raise AssertionError("the provider did not send the browser back")


@pytest.fixture
def provider():
    with run_server_in_thread(require_client_registration=True, require_nonce=True) as server:
        yield Provider(server)


@pytest.fixture
def server(data):
    with Server(data, **OPEN) as server:
        yield server


@pytest.fixture
def admin(server, provider):
    provider.register(server.url + BACK)
    visitor = Visitor(server.url).sign_in()
    assert save(visitor, provider)[0] == 303
    return visitor


def save(visitor, provider, **changed):
    page = visitor.ask("/sign-on")[2].decode()
    fields = {
        "_token": visitor.token("/sign-on"),
        "version": re.search(r'<form class="stack" method="post" action="/sign-on".*?name="version" value="(\d+)"', page, re.S)[1],
        "issuer": provider.url, "client": provider.client, "secret": provider.secret, "label": "職員IDでサインイン",
        "login-claim": "preferred_username", "on": "yes"}
    return visitor.ask("/sign-on", {**fields, **changed})


def notice(body):
    return re.search(r'<div class="notice".*?</div>', body.decode(), re.S)[0]


def tried(visitor):
    return notice(visitor.ask("/sign-on/test", {"_token": visitor.token("/sign-on")})[2])


def expect(visitor, name, person):
    page = visitor.ask("/sign-on")[2].decode()
    ident = re.search(rf'<option value="([0-9a-f-]{{36}})"[^>]*>{person}', page)[1]
    return visitor.ask("/sign-on/identities", {"_token": visitor.token("/sign-on"), "person": ident, "name": name})


def go(visitor, facility):
    status, headers, _ = visitor.ask(f"/sign-in/openid?facility={facility}&next=/account")
    assert status == 303
    return headers["Location"]


def come(server, provider, facility, subject):
    visitor = Visitor(server.url)
    back = provider.let_in(go(visitor, facility), subject)
    return visitor, back, visitor.ask(f"{BACK}?{back}")


def test_the_test_button_says_what_is_wrong(admin, provider):
    """試すと、合っていればそう言い、違うときは何を直すかを言う。"""
    assert "つながりました" in tried(admin)
    assert save(admin, provider, secret="wrong-secret")[0] == 303
    assert "合言葉が違う" in tried(admin)
    assert save(admin, provider, issuer=provider.url + "/")[0] == 303
    assert "名乗っています" in tried(admin)
    assert save(admin, provider, issuer=f"http://localhost:{free_port()}")[0] == 303
    assert "つながりません" in tried(admin)
    assert save(admin, provider, issuer=provider.url + "/elsewhere")[0] == 303
    assert "404" in tried(admin)
    status, _, body = save(admin, provider, issuer="http://idp.example.jp")
    assert status == 422 and "https" in body.decode()
    status, _, body = save(admin, provider, **{"login-claim": "email"})
    assert status == 422 and "メールアドレスでは" in body.decode()


def test_an_expected_person_comes_in_and_nobody_else(server, admin, provider, facility):
    """名前を入れておいた人は結びついて入れ、知らない人と、同じ名前の別の番号の人は入れない。"""
    provider.user("u-1", preferred_username="hanako", email="tanaka@minato.example")
    provider.user("u-2", preferred_username=LOGIN, email="tanaka@minato.example")
    visitor, _, (status, _, body) = come(server, provider, facility, "u-1")
    assert status == 422 and "hanako" in body.decode()
    # The same login name and the same mail address bind nobody by themselves.
    visitor, _, (status, _, body) = come(server, provider, facility, "u-2")
    assert status == 422 and visitor.ask("/account")[0] == 303

    assert expect(admin, "Hanako", "田中")[0] == 303
    visitor, back, (status, headers, _) = come(server, provider, facility, "u-1")
    assert (status, headers["Location"]) == (303, "/account")
    assert visitor.ask("/account")[0] == 200
    # The state is used up, in whatever browser.
    assert "もう一度はじめから" in notice(visitor.ask(f"{BACK}?{back}")[2])
    # A provider's word opens nothing privileged.
    assert visitor.ask("/people/new")[1]["Location"].startswith("/account/proof")
    # From now on the number counts, not the name.
    provider.user("u-3", preferred_username="hanako")
    assert come(server, provider, facility, "u-3")[2][0] == 422
    provider.user("u-1", preferred_username="renamed")
    assert come(server, provider, facility, "u-1")[2][0] == 303


def test_another_browser_cannot_finish(server, admin, provider, facility):
    """人の戻り道を、別のブラウザで使えない。"""
    provider.user("u-1", preferred_username="hanako")
    assert expect(admin, "hanako", "田中")[0] == 303
    victim, thief = Visitor(server.url), Visitor(server.url)
    back = provider.let_in(go(victim, facility), "u-1")
    thief.ask("/sign-in")
    assert thief.ask(f"{BACK}?{back}")[0] == 422 and thief.ask("/account")[0] == 303
    assert victim.ask(f"{BACK}?{back}")[0] == 303


def test_a_person_binds_themselves(server, admin, provider, facility):
    """パスワードを確かめると、自分で結びつけられる。"""
    provider.user("u-5", preferred_username="t.tanaka")
    token = admin.token("/account/identity")
    assert admin.ask("/account/identity", {"_token": token, "current": "wrong"})[0] == 422
    page = admin.ask("/account/identity", {"_token": token, "current": PASSWORD})[2].decode()
    address = re.search(r'href="(http://localhost[^"]+)"', page)[1].replace("&amp;", "&")
    status, headers, _ = admin.ask(f"{BACK}?{provider.let_in(address, 'u-5')}")
    assert (status, headers["Location"]) == (303, "/account/identity?done=1")
    assert "t.tanaka" in admin.ask("/account/identity")[2].decode()
    assert come(server, provider, facility, "u-5")[2][0] == 303


def test_a_trial_shows_what_arrives(server, admin, provider):
    """サインインして試すと、届いた項目と、届かなかった項目が分かり、いまのサインインは変わらない。"""
    provider.user("u-7", department="外来")
    address = admin.ask("/sign-on/trial")[1]["Location"]
    shown = notice(admin.ask(f"{BACK}?{provider.let_in(address, 'u-7')}")[2])
    assert "利用者の名前の項目がありません" in shown and "u-7" in shown
    assert admin.ask("/sign-on")[0] == 200
    provider.user("u-7", preferred_username="t.tanaka")
    address = admin.ask("/sign-on/trial")[1]["Location"]
    assert "答えが届きました" in notice(admin.ask(f"{BACK}?{provider.let_in(address, 'u-7')}")[2])


def test_groups_decide_the_role_but_no_administrator(server, admin, provider, facility):
    """グループで役割が変わり、どのグループにもなければ入れない。管理者の役割は変わらない。"""
    assert save(admin, provider, **{"group-claim": "groups", "group-auditor": "audit"})[0] == 303
    page = admin.ask("/sign-on")[2].decode()
    others = [name for name in re.findall(r'<option value="[0-9a-f-]{36}"[^>]*>([^<]+)<', page) if "田中" not in name]
    assert expect(admin, "second", re.escape(others[0]))[0] == 303
    assert expect(admin, "first", "田中")[0] == 303
    provider.user("u-8", preferred_username="second", groups=["sales"])
    assert "グループ" in notice(come(server, provider, facility, "u-8")[2][2])
    provider.user("u-8", preferred_username="second", groups=["audit"])
    visitor, _, (status, _, _) = come(server, provider, facility, "u-8")
    assert status == 303
    # An auditor reads the ledger and changes nothing.
    assert visitor.ask("/ledger")[0] == 200 and visitor.ask("/mail", {"_token": visitor.token("/account")})[0] == 403
    provider.user("u-9", preferred_username="first", groups=["audit"])
    visitor, _, (status, _, _) = come(server, provider, facility, "u-9")
    assert status == 303 and visitor.ask("/sign-on")[0] == 200


def test_everybody_comes_in_when_the_provider_is_down(data, facility):
    """認証基盤が止まっていても、守り手の利用者名と、封をしたコードで入れる。"""
    with run_server_in_thread(require_client_registration=True) as mock, Server(data, **OPEN) as server:
        provider = Provider(mock)
        provider.register(server.url + BACK)
        admin = Visitor(server.url).sign_in()
        assert save(admin, provider)[0] == 303
    codes = run_json("account", "break-glass", "--data", data, "--facility", facility, "--count", "2")["codes"]
    assert len(set(codes)) == 2
    with Server(data, **OPEN) as server:
        visitor = Visitor(server.url)
        visitor.ask("/sign-in")
        status, _, body = visitor.ask(f"/sign-in/openid?facility={facility}")
        assert status == 422 and "つながりません" in notice(body)
        assert Visitor(server.url).sign_in().ask("/account")[0] == 200
        emergency = Visitor(server.url)
        status, headers, _ = emergency.ask("/break-glass", {
            "_token": emergency.token("/break-glass"), "code": codes[0], "name": "夜勤 花子",
            "reason": "認証基盤が止まり、だれも入れないため"})
        assert (status, headers["Location"]) == (303, "/")
        assert "封をしたコードで入っています" in emergency.ask("/people")[2].decode()
    for file in data.glob("mamorite.sqlite*"):
        stored = file.read_bytes()
        assert provider.secret.encode() not in stored
        assert all(code.replace("-", "").encode() not in stored and code.encode() not in stored for code in codes)
