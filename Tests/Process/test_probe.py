"""確かめる命令 (mamorite probe) を、本物の相手で試す: DICOM、HL7、FHIR、PostgreSQL、SNMP、ping、言葉と終了コード。"""

import asyncio
import contextlib
import http.server
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading
import time

import hl7.mllp
import pytest
from peers import PATH, Authority, answers, probe, program, running
from program import Server, Visitor, binary, environment, free_port, run
from test_monitoring import add, allow


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


def parts(trace, way):
    """The kinds of the PDUs that went one way (PS3.8, 9.3.1), however they were cut on the way."""
    dump = "\n".join(line["text"] for line in trace if line["way"] == way)
    said, kinds = bytes.fromhex("".join(line[:47] for line in dump.splitlines())), []
    while said:
        kinds.append(said[0])
        said = said[6 + int.from_bytes(said[2:6], "big"):]
    return kinds


def test_dicom_against_orthanc(tmp_path):
    """Orthanc が C-ECHO に答え、違う AE タイトルは断られ、止めると接続を断る。"""
    port = free_port()
    (tmp_path / "orthanc.json").write_text(json.dumps({
        "Name": "PACS", "StorageDirectory": f"{tmp_path}/store", "IndexDirectory": f"{tmp_path}/store", "Plugins": [],
        "HttpServerEnabled": False, "DicomPort": port, "DicomAet": "PACS", "DicomCheckCalledAet": True}))
    with running(["Orthanc", tmp_path / "orthanc.json"], port, tmp_path) as orthanc:
        traced = probe("dicom", f"127.0.0.1:{port}", "--called-ae", "PACS", "--trace")
        assert traced["state"] == "up" and "C-ECHO に答えました" in traced["detail"]
        # Asked, answered and parted: A-ASSOCIATE, C-ECHO and A-RELEASE each way.
        assert parts(traced["trace"], "sent") == [1, 4, 5] and parts(traced["trace"], "received") == [2, 4, 6]
        wrong = probe("dicom", f"127.0.0.1:{port}", "--called-ae", "NOBODY", code=1)
        assert "「NOBODY」という AE タイトルを知りません" in wrong["detail"]
        # It takes seconds to end in order, and there is nothing to keep.
        orthanc.kill()
        orthanc.wait()
        gone = probe("dicom", f"127.0.0.1:{port}", "--called-ae", "PACS", code=1)
        assert "接続を断りました" in gone["detail"]


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


# HL7


@contextlib.contextmanager
def receiver(code, **more):
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
        server = await hl7.mllp.start_hl7_server(talk, host="127.0.0.1", port=port, **more)
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


def test_hl7_over_tls(tmp_path, authority):
    """TLS の MLLP も、院内の認証局で証明書ごと確かめ、知らない認証局なら断る。"""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("hl7", "IP:127.0.0.1"))
    message = tmp_path / "message.hl7"
    message.write_text("MSH|^~\\&|MAMORITE|HOSP|RIS|HOSP|{time}||NMQ^N01|{id}|P|2.5\nNST|Y\n")
    with receiver("AA", ssl=context) as (target, got):
        words = ["hl7", target, "--message-file", message, "--tls"]
        assert "受け取ったと答えました(AA)" in probe(*words, "--ca", authority.certificate)["detail"]
        assert "知らない認証局" in probe(*words, code=1)["detail"]
        assert len(got) == 1


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
    # A password goes over an encrypted line unless told otherwise.
    assert "sslmode=require" in json.dumps(answer)
    assert probe(*words, "--security", "none", **secret)["state"] == "up"
    assert probe(*words, "--security", "verified", "--ca", authority.certificate, **secret)["state"] == "up"
    assert "certificate verify failed" in probe(*words, "--security", "verified", code=1, **secret)["detail"]
    assert "does not exist" in probe(*words, "--database", "none", code=1, **secret)["detail"]


def test_postgres_with_a_pasted_authority(database, authority, tmp_path_factory, data):
    """監視の画面に貼り付けた院内の認証局で、PostgreSQL の証明書を確かめる。"""
    other = Authority(tmp_path_factory.mktemp("other"), "Other CA")
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        allow(visitor)
        fields = {"kind": "postgres", "name": "DB", "target": f"localhost:{database}", "user": "watcher", "secret": "geheim",
                  "security": "verified", "family": "4", "act": "try"}
        status, _, body = add(visitor, **fields, ca="\n" + authority.certificate.read_text())
        assert status == 200 and "動いています(" in body.decode() and "SELECT 1" in body.decode()
        refused = add(visitor, **fields, ca=other.certificate.read_text())[2].decode()
        assert "止まっています(" in refused and "certificate verify failed" in refused
        # The place of a file would have this machine's own files looked at.
        status, _, body = add(visitor, **fields, ca=str(authority.certificate))
        assert status == 422 and "ファイルの場所は書けません" in body.decode()


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
            env={**os.environ, "SNMP_PERSISTENT_DIR": str(folder / "kept"), "MIBS": "", "PATH": PATH}) as process:
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
        # Nothing is known of the target: that is not "down".
        assert done.returncode == 2 and "net.ipv4.ping_group_range" in done.stderr


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
            line = self.rfile.readline()
            # Longer than the check allows, by ten times.
            time.sleep(0.1 if line == b"x\n" else 0)
            self.wfile.write(b"+" + line)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        target = "%s:%d" % server.server_address
        words = ["tcp", target, "--send", r"PING\r\n"]
        assert probe(*words, "--expect", r"+PING\r")["state"] == "up"
        assert "「PONG」がありません" in probe(*words, "--expect", "PONG", code=1)["detail"]
        slow = probe("tcp", target, "--slow-ms", 10, "--send", r"x\n", "--expect", "+x")
        assert slow["state"] == "slow"
        # Bytes that are no text: not U+00FF, which is two.
        assert probe("tcp", target, "--send", r"\xFF\x80\n", "--expect", r"+\xFF\x80")["state"] == "up"
        assert probe("tcp", target, "--send", r"\xFF\n", "--expect", r"\xC3", code=1)
        server.shutdown()


@contextlib.contextmanager
def on_ipv6(greeting, *answers):
    """A listener at ::1 alone, which greets and then answers what comes, one after the other."""
    listener = socket.create_server(("::1", 0), family=socket.AF_INET6)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                line, _ = listener.accept()
                with line, contextlib.suppress(OSError):
                    line.sendall(greeting)
                    for answer in answers:
                        if line.recv(65536):
                            line.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"[::1]:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_ipv6():
    """IPv6 だけの相手: TCP、SMTP、HL7、DICOM、FHIR。"""
    with on_ipv6(b"hello") as target:
        assert probe("tcp", target, "--expect", "hello", "--ip", "6")["state"] == "up"
        # Its address is of the other family.
        assert not json.loads(run("probe", "tcp", target, "--ip", "4", "--json").stdout)["ok"]
    with on_ipv6(b"220 a ESMTP\r\n", b"250 a\r\n", b"221 b\r\n") as target:
        assert probe("smtp", target)["state"] == "up"
    with on_ipv6(b"") as target:
        assert probe("hl7", target)["state"] == "up"
    # It knows no such AE title: A-ASSOCIATE-RJ, permanent, by the user, reason 7 (DICOM PS3.8 9.3.4).
    with on_ipv6(b"", bytes([3, 0, 0, 0, 0, 4, 0, 1, 1, 7])) as target:
        assert "AE タイトルを知りません" in probe("dicom", target, "--called-ae", "PACS", code=1)["detail"]
    told = json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "status": "active"}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    with on_ipv6(b"", head % len(told) + told) as target:
        assert probe("fhir", f"http://{target}/r4")["state"] == "up"
