"""入り口: TLS、名前、要求の数、遅い相手、大きすぎるもの。"""

import contextlib
import hashlib
import http.client
import pathlib
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from program import NOW, Server, Visitor, free_port, run

NAME = "mamorite.example.jp"


class Served(Server):
    """A server that speaks TLS, believed by its own certificate alone."""

    def __init__(self, data, *words, **more):
        super().__init__(data, "--tls", "--host-name", NAME, *words, **more)
        self.url = f"https://127.0.0.1:{self.port}"

    def wait(self, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, "serve ended"
            try:
                self.context = ssl.create_default_context(cafile=str(self.data / "tls.pem"))
                with urllib.request.urlopen(self.url + "/readyz", timeout=1, context=self.context):
                    return self
            except OSError:
                time.sleep(0.02)
        raise AssertionError("serve does not answer")

    def said(self):
        return (self.data.parent / f"{self.data.name}.log").read_text()


def fingerprint(data):
    der = ssl.PEM_cert_to_DER_cert((data / "tls.pem").read_text())
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


@pytest.fixture(scope="module")
def hospital(made, tmp_path_factory):
    data = shutil.copytree(made, tmp_path_factory.mktemp("entrance") / "data")
    with Server(data, "--host-name", NAME) as server:
        yield server


def ask(server, path, host=None, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    if host:
        headers["Host"] = host
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    return answer, content


def test_own_certificate(tmp_path):
    """自分で作る証明書: 指紋を出し、その証明書を信じるブラウザだけがつながり、クッキーは Secure。"""
    with Served(tmp_path / "data", MAMORITE_NOW="") as server:
        assert fingerprint(server.data) in server.said() and "https://127.0.0.1" in server.said()
        for name in ("tls.pem", "tls.key"):
            assert (server.data / name).stat().st_mode & 0o777 == 0o600
        with pytest.raises(ssl.SSLCertVerificationError):
            with socket.create_connection(("127.0.0.1", server.port)) as plain:
                ssl.create_default_context().wrap_socket(plain, server_hostname=NAME)
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            with server.context.wrap_socket(plain, server_hostname=NAME) as secured:
                assert secured.version() in ("TLSv1.2", "TLSv1.3")
        with urllib.request.urlopen(server.url + "/setup", context=server.context) as answer:
            assert "; Secure" in answer.headers["Set-Cookie"]
            # Who has only looked past a warning must not be kept from doing so again.
            assert answer.headers["Strict-Transport-Security"] is None
        first = fingerprint(server.data)
    with Served(tmp_path / "data", MAMORITE_NOW="") as again:
        assert fingerprint(again.data) == first


def test_certificate_is_renewed(tmp_path):
    """期限まで30日を切った自作の証明書は、起動のときに作り直す。"""
    data = tmp_path / "data"
    with Served(data, MAMORITE_NOW=""):
        first = fingerprint(data)
    day = 86_400_000
    # A server that lives so far ahead speaks with a certificate that no client of today believes: only the file is looked at.
    for days, is_same in ((360, True), (380, False), (900, False)):
        log = tmp_path / "data.log"
        said = log.read_text().count("SHA-256")
        server = Server(data, "--tls", MAMORITE_NOW=str(int(time.time() * 1000) + days * day))
        end = time.monotonic() + 20
        while log.read_text().count("SHA-256") == said and time.monotonic() < end:
            time.sleep(0.05)
        server.end()
        assert (fingerprint(data) == first) == is_same


def test_given_certificate(tmp_path):
    """病院の証明書: 使うと、これからも TLS で来るように言う。"""
    authority(tmp_path)
    data = tmp_path / "data"
    server = Server(
        data, "--tls-certificate", tmp_path / "server.pem", "--tls-key", tmp_path / "server.key", "--host-name", NAME)
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    try:
        end = time.monotonic() + 20
        while True:
            try:
                plain = socket.create_connection(("127.0.0.1", server.port))
                break
            except OSError:
                assert time.monotonic() < end and server.process.poll() is None
                time.sleep(0.02)
        with plain, context.wrap_socket(plain, server_hostname=NAME) as secured:
            secured.sendall(f"GET /setup HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while part := secured.recv(65_536):
                answer += part
        assert b"strict-transport-security: max-age=31536000" in answer.split(b"\r\n\r\n")[0].lower()
    finally:
        server.end()


def authority(folder):
    """ca.pem, and server.pem with server.key of it."""
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=folder)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-days", "800", "-subj", "/CN=Test CA", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out",
            "server.csr", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-copy_extensions", "copy", "-days",
            "800", "-out", "server.pem")


@pytest.mark.parametrize(
    "words, code, sentence",
    [
        (("--tls-certificate", "server.pem"), 2, "両方を指定"),
        (("--tls-certificate", "none.pem", "--tls-key", "server.key"), 5, "読めません"),
        (("--tls-certificate", "server.key", "--tls-key", "server.key"), 5, "証明書(PEM)として読めません"),
        (("--tls-certificate", "server.pem", "--tls-key", "server.pem"), 5, "秘密鍵(PEM)として読めません"),
        (("--tls-certificate", "server.pem", "--tls-key", "ca.key"), 5, "組になっていません"),
    ])
def test_unusable_certificate(tmp_path, words, code, sentence):
    """使えない証明書では起動せず、わけを言う。"""
    authority(tmp_path)
    words = [tmp_path / word if "." in word else word for word in words]
    done = run("serve", "--data", tmp_path / "data", "--port", free_port(), *words)
    assert done.returncode == code and sentence in done.stderr, done.stderr


def test_ended_certificate(tmp_path):
    """期限の切れた証明書では起動しない。"""
    authority(tmp_path)
    done = run(
        "serve", "--data", tmp_path / "data", "--port", free_port(), "--tls-certificate", tmp_path / "server.pem", "--tls-key",
        tmp_path / "server.key", MAMORITE_NOW=str(int(NOW) + 900 * 86_400_000))
    assert done.returncode == 5 and "切れています" in done.stderr, done.stderr


@pytest.mark.parametrize("host", [NAME, f"{NAME}:8443", NAME.upper(), "127.0.0.1", "192.168.1.10:8080", "[::1]:8080", "localhost"])
def test_known_names(hospital, host):
    """決めた名前と、番号の住所では開く。"""
    assert ask(hospital, "/sign-in", host)[0].status == 200


@pytest.mark.parametrize("host", ["evil.example", f"{NAME}.evil.example", "127.0.0.1.evil.example", "[evil]", "1.2.3"])
def test_other_names(hospital, host):
    """ほかの名前では何も開かず、直し方を言う。見張りの住所だけは開く。"""
    answer, page = ask(hospital, "/sign-in", host)
    assert answer.status == 421 and "--host-name" in page and "name=\"password\"" not in page
    assert ask(hospital, "/sign-in", host, "POST", "login=a")[0].status == 421
    assert ask(hospital, "/healthz", host)[0].status == 200


def test_too_many_requests(tmp_path):
    """一つの接続元が送りすぎると、待つように言う。別の接続元は待たない。"""
    with Server(tmp_path / "data", "--requests-per-second", "1", "--proxy") as server:
        def status(address):
            return ask(server, "/setup", **{"X-Forwarded-For": address})[0]
        answers = [status("10.0.0.1") for _ in range(25)]
        assert answers[0].status == 200
        assert answers[-1].status == 429 and answers[-1].headers["Retry-After"] == "2"
        assert status("10.0.0.2").status == 200


def test_the_page_for_the_wards(data, facility):
    """病棟への掲示は、開けると決めた網からだけ、サインインなしで見える。"""
    path = f"/status/{facility}"
    with Server(data, "--proxy") as server:
        def seen(address, path=path):
            answer, page = ask(server, path, **{"X-Forwarded-For": address})
            return answer.status, page

        assert seen("10.1.2.3")[0] == 404
        visitor = Visitor(server.url).sign_in()

        def save(**fields):
            page = visitor.ask("/board")[2].decode()
            hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("_token", "version")}
            assert visitor.ask("/board", {**hidden, **fields})[0] == 303

        save(open="yes", networks="10.1.0.0/16 fd00:1::/32", note="内線 2190")
        for address in ("10.1.2.3", "10.1.255.255", "fd00:1::7"):
            status, page = seen(address)
            assert status == 200 and "内線 2190" in page, address
        for address in ("10.2.0.1", "192.168.1.10", "fd00:2::7", "127.0.0.1", "unknown"):
            status, page = seen(address)
            assert status == 404 and "2190" not in page, address
        # Another facility, or none, looks the same.
        assert seen("10.1.2.3", "/status/0192f000-0000-7000-8000-000000000001")[0] == 404
        save(networks="10.1.0.0/16", note="")
        assert seen("10.1.2.3")[0] == 404


def test_slow_body(hospital):
    """少しずつしか届かない本文は、時間で切る。ほかの人は待たない。"""
    with socket.create_connection(("127.0.0.1", hospital.port), timeout=60) as slow:
        head = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n"
        slow.sendall(head.encode())
        start, answer = time.monotonic(), b""
        while not answer and time.monotonic() - start < 55:
            try:
                slow.sendall(b"a")
            except OSError:
                break
            assert ask(hospital, "/healthz")[0].status == 200
            slow.settimeout(1)
            try:
                answer = slow.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
        assert answer.startswith(b"HTTP/1.1 408"), answer[:200]


@pytest.mark.parametrize("length", ["3000000", "99999999999", None])
def test_oversized_body(hospital, length):
    """大きすぎる本文は、読み切る前に断る。"""
    with socket.create_connection(("127.0.0.1", hospital.port), timeout=20) as client:
        how = f"Content-Length: {length}" if length else "Transfer-Encoding: chunked"
        client.sendall(f"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n{how}\r\n\r\n".encode())
        part = b"a" * 65_536
        chunk = part if length else b"10000\r\n" + part + b"\r\n"
        answer = b""
        client.settimeout(0.02)
        for _ in range(200):
            try:
                client.sendall(chunk)
            except TimeoutError:
                pass
            except OSError:
                break
            try:
                if answer := client.recv(4096):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert answer.startswith(b"HTTP/1.1 413"), answer[:200]


@pytest.mark.parametrize("header", ["X" * 100_000, "\r\n".join(f"X-{n}: 1" for n in range(1500))])
def test_oversized_head(hospital, header):
    """大きすぎる見出しは断り、サーバは動き続ける。"""
    with socket.create_connection(("127.0.0.1", hospital.port), timeout=10) as client:
        try:
            client.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {header}\r\n\r\n".encode())
            answer = client.recv(4096)
        except OSError:
            answer = b""
    assert answer == b"" or re.match(rb"HTTP/1.1 4\d\d", answer), answer[:100]
    assert ask(hospital, "/healthz")[0].status == 200


@pytest.mark.parametrize("path", ["/assets/../../etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/mamorite.key"])
def test_path_traversal(hospital, path):
    """場所をさかのぼっても、何も出ない。"""
    answer, page = ask(hospital, path)
    assert answer.status == 404 and "root:" not in page


def test_header_injection(hospital):
    """行の終わりを含む値が、答えの見出しを増やすことはない。"""
    for value in ("/%0d%0aSet-Cookie:%20x=1", "//evil.example", "/%5cevil.example", "https://evil.example"):
        answer, _ = ask(hospital, f"/language/en?back={value}")
        assert answer.status == 303 and answer.headers["Location"].startswith("/")
        assert not answer.headers["Location"].startswith("//") and "\\" not in answer.headers["Location"]
        assert [each.split("=")[0] for each in answer.headers.get_all("Set-Cookie")] == ["language"]


def test_no_secrets_in_log(data, tmp_path):
    """記録に、パスワードもクッキーも出ない。いちばん細かい記録でも。"""
    with Server(data, "--json-logs", MAMORITE_LOG="trace") as server:
        visitor = Visitor(server.url).sign_in()
        cookie = visitor.cookie.split("=", 1)[1]
        visitor.ask("/account")
        assert visitor.ask("/v/" + "ab" * 32)[0] == 404
        log = (tmp_path / "data.log").read_text()
    assert "sign-in" in log
    for secret in ("minato-demo-2026", cookie, "ab" * 32):
        assert secret not in log


def test_notice_before_the_certificate_ends(made, authority, tmp_path):
    """自分の証明書の期限まで30日を切ると、管理者のお知らせに、その証明書について一度だけ出る。"""
    data = pathlib.Path(shutil.copytree(made, tmp_path / "data"))
    end = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(int(NOW) / 1000 + 20 * 86_400))
    certificate, key = authority.issue("server-that-ends", f"DNS:{NAME}", ends=end)

    def told():
        with contextlib.closing(sqlite3.connect(f"file:{data}/mamorite.sqlite?mode=ro", uri=True)) as database:
            return database.execute(
                "SELECT p.role, i.key, i.arguments_json FROM inbox i JOIN person p ON p.facility_id = i.facility_id"
                " AND p.id = i.recipient_id WHERE i.key LIKE 'facilities.certificate%'").fetchall()

    for start in range(2):
        server = Server(data, "--tls-certificate", certificate, "--tls-key", key)
        try:
            until = time.monotonic() + 15
            while not told() and time.monotonic() < until:
                assert server.process.poll() is None, "serve ended"
                time.sleep(0.1)
            # A second start says nothing further: two rounds of the worker pass.
            time.sleep(2.2 if start else 0)
        finally:
            server.end()
    found = told()
    assert {row[0] for row in found} == {"administrator"} and {row[1] for row in found} == {"facilities.certificateEnding"}
    assert len(found) == 1 and "2026-12-11" in found[0][2]


def test_forms_over_plain_http(hospital):
    """院内の http では、ブラウザは Origin だけを言う。自分のページからの文は持ち越し、よそのページからの文は持ち越さない。"""
    visitor = Visitor(hospital.url)
    token = visitor.token("/sign-in")
    own = f"http://{NAME}:{hospital.port}"
    # Even with the right value of the form, which nobody elsewhere knows, a form that says it comes from there is not kept.
    for origin, sent, is_kept in [(own, "x", True), (None, token, True), (None, "x", False), ("http://portal.minato.lan", token, False), ("null", token, False)]:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": visitor.cookie, **({"Origin": origin} if origin else {})}
        answer, content = ask(
            hospital, "/people", host=f"{NAME}:{hospital.port}", method="POST", body=f"name=kept-text&_token={sent}", **headers)
        assert answer.status == 401, origin
        assert ("kept-text" in content) == is_kept, origin
