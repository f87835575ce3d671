"""確かめる命令 (mamorite probe) を、本物の相手で試す: HTTP、TLS、証明書、DNS、SMTP、NTP。"""

import contextlib
import json
import os
import socket
import ssl
import struct
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from peers import Authority, probe, running
from program import free_port, run

DAY = 86_400_000


# HTTP and TLS


@pytest.fixture(scope="module")
def web(tmp_path_factory, authority):
    """nginx: plain, and TLS with a good, an ended, a foreign and an unknown certificate."""
    folder = tmp_path_factory.mktemp("nginx")
    other = Authority(folder, "Somebody Else CA")
    certificates = {
        "good": authority.issue("good", "DNS:localhost,IP:127.0.0.1,IP:::1"),
        "ended": authority.issue("ended", "DNS:localhost", ends="20261001000000Z"),
        "named": authority.issue("named", "DNS:ehr.example.jp"),
        "unknown": other.issue("unknown", "DNS:localhost"),
    }
    ports = {name: free_port() for name in ["plain", *certificates]}
    (folder / "page").mkdir()
    (folder / "page" / "index.html").write_text("<title>電子カルテ</title>")
    (folder / "page" / "password").write_text("monitor:{PLAIN}geheim\n")
    servers = "".join(
        f"server {{ listen 127.0.0.1:{ports[name]} ssl http2; ssl_certificate {pem}; ssl_certificate_key {key};"
        f" root {folder}/page; }}\n" for name, (pem, key) in certificates.items())
    (folder / "nginx.conf").write_text(
        ("" if os.getuid() else "user root;\n")
        + f"daemon off; error_log {folder}/error.log; pid {folder}/pid; events {{}}\nhttp {{ access_log off;"
        + "".join(f" {kind}_temp_path {folder}/{kind};" for kind in
                  ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        + f"\nserver {{ listen 127.0.0.1:{ports['plain']}; listen [::1]:{ports['plain']}; root {folder}/page;\n"
        f" location /circle {{ return 302 /circle2; }} location /circle2 {{ return 302 /circle; }}\n"
        f" location /there {{ return 301 https://localhost:{ports['good']}/; }}\n"
        f" location /broken {{ return 503; }}\n"
        f" location /login {{ auth_basic x; auth_basic_user_file {folder}/page/password; try_files /index.html =404; }}"
        f" }}\n{servers}}}\n")
    with running(["nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log", "-p", folder],
                 ports["plain"], folder):
        yield ports


def test_http(web):
    """状態と本文と転送を見る。IPv6 でも。"""
    url = f"http://localhost:{web['plain']}"
    assert probe("http", url, "--expect", "電子カルテ")["state"] == "up"
    assert probe("http", f"http://[::1]:{web['plain']}/", "--ip", "6")["state"] == "up"
    assert "「会計」がありません" in probe("http", url, "--expect", "会計", code=1)["detail"]
    assert "503 が返りました" in probe("http", url + "/broken", code=1)["detail"]
    assert probe("http", url + "/broken", "--status", "503")["state"] == "up"
    assert "輪になっています" in probe("http", url + "/circle", code=1)["detail"]
    # Nothing is known of a target that may not be asked: that is not "down".
    outside = run("probe", "http", url, "--networks", "10.0.0.0/8", "--json")
    assert outside.returncode == 2 and "網の外" in outside.stderr and outside.stdout == ""


def test_http2_by_redirect(web, authority):
    """TLS の先で HTTP/2 になり、転送先の証明書も確かめる。"""
    there = f"http://localhost:{web['plain']}/there"
    answer = probe("http", there, "--ca", authority.certificate, "--expect", "電子カルテ")
    assert "HTTP/2 の 200" in answer["detail"] and "証明書は CN=good" in answer["detail"]
    answer = probe("http", f"https://localhost:{web['good']}/", "--ca", authority.certificate, "--http1")
    assert "HTTP/1.1 の 200" in answer["detail"]


def test_http_password(web, tmp_path):
    """パスワードは環境変数かファイルで渡り、記録には出ない。"""
    url = f"http://localhost:{web['plain']}/login"
    assert "サインインを求められている" in probe("http", url, code=1)["detail"]
    words = ["http", url, "--login", "monitor", "--trace"]
    answer = probe(*words, MAMORITE_PROBE_SECRET="geheim")
    assert "geheim" not in json.dumps(answer) and "Basic ***" in json.dumps(answer)
    (tmp_path / "secret").write_text("geheim\n")
    assert probe(*words, "--secret-file", tmp_path / "secret")["state"] == "up"
    # As Notepad writes it.
    for written in (b"geheim\r\nnote\r\n", b"\xef\xbb\xbfgeheim\r\n"):
        (tmp_path / "secret").write_bytes(written)
        assert probe(*words, "--secret-file", tmp_path / "secret")["state"] == "up"
    assert probe(*words, code=1, MAMORITE_PROBE_SECRET="wrong")["ok"] is False


def test_certificates(web, authority):
    """期限切れ、名前違い、知らない認証局を、それぞれ言い分ける。"""
    def look(name, **more):
        return probe("tls", f"localhost:{web[name]}", "--ca", authority.certificate, **more)["detail"]

    good = look("good")
    assert "証明書は CN=good(発行者 CN=Minato Hospital CA)で、令和31年1月1日まで、残り8076日です。" in good
    ended = look("ended", code=1)
    # Ended on 1 October at 00:00 UTC; it is 21 November.
    assert "切れています(52日前)" in ended and "知らない認証局" not in ended
    named = look("named", code=1)
    assert "localhost のものではありません(書いてある名前: ehr.example.jp)" in named and "知らない認証局" not in named
    unknown = look("unknown", code=1)
    assert "知らない認証局「CN=Somebody Else CA」" in unknown and "のものではありません" not in unknown
    # By another name it is well, and whoever looks only at the days sees only the days.
    assert probe("tls", f"localhost:{web['named']}", "--ca", authority.certificate, "--tls-name", "ehr.example.jp")
    assert probe("tls", f"localhost:{web['unknown']}", "--no-verify")["state"] == "up"
    assert probe("tls", f"localhost:{web['ended']}", "--no-verify", code=1)


def test_days_left_with_time_moved(web, authority):
    """時が過ぎると、遅い(30日前)、止まっている(切れた)になる。"""
    # 2049-01-01T00:00:00Z
    end = 2_493_072_000_000
    words = ["tls", f"localhost:{web['good']}", "--ca", authority.certificate]
    assert probe(*words, MAMORITE_NOW=str(end - 31 * DAY))["state"] == "up"
    soon = probe(*words, MAMORITE_NOW=str(end - 29 * DAY))
    assert soon["state"] == "slow" and "残り29日" in soon["detail"]
    assert probe(*words, "--down-days", "30", code=1, MAMORITE_NOW=str(end - 29 * DAY))
    assert "切れています" in probe(*words, code=1, MAMORITE_NOW=str(end + 1000))["detail"]


def test_certificate_files(tmp_path, authority):
    """PEM も DER も読み、切れそうなものを知らせる。壊れたものは、壊れていると言う。"""
    pem, _ = authority.issue("file", "DNS:a.example.jp", ends="20261201000000Z")
    der = tmp_path / "file.der"
    der.write_bytes(ssl.PEM_cert_to_DER_cert(pem.read_text()))
    for path in (pem, der):
        answer = probe("certificate", path)
        assert answer["state"] == "slow" and "残り9日" in answer["detail"]
    both = tmp_path / "both.pem"
    both.write_text(authority.certificate.read_text() + pem.read_text())
    assert probe("certificate", both)["state"] == "slow"
    # Of many all are judged, also those that are not shown.
    both.write_text(authority.certificate.read_text() * 25 + pem.read_text())
    many = probe("certificate", both)
    assert many["state"] == "slow" and "26枚" in many["detail"] and many["detail"].count("証明書は CN=") == 20
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert run("probe", "certificate", pipe, timeout=20).returncode == 2
    # Wrong ASN.1: a length beyond the end, and a bit turned in the middle of the structure.
    whole = der.read_bytes()
    for number, broken in enumerate([whole[:-20], b"\x30\x84\xff\xff\xff\xff" + whole, b"\x30" + bytes(40)]):
        path = tmp_path / f"{number}.der"
        path.write_bytes(broken)
        assert "壊れていて" in probe("certificate", path, code=1)["detail"]
    for path in (tmp_path / "none.pem", tmp_path):
        assert run("probe", "certificate", path).returncode == 2
    (tmp_path / "text").write_text("hello")
    assert "証明書がありません" in run("probe", "certificate", tmp_path / "text").stderr


def test_intermediate_certificates(tmp_path, authority):
    """途中の認証局の証明書が切れそうなら「遅い」。切れたものが余分にあるだけなら、止まってはいない。"""
    below = {name: authority.below(name, ends) for name, ends in {
        "Long CA": "20480101000000Z", "Soon CA": "20261201000000Z", "Past CA": "20261001000000Z"}.items()}

    @contextlib.contextmanager
    def serving(name, *others):
        certificate, key = below[name].issue("leaf", "DNS:localhost", ends="20470101000000Z")
        chain, port = tmp_path / "chain.pem", free_port()
        chain.write_text("".join(below[one].certificate.read_text() for one in (name, *others)))
        with running(["openssl", "s_server", "-www", "-accept", port, "-cert", certificate, "-key", key, "-cert_chain",
                      chain], port, tmp_path):
            yield ["tls", f"localhost:{port}", "--ip", "4", "--ca", authority.certificate]

    with serving("Long CA") as words:
        assert probe(*words)["state"] == "up"
    with serving("Soon CA") as words:
        soon = probe(*words)
        assert soon["state"] == "slow" and "「CN=Soon CA」の証明書が" in soon["detail"] and "残り9日" in soon["detail"]
    with serving("Past CA") as words:
        past = probe(*words, code=1)["detail"]
        assert "「CN=Past CA」の証明書が" in past and "知らない認証局" not in past
    with serving("Long CA", "Past CA") as words:
        extra = probe(*words)
        assert extra["state"] == "slow" and "「CN=Past CA」の証明書が" in extra["detail"]


# DNS


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    port = free_port()
    long = [f"--txt-record=long.minato.example,{'x' * 200}{number}" for number in range(8)]
    with running(
            ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file", "--no-resolv", "--no-hosts",
             f"--user={os.environ.get('USER', 'root') if os.getuid() else 'root'}", f"--port={port}",
             "--listen-address=127.0.0.1", "--bind-interfaces", "--local=/example/", "--auth-ttl=60",
             "--host-record=ehr.minato.example,192.0.2.10,2001:db8::10",
             "--cname=www.minato.example,ehr.minato.example", "--mx-host=minato.example,mail.minato.example,10",
             "--txt-record=minato.example,v=spf1 -all", "--srv-host=_ldap._tcp.minato.example,ad.minato.example,389,1,2",
             "--ptr-record=5.2.0.192.in-addr.arpa,pacs.minato.example", *long], port,
            tmp_path_factory.mktemp("dns")):
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize("name, kind, record", [
    ("ehr.minato.example", "A", "192.0.2.10"), ("EHR.minato.example.", "AAAA", "2001:0db8::10"),
    ("www.minato.example", "CNAME", "ehr.minato.example."), ("minato.example", "MX", "10 Mail.minato.example."),
    ("minato.example", "TXT", "v=spf1 -all"), ("192.0.2.5", "PTR", "pacs.minato.example"),
    ("_ldap._tcp.minato.example", "SRV", "1 2 389 ad.minato.example"), ("www.minato.example", "A", "192.0.2.10")])
def test_dns(names, name, kind, record):
    """記録の種類ごとに聞き、あるはずの答えと比べる。"""
    words = ["dns", name, "--type", kind, "--server", names]
    assert probe(*words, "--expect", record)["state"] == "up"
    assert "DNS の答えが違います" in probe(*words, "--expect", "other.example", code=1)["detail"]


def test_dns_falls_back_to_tcp(names):
    """UDP に入らない答えは、TCP で聞き直す。"""
    answer = probe("dns", "long.minato.example", "--type", "TXT", "--server", names, "--trace")
    assert answer["detail"].count("x" * 150) >= 1
    assert any(line["text"].startswith("→ 127.0.0.1") for line in answer["trace"])


def test_dns_without_answer(names):
    """ない名前と、記録のない種類を言い分ける。"""
    assert "という名前はありません" in probe("dns", "no.minato.example", "--server", names, code=1)["detail"]
    assert "MX の登録がありません" in probe(
        "dns", "ehr.minato.example", "--type", "MX", "--server", names, code=1)["detail"]


# SMTP


def test_smtp(authority):
    """あいさつと STARTTLS。メールは送らない。"""
    certificate, key = authority.issue("mail", "DNS:localhost,IP:127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    plain = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    secure = Controller(Sink(), hostname="127.0.0.1", port=free_port(), tls_context=context)
    for server in (plain, secure):
        server.start()
    try:
        assert "220 " in probe("smtp", f"127.0.0.1:{plain.port}")["detail"]
        assert "STARTTLS を知りません" in probe(
            "smtp", f"127.0.0.1:{plain.port}", "--security", "starttls", code=1)["detail"]
        words = ["smtp", f"127.0.0.1:{secure.port}", "--security", "starttls"]
        assert "証明書は CN=mail" in probe(*words, "--ca", authority.certificate)["detail"]
        assert "知らない認証局" in probe(*words, code=1)["detail"]
    finally:
        for server in (plain, secure):
            server.stop()


# NTP


@contextlib.contextmanager
def time_server(ahead):
    """A time server whose clock is `ahead` seconds ahead."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))

    def stamp():
        now = time.time() + ahead + 2_208_988_800
        return struct.pack(">II", int(now), int(now % 1 * 2**32))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                question, address = listener.recvfrom(512)
                if question == b"end":
                    return
                came = stamp()
                listener.sendto(bytes([0x24, 2, 6, 0xEC]) + bytes(20) + question[40:48] + came + stamp(), address)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"end", listener.getsockname())
        thread.join(5)
        listener.close()


@pytest.mark.parametrize("ahead, code, state", [(0, 0, "up"), (20, 0, "slow"), (-20, 0, "slow"), (300, 1, "down")])
def test_ntp(ahead, code, state):
    """時計のずれを、進みも遅れも量る。"""
    with time_server(ahead) as server:
        answer = probe("ntp", server, "--slow-offset-ms", 10_000, "--down-offset-ms", 100_000, code=code)
    assert answer["state"] == state
    if state == "slow":
        assert "ミリ秒ずれています" in answer["detail"]
