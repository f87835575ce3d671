"""パスキー: 加える、それだけで入る、二つ目として使う、写しや古い答えを断る。鍵は Chromium の中の模型。"""

import base64
import json
import shutil
from urllib.parse import parse_qs

import pytest
from hospital import sign_in
from playwright.sync_api import expect
from program import NOW, PASSWORD, Server
from test_pages import check

FIELDS = ("credential", "client", "authenticator", "signature", "user")
PARTS = "() => Object.fromEntries(%s.map((name) => [name, document.querySelector(`form[data-passkey] [name=${name}]`).value]))" % json.dumps(FIELDS)


@pytest.fixture
def serve(made, tmp_path):
    """Serves a copy of the demonstration; again, with a later clock, ends the server before."""
    data = tmp_path / "data"
    shutil.copytree(made, data)
    servers = []

    def start(host="localhost", later_ms=0, **more):
        for server in servers:
            server.end()
        servers[:] = [Server(data, MAMORITE_NOW=str(int(NOW) + later_ms), **more).wait()]
        return servers[0].url.replace("127.0.0.1", host)

    yield start
    for server in servers:
        server.end()


class Key:
    """A security key that Chromium keeps for one page."""

    def __init__(self, page, **more):
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True, **more}
        self.id = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def credentials(self):
        return self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]

    def put(self, credential, **more):
        for each in self.credentials():
            if each["credentialId"] == credential["credentialId"]:
                self.cdp.send("WebAuthn.removeCredential", {"authenticatorId": self.id, "credentialId": each["credentialId"]})
        self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": {**credential, **more}})

    def take_away(self):
        self.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})


def add(page, name="赤いキー"):
    page.goto("/account")
    page.get_by_role("link", name="パスキーを加える").click()
    page.get_by_label("どの機器か").fill(name)
    page.get_by_label("いまのパスワード").fill(PASSWORD)
    page.get_by_role("button", name="パスキーを作る").click()


def added(page):
    """Someone with a passkey, signed in. Gives the recovery codes."""
    page.goto("/sign-in")
    sign_in(page)
    add(page)
    codes = page.locator("strong.fixed")
    expect(codes).to_have_count(10)
    found = codes.all_text_contents()
    page.get_by_role("link", name="紙に残したので先へ進む").click()
    expect(page.get_by_text("パスキー (赤いキー)")).to_be_visible()
    return found


def sign_out(page):
    page.goto("/account")
    page.get_by_role("button", name="サインアウトする").click()
    expect(page.get_by_role("button", name="パスキーで入る")).to_be_visible()


def is_in(page):
    # The browser first has to come to where the sign-in leads.
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto("/account")
    expect(page.get_by_role("heading", name="自分の設定")).to_be_visible()


def is_refused(page, words):
    expect(page.locator(".notice[data-tone=bad]")).to_contain_text(words)
    page.goto("/account")
    expect(page.get_by_role("button", name="サインインする")).to_be_visible()


def asked_otherwise(page, party=None, verification=None):
    """The browser is asked something else than the server meant, from the next page on; without more, what it meant."""
    page.evaluate("(wanted) => { sessionStorage.otherwise = JSON.stringify(wanted); }", {"party": party, "verification": verification})
    page.add_init_script(
        """if (!window.isAskedOtherwise && sessionStorage.otherwise) {
          window.isAskedOtherwise = true;
          const { party, verification } = JSON.parse(sessionStorage.otherwise);
          const { create, get } = CredentialsContainer.prototype;
          CredentialsContainer.prototype.create = function ({ publicKey }) {
            if (party) publicKey.rp.id = party;
            // Chromium keeps no passkey in a key that cannot verify anyone: it is asked for one that is not kept.
            if (verification) publicKey.authenticatorSelection = { residentKey: "discouraged", userVerification: verification };
            return create.call(this, { publicKey });
          };
          CredentialsContainer.prototype.get = function ({ publicKey }) {
            if (party) publicKey.rpId = party;
            if (verification) publicKey.userVerification = verification;
            return get.call(this, { publicKey });
          };
        }""")


def test_alone_and_second(visit, serve):
    """加えると、それだけで入れ、パスワードのあとの二つ目にもなる。"""
    page = visit(cookie=None, url=serve())
    key = Key(page)
    page.goto("/sign-in")
    check(page)
    sign_in(page)
    page.goto("/account/passkeys/new")
    check(page)
    page.get_by_label("いまのパスワード").fill("not-my-password")
    page.get_by_role("button", name="パスキーを作る").click()
    expect(page.locator("[data-passkey-error]")).to_contain_text("いまのパスワードが違います")
    check(page)
    sign_out(page)
    added(page)
    check(page)
    [credential] = key.credentials()
    assert credential["isResidentCredential"] and credential["rpId"] == "localhost"

    sign_out(page)
    page.get_by_role("button", name="パスキーで入る").click()
    is_in(page)

    sign_out(page)
    page.goto("/sign-in?next=%2Fpeople")
    sign_in(page)
    expect(page.get_by_role("heading", name="二つ目の要素を確かめます")).to_be_visible()
    check(page)
    page.get_by_role("button", name="パスキーで確かめる").click()
    page.wait_for_url("**/people")
    assert [each["signCount"] for each in key.credentials()] == [3]

    add(page, "二つ目")
    expect(page.locator("[data-passkey-error]")).to_contain_text("もう加えてあります")


def test_copy(visit, serve):
    """回数が前に戻った鍵は断り、紙のコードでは入れる。"""
    page = visit(cookie=None, url=serve())
    key = Key(page)
    codes = added(page)
    for _ in range(2):
        sign_out(page)
        page.get_by_role("button", name="パスキーで入る").click()
        is_in(page)
    [credential] = key.credentials()
    assert credential["signCount"] == 3
    key.put(credential, signCount=1)
    sign_out(page)
    page.get_by_role("button", name="パスキーで入る").click()
    is_refused(page, "写しが作られたおそれ")
    # Nor does a counter that has gone far ahead help afterwards.
    key.put(credential, signCount=50)
    page.goto("/sign-in")
    page.get_by_role("button", name="パスキーで入る").click()
    is_refused(page, "写しが作られたおそれ")
    page.goto("/sign-in")
    sign_in(page)
    page.locator("#code").fill(codes[0])
    page.get_by_role("button", name="確かめて入る").click()
    is_in(page)
    expect(page.get_by_text("写しがあるおそれのため")).to_be_visible()
    check(page)
    page.goto("/inbox")
    expect(page.get_by_text("回数が前に戻りました").first).to_be_visible()


def test_wrong_origin(visit, serve):
    """同じ名前の別の住所で作られた答えは断る。"""
    url = serve()
    page = visit(cookie=None, url=url)
    key = Key(page)
    added(page)
    [credential] = key.credentials()
    sign_out(page)
    challenge = page.evaluate(
        """async () => (await (await fetch("/sign-in/passkey/challenge", { method: "POST",
          body: new URLSearchParams({ _token: document.querySelector("[name=_token]").value }) })).json()).challenge""")

    forged = visit(cookie=None, url="http://localhost:18099")
    forged.route("http://localhost:18099/**", lambda route: route.fulfill(body="<title>forged</title>", content_type="text/html"))
    forged.goto("/")
    Key(forged).put(credential, signCount=20)
    parts = forged.evaluate(
        """async (challenge) => {
          const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
          const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
          const made = await navigator.credentials.get({ publicKey: { challenge: bytes(challenge), rpId: "localhost", userVerification: "required" } });
          return { credential: text(made.rawId), client: text(made.response.clientDataJSON), authenticator: text(made.response.authenticatorData),
            signature: text(made.response.signature), user: text(made.response.userHandle) }; }""", challenge)
    client = parts["client"] + "=" * (-len(parts["client"]) % 4)
    assert json.loads(base64.urlsafe_b64decode(client))["origin"] == "http://localhost:18099"
    send(page, parts)
    is_refused(page, "別の住所で作られた")


def send(page, parts):
    """Sends the form of the sign-in page with parts from elsewhere."""
    page.evaluate(
        """(parts) => { const form = document.querySelector("form[data-passkey]");
          for (const [name, value] of Object.entries(parts)) form.elements.namedItem(name).value = value;
          HTMLFormElement.prototype.submit.call(form); }""", parts)


def test_wrong_party(visit, serve):
    """別の名前のために作られた鍵は加えられず、それでは入れない。"""
    url = serve("a.mamorite.localhost")
    page = visit(cookie=None, url=url)
    key = Key(page)
    page.goto("/sign-in")
    sign_in(page)
    is_in(page)
    asked_otherwise(page, party="mamorite.localhost")
    add(page)
    expect(page.locator(".notice[data-tone=bad]")).to_contain_text("別の住所で作られた")
    [credential] = key.credentials()
    assert credential["rpId"] == "mamorite.localhost"
    asked_otherwise(page)
    add(page)
    expect(page.locator("strong.fixed")).to_have_count(10)
    sign_out(page)
    asked_otherwise(page, party="mamorite.localhost")
    page.reload()
    page.get_by_role("button", name="パスキーで入る").click()
    # The browser gives the one for the other name, which nobody has added.
    is_refused(page, "ここに加えられていません")


def test_person_not_verified(visit, serve):
    """PINや指紋を確かめていない答えでは、加えられず、入れない。"""
    careless = {"transport": "usb", "hasUserVerification": False, "isUserVerified": False}
    page = visit(cookie=None, url=serve())
    page.goto("/sign-in")
    sign_in(page)
    is_in(page)
    asked_otherwise(page, verification="discouraged")
    key = Key(page, **careless)
    add(page)
    expect(page.locator(".notice[data-tone=bad]")).to_contain_text("本人を確かめていません")
    key.take_away()
    key = Key(page)
    add(page)
    expect(page.locator("strong.fixed")).to_have_count(10)
    [credential] = key.credentials()
    key.take_away()
    key = Key(page, **careless)
    key.put(credential)
    sign_out(page)
    # Chromium finds such a key only when it is asked for by its id, as after the password.
    sign_in(page)
    expect(page.get_by_role("button", name="パスキーで確かめる")).to_be_visible()
    asked_otherwise(page, verification="discouraged")
    page.reload()
    page.get_by_role("button", name="パスキーで確かめる").click()
    is_refused(page, "本人を確かめていません")
    # Asked rightly, the browser itself does not give one.
    asked_otherwise(page)
    page.goto("/sign-in")
    page.get_by_role("button", name="パスキーで入る").click()
    expect(page.locator("[data-passkey-error]")).to_contain_text("確かめられませんでした")
    check(page)


def test_replay_and_stale(visit, serve):
    """一度使った答え、あとの問いに代わられた問い、五分を過ぎた問いは断る。"""
    page = visit(cookie=None, url=serve())
    Key(page)
    added(page)
    sign_out(page)
    sent = []
    page.on("request", lambda request: sent.append(request.post_data) if request.url.endswith("/sign-in/passkey") else None)
    page.get_by_role("button", name="パスキーで入る").click()
    is_in(page)
    sign_out(page)
    [first] = sent
    send(page, {name: parse_qs(first)[name][0] for name in FIELDS})
    is_refused(page, "時間が過ぎたか")

    # A second question, on another page of the same browser, takes the place of the first.
    def twice(route):
        answer = route.fetch()
        route.fetch()
        route.fulfill(response=answer)
    page.route("**/challenge", twice)
    page.goto("/sign-in")
    page.get_by_role("button", name="パスキーで入る").click()
    is_refused(page, "時間が過ぎたか")
    page.unroute("**/challenge")

    # Asked now, answered five minutes later.
    page.goto("/sign-in")
    page.evaluate("HTMLFormElement.prototype.submit = () => {}")
    page.get_by_role("button", name="パスキーで入る").click()
    expect(page.locator("[name=signature]")).not_to_have_value("")
    parts = page.evaluate(PARTS)
    late = serve(later_ms=5 * 60_000)
    page.goto(f"{late}/sign-in")
    send(page, parts)
    expect(page.locator(".notice[data-tone=bad]")).to_contain_text("時間が過ぎたか")


def test_fresh_proof(visit, serve):
    """十分を過ぎた操作は、パスキーで確かめてから続き、書いたことは残る。"""
    page = visit(cookie=None, url=serve())
    Key(page)
    added(page)
    later = serve(later_ms=11 * 60_000)
    page.goto(f"{later}/people/new")
    expect(page.get_by_role("heading", name="本人であることを確かめます")).to_be_visible()
    check(page)
    page.get_by_role("button", name="パスキーで確かめる").click()
    expect(page.get_by_label("氏名")).to_be_visible()
    page.get_by_label("氏名").fill("新しい人")
    page.locator("form[action='/people'] button[data-kind=primary]").click()
    expect(page.locator(".notice")).to_contain_text("新しい人")
    page.goto(f"{later}/ledger")
    expect(page.get_by_text("パスキーで確かめて").first).to_be_visible()


def test_where_it_cannot_work(visit, serve):
    """番号の住所、スクリプトなし、古いブラウザ、別の名前では、押せないボタンではなく、わけが出る。"""
    url = serve()
    number = visit(cookie=None, url=url.replace("localhost", "127.0.0.1"))
    number.goto("/sign-in")
    expect(number.get_by_text("番号の住所(IPアドレス)では使えません")).to_be_visible()
    expect(number.get_by_role("button")).to_have_count(1)
    plain = visit(cookie=None, url=url, java_script_enabled=False)
    plain.goto("/sign-in")
    expect(plain.get_by_text("スクリプト(JavaScript)を使えるように")).to_be_visible()
    expect(plain.get_by_role("button", name="パスキーで入る")).not_to_be_visible()
    old = visit(cookie=None, url=url)
    old.add_init_script("delete window.PublicKeyCredential")
    old.goto("/sign-in")
    expect(old.get_by_text("このブラウザでは、パスキーを使えません")).to_be_visible()
    expect(old.get_by_role("button", name="パスキーで入る")).not_to_be_visible()
    named = serve(MAMORITE_PUBLIC_URL="https://mamorite.example.jp/")
    other = visit(cookie=None, url=named)
    other.goto("/sign-in")
    expect(other.get_by_text("https://mamorite.example.jp で開いたときに")).to_be_visible()
    check(other)
