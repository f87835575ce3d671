"""メール: 本物の SMTP サーバに渡すところまで。届くもの、断られ方、鍵のかかった通信。"""

import email
import email.policy
import re
import socket
import subprocess
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from program import Server, Visitor, free_port

FIELDS = {"host": "127.0.0.1", "security": "none", "sender": "joho@minato.example", "sender-name": "みなと総合病院"}


class Postbox:
    """Keeps what it is given; refuses one recipient for good and one for now."""

    def __init__(self):
        self.got = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy@"):
            return "451 4.3.2 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.got.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 kept"

    def wait(self, count, seconds=20):
        end = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.05)
        assert len(self.got) == count, [each["Subject"] for each in self.got]
        return self.got


@pytest.fixture
def post():
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


def save(visitor, **fields):
    token = visitor.token("/mail")
    version = re.search(rb'name="version" value="(\d+)"', visitor.ask("/mail")[2])[1].decode()
    return visitor.ask("/mail", {"_token": token, "version": version, **FIELDS, **fields})


def send_test(visitor, to):
    status, _, body = visitor.ask("/mail/test", {"_token": visitor.token("/mail"), "to": to})
    # The answer stands in the notice; a failure of the test shows it.
    return status, re.search(r'<div class="notice".*?</div>', body.decode(), re.S)[0]


def test_a_test_message_arrives_whole(data, post):
    """試しのメールが、件名も本文も差出人も、日本語のまま届く。"""
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, port=post.port)[0] == 303
        status, body = send_test(visitor, "tanaka@minato.example")
        assert status == 200 and "tanaka@minato.exampleへ送りました" in body
        (message,) = post.wait(1)
        assert message["Subject"] == "守り手からの試しのメール"
        assert message["From"].addresses[0].display_name == "みなと総合病院"
        assert message["From"].addresses[0].addr_spec == "joho@minato.example"
        assert message["To"].addresses[0].addr_spec == "tanaka@minato.example"
        assert "みなと総合病院の守り手から" in message.get_content()
        assert message["Auto-Submitted"] == "auto-generated" and message["Message-ID"]


def test_a_refusal_is_shown_in_the_servers_words(data, post):
    """断られたわけを、サーバの言葉で示す。つながらない時と、名前がない時も、何を確かめるかを言う。"""
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, port=post.port)[0] == 303
        _, body = send_test(visitor, "nobody@minato.example")
        assert "サーバに断られました(550)" in body and "no such mailbox" in body
        status, body = send_test(visitor, "no address")
        assert status == 422 and "送り先のアドレスを読み取れません" in body
        assert save(visitor, port=free_port())[0] == 303
        assert "つながりません" in send_test(visitor, "a@minato.example")[1]
        # A part of a name has at most 63 letters: no name server need be asked.
        assert save(visitor, host="a" * 64, port=25)[0] == 303
        assert "見つかりません" in send_test(visitor, "a@minato.example")[1]
        assert save(visitor, port=post.port, security="starttls")[0] == 303
        assert "STARTTLS を知りません" in send_test(visitor, "a@minato.example")[1]
        assert post.got == []


def test_silence_after_the_text_is_not_taken_for_success(data):
    """すべて受け取ってから黙って切るサーバには、届いたか分からないと言う。"""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk():
        line, _ = listener.accept()
        with line, line.makefile("rwb") as stream:
            stream.write(b"220 here\r\n")
            stream.flush()
            for answer in (b"250 here\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go\r\n"):
                stream.readline()
                stream.write(answer)
                stream.flush()
            while stream.readline() != b".\r\n":
                pass

    threading.Thread(target=talk, daemon=True).start()
    with listener, Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, port=listener.getsockname()[1])[0] == 303
        assert "届いたかもしれません" in send_test(visitor, "a@minato.example")[1]


def test_a_request_goes_to_the_vendor_with_its_link(data, post):
    """依頼をメールでも送ると、開くリンクが届き、催促はその返事として届く。文はデータベースに残らない。"""
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, port=post.port)[0] == 303
        page = visitor.ask("/requests/new")[2].decode()
        vendor, form = (re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("recipient", "form"))
        fields = {
            "_token": visitor.token("/requests/new"), "form": form, "recipient": vendor, "due": "2026-12-18",
            "expires": "2027-01-31", "mail": "1", "message": ""}
        preview = visitor.ask("/requests/preview", fields)[2].decode()
        address = re.search(r"([^\s>]+@[^\s<]+?)へメールで送ります", preview)[1]
        batch = re.search(r'name="batch" value="([^"]+)"', preview)[1]
        status, _, body = visitor.ask("/requests", {**fields, "batch": batch})
        assert status == 200 and f"{address}へメールで送ります" in body.decode()

        first = post.wait(1)[0]
        assert first["To"].addresses[0].addr_spec == address
        assert first["Subject"].startswith("みなと総合病院からのお願い: ")
        link = re.search(r"http://\S+/v/(\S+)", first.get_content())
        assert Visitor(server.url).ask(f"/v/{link[1]}")[0] in (200, 303)

        requests = re.findall(r'href="/requests/([0-9a-f-]{36})"', visitor.ask("/mail")[2].decode())
        path = f"/requests/{requests[0]}/mail"
        assert visitor.ask(path, {"_token": visitor.token(path)})[0] == 303
        second = post.wait(2)[1]
        assert second["In-Reply-To"] == first["Message-ID"]
        assert "/v/" not in second.get_content()
        assert "送った" in visitor.ask(path)[2].decode()
    for file in data.glob("mamorite.sqlite*"):
        assert link[1].encode() not in file.read_bytes()


@pytest.fixture
def authority(tmp_path):
    """A certificate for 127.0.0.1 that signs itself."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return key, certificate


def test_starttls_and_password(data, authority):
    """知らない証明書は信じず、院内の認証局を教えると STARTTLS で渡す。パスワードの違いは、そう言う。"""
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority[1], authority[0])

    def check(server, session, envelope, mechanism, given):
        return AuthResult(success=given.password == "合言葉です".encode(), handled=False)

    box = Postbox()
    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True, auth_required=True,
        authenticator=check)
    controller.start()
    try:
        fields = {"port": controller.port, "security": "starttls", "login": "joho", "password": "合言葉です"}
        with Server(data) as server:
            visitor = Visitor(server.url).sign_in()
            assert save(visitor, **fields)[0] == 303
            assert "証明書を信じられません" in send_test(visitor, "a@minato.example")[1]
        with Server(data, MAMORITE_CA_FILE=str(authority[1])) as server:
            visitor = Visitor(server.url).sign_in()
            assert "へ送りました" in send_test(visitor, "a@minato.example")[1]
            assert save(visitor, **{**fields, "password": "違う"})[0] == 303
            assert "パスワードが違うと断られました" in send_test(visitor, "a@minato.example")[1]
            # Another server never gets the password of this one.
            status, _, body = save(visitor, **{**fields, "host": "localhost", "password": ""})
            assert status == 422 and "もう一度入れてください" in body.decode()
        box.wait(1)
    finally:
        controller.stop()
    for file in data.glob("mamorite.sqlite*"):
        assert "合言葉です".encode() not in file.read_bytes()
