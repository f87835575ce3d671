"""時刻の刻印(RFC 3161): 試験の中で作った局に、本当に頼んで、確かめる。"""

import base64
import contextlib
import hashlib
import http.client
import http.server
import json
import re
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from program import NOW, ROOT, Server, Visitor, free_port, run, run_json

SETTINGS = """
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[stamping]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = one
[one]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.2
digests = sha256
accuracy = secs:1
"""


class Stamper:
    """An authority of time stamps by OpenSSL: its own certification authority, and answers over HTTP as a test wants them."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "settings").write_text(SETTINGS)
        (folder / "serial").write_text("01")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        # A file of our own in place of the machine's, with the little that `req` asks for.
        (folder / "req").write_text("[req]\ndistinguished_name = name\n[name]\n" + SETTINGS)
        self.openssl(
            "req", "-x509", *curve, "-config", "req", "-extensions", "ca", "-subj", "/CN=Minato Stamp CA", "-days", "30", "-keyout",
            "ca.key", "-out", "ca.pem")
        self.openssl("req", "-new", *curve, "-config", "req", "-subj", "/CN=Stamper", "-keyout", "tsa.key", "-out", "tsa.csr")
        self.openssl(
            "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile",
            "settings", "-extensions", "stamping", "-out", "tsa.pem")
        self.certificate = (folder / "ca.pem").read_text()
        self.asked = []
        self.manner = self.reply
        self.let_go = threading.Event()
        stamper = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                question = self.rfile.read(int(self.headers["Content-Length"]))
                stamper.asked.append((self.headers["Content-Type"], question))
                status, body = stamper.manner(question)
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/timestamp-reply")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsr"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def openssl(self, *words):
        done = subprocess.run(["openssl", *map(str, words)], cwd=self.folder, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def reply(self, question):
        (self.folder / "q.tsq").write_bytes(question)
        self.openssl("ts", "-reply", "-config", "settings", "-queryfile", "q.tsq", "-out", "r.tsr")
        return 200, (self.folder / "r.tsr").read_bytes()

    def about(self, digest):
        """The answer to a question about another hash, with no number in it."""
        self.openssl("ts", "-query", "-digest", digest, "-sha256", "-cert", "-no_nonce", "-out", "other.tsq")
        return self.reply((self.folder / "other.tsq").read_bytes())

    def silent(self, _):
        self.let_go.wait(60)
        return 200, b""

    def end(self):
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def stampers(tmp_path_factory):
    """An authority, and another that the hospital does not trust."""
    folder = tmp_path_factory.mktemp("stampers")
    both = Stamper(folder / "one"), Stamper(folder / "other")
    yield both
    for each in both:
        each.end()


@pytest.fixture
def stamper(stampers):
    one = stampers[0]
    one.manner = one.reply
    one.asked.clear()
    return one


def serve(data, *words):
    return Server(data, *words, MAMORITE_OPENID_LOOPBACK="1", MAMORITE_WEB_SECONDS="2")


def page(visitor):
    return visitor.ask("/ledger/stamps")[2].decode()


def save(visitor, url, certificate):
    text = page(visitor)
    version = re.search(r'name="version" value="(\d+)"', text)[1]
    token = re.search(r'name="_token" value="([^"]+)"', text)[1]
    return visitor.ask("/ledger/stamps/authority", {"_token": token, "version": version, "url": url, "certificate": certificate})


def ask(visitor):
    """(status, where to, what the notice says)."""
    status, headers, body = visitor.ask("/ledger/stamps", {"_token": visitor.token("/ledger/stamps")})
    notice = re.search(r'<div class="notice".*?</div>', body.decode(), re.S)
    return status, headers["Location"], notice[0] if notice else ""


def stamps(data):
    with contextlib.closing(sqlite3.connect(f"file:{data}/mamorite.sqlite?mode=ro", uri=True)) as database:
        return database.execute("SELECT seq, hash, at_ms, certificate, answer FROM ledger_stamp ORDER BY seq").fetchall()


def checked(folder, digest, answer, certificate):
    """What OpenSSL alone says, as docs/operate/ledger.md shows it."""
    (folder / "1.tsr").write_bytes(answer)
    (folder / "1.pem").write_text(certificate)
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-digest", digest, "-in", "1.tsr", "-CAfile", "1.pem"], cwd=folder, capture_output=True)
    return done.returncode == 0


def test_a_stamp_is_received_and_anyone_can_check_it(data, facility, stamper, tmp_path):
    """刻印を受け取り、画面と audit verify と、openssl だけと、書き出したものからと、どれでも確かめられる。"""
    before = int(time.time() * 1000) - 2000
    with serve(data, "--no-worker") as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, stamper.url, stamper.certificate)[0] == 303
        assert "CN=Minato Stamp CA" in page(visitor)
        status, location, _ = ask(visitor)
        assert status == 303, location
        number = re.fullmatch(r"/ledger/stamps\?stamped=(\d+)", location)[1]
        # A second time there is nothing new to stamp.
        assert ask(visitor)[1] == "/ledger/stamps?stamped=none" and len(stamper.asked) == 1
        assert stamper.asked[0][0] == "application/timestamp-query"
        text = page(visitor)
        answer = visitor.ask(f"/ledger/stamps/{number}/stamp.tsr")[2]
        certificate = visitor.ask(f"/ledger/stamps/{number}/authority.pem")[2].decode()
        assert "時刻の刻印" in visitor.ask("/ledger/proof")[2].decode()
        assert "最後の時刻の刻印" in visitor.ask("/conditions")[2].decode()
        assert visitor.ask("/ledger/stamps/999999/stamp.tsr")[0] == 404
    ((sequence, digest, at, _, _),) = stamps(data)
    assert str(sequence) == number and digest in text
    assert before <= at <= int(time.time() * 1000) + 2000
    assert checked(tmp_path, digest, answer, certificate)
    assert not checked(tmp_path, hashlib.sha256(b"another").hexdigest(), answer, certificate)
    verdict = run_json("audit", "verify", "--data", data)
    assert verdict["ok"] and verdict["stamps"] == 1 and verdict["stamps_checked"] and verdict["broken_stamps"] == []
    assert "時刻の刻印1件も合っています" in run("audit", "verify", "--data", data).stdout

    # From the exported ledger alone, by the verifier that needs no Mamorite.
    out = tmp_path / "ledger.jsonl"
    assert run("audit", "export", "--data", data, "--facility", facility, "--out", out).returncode == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    (line,) = [each for each in lines if "stamp" in each]
    assert line["type"] == "checkpoint" and line["stamped_at_ms"] == at and line["stamp_authority"] == stamper.url
    assert checked(tmp_path, line["hash"], base64.b64decode(line["stamp"]), line["stamp_certificate"])
    folder = tmp_path / "stamps"
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "verify-ledger.py", out, "--stamps", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    command = next(each for each in done.stdout.splitlines() if each.startswith("openssl ts -verify"))
    assert subprocess.run(command.split(), capture_output=True).returncode == 0, command


def test_the_daily_signature_is_stamped(data, stamper):
    """署名のあと、仕事をする係が自分で刻印を受け取る。"""
    with serve(data) as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, stamper.url, stamper.certificate)[0] == 303
        assert visitor.ask("/ledger/checkpoints", {"_token": visitor.token("/ledger/proof")})[0] == 303
        end = time.monotonic() + 15
        while not stamps(data) and time.monotonic() < end:
            time.sleep(0.1)
    assert len(stamps(data)) == 1


def test_what_is_signed_while_the_authority_answers_is_stamped_too(data, stamper):
    """局が答えるまでの間に署名されたものも、次の署名を待たずに刻印を受け取る。"""
    free = threading.Event()

    def late(question):
        free.wait(15)
        return stamper.reply(question)

    def sign(visitor):
        assert visitor.ask("/ledger/checkpoints", {"_token": visitor.token("/ledger/proof")})[0] == 303

    def points(sql):
        with contextlib.closing(sqlite3.connect(f"file:{data}/mamorite.sqlite?mode=ro", uri=True)) as database:
            return [row[0] for row in database.execute(sql)]

    stamper.manner = late
    with Server(data, MAMORITE_OPENID_LOOPBACK="1", MAMORITE_WEB_SECONDS="20") as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, stamper.url, stamper.certificate)[0] == 303
        sign(visitor)
        end = time.monotonic() + 15
        while not stamper.asked and time.monotonic() < end:
            time.sleep(0.05)
        fields = {"title": "控えを切り離す", "state": "planned", "version": "0"}
        assert visitor.ask("/measures", {"_token": visitor.token("/measures/new"), **fields})[0] == 303
        sign(visitor)
        free.set()
        while not stamps(data) and time.monotonic() < end:
            time.sleep(0.05)
    signed = points("SELECT seq FROM ledger_checkpoint ORDER BY seq DESC LIMIT 2")
    assert [stamp[0] for stamp in stamps(data)] == signed[1:]
    assert points("SELECT COUNT(*) FROM due WHERE kind = 'stamps.take'") == [1]
    # The lease of the one that was at it has run out.
    with Server(data, MAMORITE_OPENID_LOOPBACK="1", MAMORITE_NOW=str(int(NOW) + 61_000)):
        end = time.monotonic() + 15
        while len(stamps(data)) < 2 and time.monotonic() < end:
            time.sleep(0.05)
    assert [stamp[0] for stamp in stamps(data)] == signed[::-1]


def test_what_cannot_be_believed_is_not_kept(data, stampers, stamper):
    """別の局、別の指紋、使い回し、断り、でたらめ、HTTP の誤りは、わけを言い、何も残さず、署名は残る。"""
    one, other = stampers
    with serve(data, "--no-worker") as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, one.url, one.certificate)[0] == 303

        def said(manner):
            one.manner = manner
            status, _, notice = ask(visitor)
            assert status == 200 and "刻印を受け取れませんでした" in notice
            return notice

        assert "局の証明書の署名ではありません" in said(other.reply)
        assert "別の指紋に刻印しました" in said(lambda _: one.about("ab" * 32))
        # An answer to the first question, which was about the same hash: only the number in it tells.
        assert "使い回し" in said(lambda _: one.reply(one.asked[0][1]))
        assert "局に断られました" in said(lambda _: one.reply(b"no question"))
        assert "刻印として読めません" in said(lambda _: (200, b"<html>sign in</html>"))
        assert "番号 503" in said(lambda _: (503, b""))
        assert "大きすぎます" in said(lambda _: (200, b"x" * (600 << 10)))
        assert "続けて7回" in page(visitor)
        assert stamps(data) == []
        verdict = run_json("audit", "verify", "--data", data)
        assert verdict["ok"] and verdict["checkpoints"] >= 1 and verdict["stamps"] == 0
        # And then it comes, and the failures are forgotten.
        one.manner = one.reply
        assert ask(visitor)[0] == 303
        assert "うまくいかなかったとき" not in page(visitor)


def test_a_failure_is_told_and_tried_again(data, stamper):
    """受け取れないときは、管理者のお知らせに出て、次の時が決まり、署名は妨げない。"""
    stamper.manner = lambda _: (503, b"")
    with serve(data) as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, stamper.url, stamper.certificate)[0] == 303
        assert visitor.ask("/ledger/checkpoints", {"_token": visitor.token("/ledger/proof")})[0] == 303
        end = time.monotonic() + 15
        told = ""
        while "時刻の刻印を受け取れませんでした" not in told and time.monotonic() < end:
            time.sleep(0.2)
            told = visitor.ask("/inbox")[2].decode()
        assert "時刻の刻印を受け取れませんでした" in told
    with contextlib.closing(sqlite3.connect(f"file:{data}/mamorite.sqlite?mode=ro", uri=True)) as database:
        ((wait,),) = database.execute(
            "SELECT d.due_at_ms - a.failed_at_ms FROM due d JOIN stamp_authority a USING (facility_id) WHERE d.kind = 'stamps.take'")
        assert wait == 5 * 60_000
        assert database.execute("SELECT COUNT(*) FROM ledger_checkpoint").fetchone()[0] >= 1


def test_silence_holds_nobody_up(data, stamper):
    """黙っている局は見切り、その間もほかの画面は出る。"""
    stamper.manner = stamper.silent
    with serve(data, "--no-worker") as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, stamper.url, stamper.certificate)[0] == 303
        other = Visitor(server.url).sign_in()
        token = visitor.token("/ledger/stamps")
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        body = f"_token={token}"
        connection.request(
            "POST", "/ledger/stamps", body, {"Cookie": visitor.cookie, "Content-Type": "application/x-www-form-urlencoded"})
        assert other.ask("/ledger")[0] == 200
        answer = connection.getresponse()
        assert answer.status == 200 and "答えが遅すぎます" in answer.read().decode()
        connection.close()


def test_what_is_typed_is_looked_at(data, stamper):
    """住所と証明書の誤り、混ざった秘密鍵は、保存せずに欄のそばで言う。つながらない住所も、名前の誤りも言う。"""
    key = (stamper.folder / "ca.key").read_text()
    with serve(data, "--no-worker") as server:
        visitor = Visitor(server.url).sign_in()
        for url, certificate, words in [
            ("ftp://tsa.example.jp/", stamper.certificate, "局の住所を読み取れません"),
            ("https://user:secret@tsa.example.jp/", stamper.certificate, "局の住所を読み取れません"),
            (stamper.url, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "証明書として読めません"),
            (stamper.url, stamper.certificate + key, "秘密鍵が入っています"),
        ]:
            status, _, body = save(visitor, url, certificate)
            assert status == 422 and words in body.decode(), words
            assert "PRIVATE KEY" not in page(visitor)
        assert "時刻認証局を決めていません" in page(visitor)
        assert save(visitor, f"http://127.0.0.1:{free_port()}/", stamper.certificate)[0] == 303
        assert "につながりません" in ask(visitor)[2]
        assert save(visitor, f"http://{'a' * 64}/", stamper.certificate)[0] == 303
        assert "見つかりません" in ask(visitor)[2]
    # Without the word of a test, this machine itself is not asked.
    with Server(data, "--no-worker") as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, stamper.url, stamper.certificate)[0] == 303
        assert "このサーバ自身か、だれのものでもない番号" in ask(visitor)[2]
        assert stamper.asked == []


def test_stamps_are_checked_kept_and_moved(data, facility, stamper, tmp_path):
    """書き換えた刻印は見つかり、控えと、施設の持ち出しに、刻印も入る。"""
    with serve(data, "--no-worker") as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, stamper.url, stamper.certificate)[0] == 303
        assert ask(visitor)[0] == 303
    ((sequence, *_),) = kept = stamps(data)
    key = tmp_path / "key"
    key.write_text("5a" * 32)
    made = run_json("backup", "create", "--data", data, "--to", tmp_path, "--key-file", key)
    assert run_json("backup", "verify", made["file"], "--key-file", key)["ok"]
    assert run("backup", "restore", made["file"], "--key-file", key, "--data", tmp_path / "back").returncode == 0
    assert stamps(tmp_path / "back") == kept
    assert run("facility", "export", "--data", data, "--facility", facility, "--to", tmp_path / "f.tar").returncode == 0
    done = run("facility", "import", tmp_path / "f.tar", "--data", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert stamps(tmp_path / "new") == kept
    assert run_json("audit", "verify", "--data", tmp_path / "new")["stamps"] == 1
    # Nobody at the new place has chosen the authority.
    with contextlib.closing(sqlite3.connect(tmp_path / "new" / "mamorite.sqlite")) as database:
        assert database.execute("SELECT COUNT(*) FROM stamp_authority").fetchone() == (0,)
    with contextlib.closing(sqlite3.connect(data / "mamorite.sqlite")) as database:
        with pytest.raises(sqlite3.DatabaseError, match="append-only"):
            database.execute("UPDATE ledger_stamp SET at_ms = 0")
        database.execute("DROP TRIGGER ledger_stamp_no_update")
        answer = bytearray(base64.b64decode(kept[0][4]))
        answer[len(answer) // 2] ^= 1
        database.execute("UPDATE ledger_stamp SET answer = ?", [base64.b64encode(answer).decode()])
        database.commit()
    done = run("audit", "verify", "--data", data, "--json")
    verdict = json.loads(done.stdout)
    assert done.returncode == 6 and verdict["broken_stamps"] == [{"facility": facility, "sequence": sequence}]
    assert verdict["broken"] == []
    assert "時刻の刻印が" in run("audit", "verify", "--data", data).stdout
