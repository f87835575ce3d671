"""確かめる命令 (mamorite probe) を、本物の相手で試す: DICOM, HTTP, TLS, DNS, SMTP, NTP, SNMP, HL7, FHIR, PostgreSQL, ping, 証明書。"""

import asyncio
import contextlib
import http.server
import json
import os
import pathlib
import ssl
import struct
import subprocess
import threading
import time

import hl7.mllp
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from peers import PATH, Authority, answers, program, running
from program import binary, environment, free_port, run

DAY = 86_400_000


def probe(*words, code=0, **more):
    """The answer in JSON; the exit code must be as told."""
    done = run("probe", *words, "--json", **more)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    answer = json.loads(done.stdout)
    assert answer["ok"] == (code == 0) and answer["state"] in (("up", "slow") if code == 0 else ("down",))
    assert answer["ms"] >= 0 and answer["detail"]
    return answer


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"), "Minato Hospital CA")


# DICOM


def test_dicom_echo(tmp_path):
    """storescp が C-ECHO に答える。送ったものと返ったものを見せられる。"""
    port = free_port()
    with running(["storescp", "-aet", "ANY-SCP", "--output-directory", tmp_path, port], port, tmp_path):
        answer = probe("dicom", f"127.0.0.1:{port}", "--called-ae", "ANY-SCP")
        assert answer["state"] == "up" and "C-ECHO に答えました" in answer["detail"] and "trace" not in answer
        traced = probe("dicom", f"127.0.0.1:{port}", "--called-ae", "ANY-SCP", "--trace")["trace"]
        sent = [line["text"] for line in traced if line["way"] == "sent"]
        received = [line["text"] for line in traced if line["way"] == "received"]
        # A-ASSOCIATE-RQ, C-ECHO-RQ, A-RELEASE-RQ and their answers, by the first byte of each.
        assert [text[:2] for text in sent] == ["01", "04", "05"]
        assert "".join(text[:2] for text in received).startswith("02")
        # A title stands over two of its rows.
        assert "ANY-SC\n50 20" in sent[0] and sent[0].endswith("MAMORITE")


def test_dicom_refusals(tmp_path):
    """断る相手、AE を知らない相手、止まっている相手を、それぞれの言葉で言う。"""
    port = free_port()
    with running(["storescp", "--refuse", "--output-directory", tmp_path, port], port, tmp_path):
        assert "断られました" in probe("dicom", f"127.0.0.1:{port}", "--called-ae", "X", code=1)["detail"]
    (tmp_path / "store").mkdir()
    (tmp_path / "qr.cfg").write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\nHostTable END\n"
        f"VendorTable BEGIN\nVendorTable END\nAETable BEGIN\nPACS {tmp_path}/store RW (9, 1024mb) ANY\nAETable END\n")
    with running(["dcmqrscp", "-c", tmp_path / "qr.cfg", port], port, tmp_path):
        wrong = probe("dicom", f"127.0.0.1:{port}", "--called-ae", "NOBODY", code=1)
        assert "「NOBODY」という AE タイトルを知りません" in wrong["detail"] and "--called-ae" in wrong["detail"]
        assert probe("dicom", f"127.0.0.1:{port}", "--called-ae", "PACS")["state"] == "up"
    assert "接続を断りました" in probe("dicom", f"127.0.0.1:{port}", "--called-ae", "PACS", code=1)["detail"]


def test_dicom_over_tls(tmp_path, authority):
    """TLS の DICOM も、証明書ごと確かめる。"""
    certificate, key = authority.issue("dicom", "IP:127.0.0.1")
    port = free_port()
    with running(
            ["storescp", "+tls", key, certificate, "--ignore-peer-cert", "--output-directory", tmp_path, port], port,
            tmp_path):
        words = ["dicom", f"127.0.0.1:{port}", "--called-ae", "ANY", "--tls"]
        answer = probe(*words, "--ca", authority.certificate)
        assert "C-ECHO に答えました" in answer["detail"] and "証明書は CN=dicom" in answer["detail"]
        assert "知らない認証局" in probe(*words, code=1)["detail"]


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
    assert "網の外" in probe("http", url, "--networks", "10.0.0.0/8", code=1)["detail"]


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
    assert probe(*words, code=1, MAMORITE_PROBE_SECRET="wrong")["ok"] is False


def test_certificates(web, authority):
    """期限切れ、名前違い、知らない認証局を、それぞれ言い分ける。"""
    def look(name, **more):
        return probe("tls", f"localhost:{web[name]}", "--ca", authority.certificate, **more)["detail"]

    good = look("good")
    assert "2049年1月1日" in good or "2049" in good
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
    import socket
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


# SNMP


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("snmp")
    port = free_port()
    (folder / "snmpd.conf").write_text(
        "rocommunity gemeinsam 127.0.0.1\nsysLocation Server room 3\nsysServices 72\n"
        "createUser watcher SHA-256 authgeheim AES privgeheim\nrouser watcher priv\n"
        "createUser simple SHA authgeheim\nrouser simple auth\n")
    with running(
            ["snmpd", "-f", "-C", "-c", folder / "snmpd.conf", "-Lo", f"udp:127.0.0.1:{port}"], None, folder,
            env={**os.environ, "SNMP_PERSISTENT_DIR": str(folder), "MIBS": "", "PATH": PATH}) as process:
        target = f"127.0.0.1:{port}"
        end = time.monotonic() + 20
        while run("probe", "snmp", target, "1.3.6.1.2.1.1.6.0", "--timeout-ms", 300,
                  MAMORITE_PROBE_SECRET="gemeinsam").returncode:
            assert process.poll() is None and time.monotonic() < end, (folder / "snmpd.log").read_text()
        yield target


def test_snmp_v2c(agent):
    """v2c で値を取り、しきい値と比べる。合い言葉は記録に出ない。"""
    secret = {"MAMORITE_PROBE_SECRET": "gemeinsam"}
    place = probe("snmp", agent, "1.3.6.1.2.1.1.6.0", "--equals", "Server room 3", "--trace", **secret)
    assert "gemeinsam" not in json.dumps(place) and place["trace"]
    assert "値が違います" in probe("snmp", agent, "1.3.6.1.2.1.1.6.0", "--equals", "x", code=1, **secret)["detail"]
    # sysServices, a number that the agent was given.
    services = ["snmp", agent, "1.3.6.1.2.1.1.7.0"]
    assert probe(*services, "--slow-below", 70, **secret)["state"] == "up"
    assert probe(*services, "--slow-below", 80, **secret)["state"] == "slow"
    assert probe(*services, "--down-above", 70, code=1, **secret)["state"] == "down"
    assert "という値がありません" in probe("snmp", agent, "1.3.6.1.2.1.1.99.0", code=1, **secret)["detail"]
    wrong = probe("snmp", agent, "1.3.6.1.2.1.1.6.0", "--timeout-ms", 500, code=1, MAMORITE_PROBE_SECRET="x")
    assert "何も返りませんでした" in wrong["detail"]


def test_snmp_v3(agent):
    """v3 で、認証と暗号を使って取る。違うパスフレーズと知らない利用者は断られる。"""
    words = ["snmp", agent, "1.3.6.1.2.1.1.6.0", "--user", "watcher", "--authentication", "SHA-256", "--privacy", "AES"]
    secrets = {"MAMORITE_PROBE_SECRET": "authgeheim", "MAMORITE_PROBE_PRIVACY_SECRET": "privgeheim"}
    answer = probe(*words, "--equals", "Server room 3", "--trace", **secrets)
    assert "geheim" not in json.dumps(answer)
    assert "断られました" in probe(*words, code=1, **{**secrets, "MAMORITE_PROBE_SECRET": "wrongwrong"})["detail"]
    simple = ["snmp", agent, "1.3.6.1.2.1.1.6.0", "--user", "simple", "--authentication", "SHA"]
    assert probe(*simple, MAMORITE_PROBE_SECRET="authgeheim")["state"] == "up"
    nobody = ["snmp", agent, "1.3.6.1.2.1.1.6.0", "--user", "nobody", "--authentication", "SHA"]
    assert "断られました" in probe(*nobody, code=1, MAMORITE_PROBE_SECRET="authgeheim")["detail"]


# HL7


@contextlib.contextmanager
def receiver(code):
    """`hl7`'s MLLP listener, which acknowledges with `code` and keeps what it got."""
    got, port, ready = [], free_port(), threading.Event()
    loop = asyncio.new_event_loop()

    async def talk(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                message = await reader.readmessage()
                got.append(message)
                writer.writemessage(message.create_ack(ack_code=code))
                await writer.drain()

    async def serve():
        server = await hl7.mllp.start_hl7_server(talk, host="127.0.0.1", port=port)
        ready.set()
        async with server:
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield f"127.0.0.1:{port}", got
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def test_hl7(tmp_path):
    """決めた電文を送り、受け取りの符号と番号を確かめる。"""
    message = tmp_path / "message.hl7"
    message.write_text("MSH|^~\\&|MAMORITE|HOSP|RIS|HOSP|{time}||NMQ^N01|{id}|P|2.5\nNST|Y\n")
    with receiver("AA") as (target, got):
        answer = probe("hl7", target, "--message-file", message)
        assert "受け取ったと答えました(AA)" in answer["detail"]
        assert str(got[0].segment("MSH")[7]) == "20261121104200" and len(got[0]) == 2
        # Without a message nothing is sent.
        assert probe("hl7", target)["state"] == "up" and len(got) == 1
    with receiver("AE") as (target, _):
        assert "断られました(AE)" in probe("hl7", target, "--message-file", message, code=1)["detail"]
    message.write_text("hello")
    assert run("probe", "hl7", target, "--message-file", message).returncode == 2


# FHIR


def test_fhir():
    """/metadata が能力の宣言かを見る。"""
    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            isThere = self.path == "/r4/metadata" and "fhir+json" in self.headers["Accept"]
            body = json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}).encode()
            self.send_response(200 if isThere else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert "FHIR 4.0.1" in probe("fhir", url + "/r4")["detail"]
        assert "404 が返りました" in probe("fhir", url, code=1)["detail"]
        server.shutdown()


# PostgreSQL


@pytest.fixture(scope="module")
def database(tmp_path_factory, authority):
    """A cluster of its own with a password and TLS; PostgreSQL refuses root, so it then runs as `postgres`."""
    folder = pathlib.Path(subprocess.run(["mktemp", "-d", "/tmp/mamorite-probe.XXXXXX"], capture_output=True,
                                         text=True, check=True).stdout.strip())
    certificate, key = authority.issue("database", "DNS:localhost")
    for source, name in ((certificate, "server.pem"), (key, "server.key")):
        (folder / name).write_bytes(source.read_bytes())
        (folder / name).chmod(0o600)
    (folder / "password").write_text("geheim\n")
    more = {}
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", "postgres", folder], check=True)
        more = {"user": "postgres"}
    port = free_port()
    try:
        made = subprocess.run(
            [program("initdb"), "-D", folder / "data", "-U", "watcher", "--auth=scram-sha-256", "--pwfile",
             folder / "password", "--encoding=UTF8", "--locale=C.UTF-8"], capture_output=True, text=True, cwd="/tmp", **more)
        assert made.returncode == 0, made.stderr
        with running(
                ["postgres", "-D", folder / "data", "-p", port, "-k", folder, "-c", "listen_addresses=localhost", "-c",
                 "fsync=off", "-c", "ssl=on", "-c", f"ssl_cert_file={folder}/server.pem", "-c",
                 f"ssl_key_file={folder}/server.key"], None, None, cwd="/tmp", **more) as process:
            end = time.monotonic() + 30
            while run("probe", "postgres", f"127.0.0.1:{port}", "--user", "watcher",
                      MAMORITE_PROBE_SECRET="geheim").returncode:
                assert process.poll() is None and time.monotonic() < end
            yield port
    finally:
        subprocess.run(["rm", "-rf", folder], check=True)


def test_postgres(database, authority):
    """SELECT 1 まで聞く。パスワード違いと、TLS の証明書違いを断る。"""
    words = ["postgres", f"localhost:{database}", "--user", "watcher"]
    secret = {"MAMORITE_PROBE_SECRET": "geheim"}
    answer = probe(*words, "--trace", **secret)
    assert "SELECT 1 に答えました" in answer["detail"] and "geheim" not in json.dumps(answer)
    assert "password authentication failed" in probe(*words, code=1, MAMORITE_PROBE_SECRET="wrong")["detail"]
    assert probe(*words, "--security", "encrypted", **secret)["state"] == "up"
    assert probe(*words, "--security", "verified", "--ca", authority.certificate, **secret)["state"] == "up"
    assert "certificate verify failed" in probe(*words, "--security", "verified", code=1, **secret)["detail"]
    assert "does not exist" in probe(*words, "--database", "none", code=1, **secret)["detail"]


# Ping


def without_raw(*words):
    """A command without the right to raw sockets; others than root do not have it anyway."""
    if os.getuid():
        return list(words)
    return [program("setpriv"), "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", *words]


def test_ping_or_a_clear_word():
    """権限があれば ping し、なければ、何を許せばよいかを言う。"""
    first, last = map(int, pathlib.Path("/proc/sys/net/ipv4/ping_group_range").read_text().split())
    done = subprocess.run(
        without_raw(binary(), "probe", "icmp", "127.0.0.1", "--json"), env=environment(), capture_output=True, text=True,
        timeout=60)
    if first <= os.getgid() <= last:
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        assert done.returncode == 1 and "net.ipv4.ping_group_range" in json.loads(done.stdout)["detail"]


@pytest.mark.skipif(os.getuid() != 0, reason="raw sockets and a network of its own need root")
def test_ping_by_both_kinds_of_sockets():
    """生のソケットでも、カーネルの ping ソケットでも、IPv4 と IPv6 に届く。"""
    for address in ("127.0.0.1", "::1"):
        assert "3 回、返事がありました" in probe("icmp", address)["detail"]
    script = 'ip link set lo up && echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range && exec "$@"'
    for address in ("127.0.0.1", "::1"):
        done = subprocess.run(
            [program("unshare"), "--net", "sh", "-c", script, "sh",
             *without_raw(binary(), "probe", "icmp", address, "--json")], env={**environment(), "PATH": PATH},
            capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


# The command itself


def test_words_and_exit_codes():
    """終了コードと言葉: 入力が受け取れないときは2、使い方の誤りは64。英語でも言う。"""
    assert run("probe", "http", "ftp://example.jp/").returncode == 2
    assert run("probe", "tcp", "nowhere").returncode == 2
    assert run("probe", "dicom", "127.0.0.1:1", "--called-ae", "A" * 17).returncode == 2
    assert run("probe", "tcp", "127.0.0.1:1", "--ca").returncode == 64
    assert run("probe", "telepathy", "127.0.0.1").returncode == 64
    assert run("probe", "tcp", "127.0.0.1:1", "--timeout-ms", 0).returncode == 2
    assert "Exit codes: 0 up or slow, 1 down" in run("probe", "--help").stdout
    port = free_port()
    assert not answers(port)
    english = probe("tcp", f"127.0.0.1:{port}", code=1, LC_ALL="en_US.UTF-8")
    assert "refused the connection" in english["detail"]
    plain = run("probe", "tcp", f"127.0.0.1:{port}")
    assert plain.returncode == 1 and plain.stdout.startswith("止まっています")


def test_tcp_send_and_expect():
    """送って、返る言葉を待つ。"""
    import socketserver

    class Echo(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"+" + self.rfile.readline())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        target = "%s:%d" % server.server_address
        words = ["tcp", target, "--send", r"PING\r\n"]
        assert probe(*words, "--expect", r"+PING\r")["state"] == "up"
        assert "「PONG」がありません" in probe(*words, "--expect", "PONG", code=1)["detail"]
        slow = probe("tcp", target, "--slow-ms", 1, "--send", r"x\n", "--expect", "+x")
        assert slow["state"] in ("up", "slow")
        server.shutdown()
