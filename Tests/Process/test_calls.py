"""呼び出し: 途中で殺されても必ず呼び、番号は変わらない。本物の命令、本物の HTTP の相手、本物のメールサーバ。"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import sqlite3
import threading
import time
import urllib.parse
import urllib.request

import pytest
from aiosmtpd.controller import Controller
from program import Server, Visitor, demo, free_port, run, run_json
from test_backup import cluster, on_postgres  # noqa: F401
from test_mail import Postbox, save
from test_monitoring import allow, until

LIVE = {"MAMORITE_NOW": ""}


class Gateway:
    """A command that dials: it writes down whom it was to call, and with which words."""

    def __init__(self, folder):
        self.told, self.begun = folder / "told.txt", folder / "begun.txt"
        # While these files are there it waits: before it dials, and before it says that it has dialled.
        self.hold, self.linger = folder / "hold", folder / "linger"
        script = folder / "dial.sh"
        script.write_text(f"""#!/bin/sh
echo "$2" >> {self.begun}
while [ -e {self.hold} ] && kill -0 $PPID 2>/dev/null; do /bin/sleep 0.05; done
kill -0 $PPID 2>/dev/null || exit 1
printf "%s|%s\\n" "$1" "$(printf %s "$2" | tr "\\n" " ")" >> {self.told}
while [ -e {self.linger} ] && kill -0 $PPID 2>/dev/null; do /bin/sleep 0.05; done
""")
        script.chmod(0o755)
        self.list = folder / "commands.conf"
        self.list.write_text(f"dial = {script} {{number}} {{text}}\n")
        self.list.chmod(0o600)
        self.environment = {"MAMORITE_COMMANDS": str(self.list), "MAMORITE_PUBLIC_URL": "https://mamorite.example"}

    def has_begun(self, name):
        return self.begun.exists() and name in self.begun.read_text()

    def calls(self, name):
        lines = self.told.read_text().splitlines() if self.told.exists() else []
        return [line for line in lines if name in line]


def form(visitor, page, path, **fields):
    status, headers, body = visitor.ask(path, {"_token": visitor.token(page), **fields})
    assert status == 303, body.decode()
    return headers["Location"]


def beat(visitor, name):
    """The address of a new job's reports."""
    fields = {"kind": "heartbeat", "name": name, "rhythm": "period", "periodMinutes": "1440", "graceMinutes": "60"}
    token = visitor.token("/monitoring/new?kind=heartbeat")
    body = visitor.ask("/monitoring", {"_token": token, "version": "0", "interval": "60", **fields})[2].decode()
    return re.search(r"/beat/[0-9a-f]{64}", body)[0]


def fail(server, path):
    with urllib.request.urlopen(f"{server.url}{path}/fail", timeout=10) as answer:
        assert answer.read() == b"OK\n"


def set_up(visitor, steps):
    """A rule for all, with these steps: minutes and whom."""
    fields = {"name": "夜", "repeats": "0", "gap": "10"}
    for number, (minutes, whom) in enumerate(steps, 1):
        fields |= {f"after{number}": minutes, f"first{number}": whom}
    form(visitor, "/paging/policies/new", "/paging/policies", **fields)
    policy = re.search(rb'<option value="([0-9a-f-]{36})"[^>]*>\xe5\xa4\x9c<', visitor.ask("/paging/rules/new")[2])[1].decode()
    form(visitor, "/paging/rules/new", "/paging/rules", criteria="診療が止まる", lowest="1", highest="5", start="now",
         hold="0", policy=policy, position="10")


def myself(visitor):
    """The value by which a step names whoever is signed in."""
    page = visitor.ask("/paging/policies/new")[2].decode()
    return re.search(r'<option value="(person:[0-9a-f-]{36})"[^>]*>田中', page)[1]


def by_phone(visitor):
    path = form(visitor, "/paging/channels/new?kind=command", "/paging/channels", kind="command", name="電話", command="dial")
    form(visitor, "/paging/preferences", "/paging/preferences", mail="yes", phone=path.rsplit("/", 1)[1], number="night",
         language="ja", version="0")


def number_of_tanaka(tmp_path, facility, **place):
    people = tmp_path / "people.csv"
    people.write_text("氏名,携帯,メールアドレス\n田中,090-1234-5678,tanaka@minato.example\n")
    done = run("register", "import", "people", people, "--facility", facility, *place.pop("words", []), **place)
    assert done.returncode == 0, done.stderr


def killed_at_any_point(data, facility, tmp_path, posts, **place):
    """`posts` gives how many calls are written, and how many of them are marked as sent."""
    gateway = Gateway(tmp_path)
    words = ["--data", data] if data else []
    number_of_tanaka(tmp_path, facility, words=words, **place)
    home = data or tmp_path / "keys"
    names = [f"夜間の控え{number}" for number in range(4)]
    more = {**gateway.environment, **place}
    with Server(home, **LIVE, **more) as server:
        visitor = Visitor(server.url).sign_in()
        by_phone(visitor)
        set_up(visitor, [(0, myself(visitor))])
        beats = [beat(visitor, name) for name in names]
    for round_, (name, path) in enumerate(zip(names, beats)):
        written, sent = posts()
        if round_ == 1:
            gateway.hold.touch()
        if round_ == 2:
            gateway.linger.touch()
        server = Server(home, **LIVE, **more).wait()
        fail(server, path)
        # As soon as the failure was taken; written and not yet dialled; dialled and not marked; marked.
        if round_ == 1:
            until(20, lambda: gateway.has_begun(name))
        if round_ == 2:
            until(20, lambda: gateway.calls(name))
        if round_ == 3:
            until(20, lambda: posts()[1] > sent)
        server.process.kill()
        server.process.wait()
        server.log.close()
        if round_ == 1:
            assert posts() == (written + 1, sent) and not gateway.calls(name)
        if round_ == 2:
            assert posts() == (written + 1, sent) and len(gateway.calls(name)) == 1
        if round_ == 3:
            assert posts() == (written + 1, sent + 1) and len(gateway.calls(name)) == 1
        gateway.hold.unlink(missing_ok=True)
        gateway.linger.unlink(missing_ok=True)
        # Another takes over, when the leases of the one that is gone have run out. Each round is minutes after the one before:
        # calls in quick succession would wait to be put together.
        later = str(int(time.time() * 1000) + 300_000 * (round_ + 1))
        with Server(home, MAMORITE_NOW=later, **more):
            until(20, lambda: gateway.calls(name) and posts() == (written + 1, sent + 1))
        calls = gateway.calls(name)
        numbers = {re.search(r"守り手 (\d+) ", call)[1] for call in calls}
        assert len(numbers) == 1, calls
        assert all(call.startswith("09012345678|") for call in calls)
        # Nobody can know whether it was heard; only then is it said again.
        assert len(calls) == (2 if round_ == 2 else 1), calls
    everyone = [re.search(r"守り手 (\d+) ", gateway.calls(name)[0])[1] for name in names]
    assert len(set(everyone)) == len(names), everyone


POSTS = "SELECT COUNT(*) || '/' || COUNT(sent_at_ms) FROM page_post"


def test_killed_at_any_point_of_a_call(data, facility, tmp_path):
    """失敗の知らせから呼び出しまでのどこで働き手を殺しても、同じ番号で必ず呼ばれる(SQLite)。"""
    def posts():
        with contextlib.closing(sqlite3.connect(data / "mamorite.sqlite")) as connection:
            return tuple(map(int, connection.execute(POSTS).fetchone()[0].split("/")))

    killed_at_any_point(data, facility, tmp_path, posts)


def test_killed_at_any_point_on_postgres(cluster, on_postgres, tmp_path):  # noqa: F811
    """同じことが PostgreSQL でも成り立つ。"""
    place = {"MAMORITE_DATABASE": on_postgres}
    facility = run_json("facility", "list", **place)[0]["id"]
    (tmp_path / "keys").mkdir(exist_ok=True)
    database = re.search(r"/(\w+)\?", on_postgres)[1]

    def posts():
        return tuple(map(int, cluster.psql(POSTS, database)[0].split("/")))

    killed_at_any_point(None, facility, tmp_path, posts, **place)


def test_the_mail_server_is_down_for_an_hour(data, facility, tmp_path):
    """メールサーバが一時間止まっていても電話は鳴り、戻ればメールが同じ番号で一通届き、リンクから引き受けられる。"""
    gateway = Gateway(tmp_path)
    number_of_tanaka(tmp_path, facility, words=["--data", data])
    box = Postbox()
    port = free_port()
    with Server(data, **LIVE, **gateway.environment) as server:
        visitor = Visitor(server.url).sign_in()
        assert save(visitor, port=port)[0] == 303
        by_phone(visitor)
        set_up(visitor, [(0, myself(visitor))])
        path = beat(visitor, "夜間の控え")
        fail(server, path)
        until(20, lambda: gateway.calls("夜間の控え"))
        until(20, lambda: "待っています" in visitor.ask("/mail")[2].decode() or "つながりません" in visitor.ask("/mail")[2].decode())
    half = str(int(time.time() * 1000) + 1_800_000)
    with Server(data, MAMORITE_NOW=half, **gateway.environment):
        time.sleep(1.5)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        hour = str(int(time.time() * 1000) + 3_700_000)
        with Server(data, MAMORITE_NOW=hour, **gateway.environment) as server:
            (mail,) = box.wait(1)
            number = re.search(r"守り手 (\d+) ", gateway.calls("夜間の控え")[0])[1]
            assert mail["Subject"] == f"【守り手 {number}】止まっています: 夜間の控え"
            link = re.search(r"https://mamorite\.example(/p/\S+)", mail.get_content())[1]
            stranger = Visitor(server.url)
            page = stranger.ask(link)[2].decode()
            assert "田中" in page and "引き受ける" in page
            assert stranger.ask(link, {"_token": stranger.token(link)})[0] == 303
            assert "引き受けるものはもうありません" in stranger.ask(link)[2].decode()
            assert link.rsplit("/", 1)[1] not in (data.parent / f"{data.name}.log").read_text()
    finally:
        controller.stop()


class Peer(http.server.BaseHTTPRequestHandler):
    """Answers as its path says."""

    def do_POST(self):  # noqa: N802
        length = int(self.headers.get("Content-Length", 0))
        self.server.got.append((self.path, self.headers, self.rfile.read(length)))
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/well")
            self.end_headers()
        elif self.path == "/silent":
            self.server.end.wait(20)
        elif self.path == "/refuses":
            self.send_response(403)
            self.end_headers()
            self.wfile.write("no such room\x1b[31m".encode())
        else:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while self.path == "/endless" and not self.server.end.is_set():
                    self.wfile.write(b"x" * 4096)

    def log_message(self, *_):
        pass


@pytest.fixture
def peer():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    server.got, server.end, server.daemon_threads = [], threading.Event(), True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.end.set()
    server.shutdown()


def test_channels_against_a_real_peer(data, peer):
    """よい答え、終わらない答え、転送、断りに、決めた時間のうちに言葉で答え、断りの中身は見せない。守り手自身には渡さない。"""
    base = f"http://127.0.0.1:{peer.server_port}"

    def tried(visitor, name, path):
        place = form(visitor, "/paging/channels/new?kind=slack", "/paging/channels", kind="slack", name=name, url=base + path)
        began = time.monotonic()
        _, _, body = visitor.ask(f"{place}/test", {"_token": visitor.token(place)})
        assert time.monotonic() - began < 14
        return re.search(r'<div class="notice".*?</div>', body.decode(), re.S)[0]

    with Server(data, MAMORITE_WEBHOOK_LOOPBACK="1") as server:
        visitor = Visitor(server.url).sign_in()
        assert "渡しました" in tried(visitor, "よい", "/well")
        assert json.loads(peer.got[0][2])["text"].startswith("守り手からの試しの呼び出しです")
        assert "渡しました" in tried(visitor, "終わらない", "/endless")
        assert "転送は追いません" in tried(visitor, "転送", "/redirect")
        said = tried(visitor, "断る", "/refuses")
        # Who refused, and with what; what else it said is nobody's business who may set an address here.
        assert "403" in said and "127.0.0.1" in said and "no such room" not in said
        page = visitor.ask("/paging/channels")[2].decode()
        assert "no such room" not in page
    assert [path for path, _, _ in peer.got] == ["/well", "/endless", "/redirect", "/refuses"]
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        assert "渡してはいけない住所です" in tried(visitor, "自分", "/well")
    assert len(peer.got) == 4


def test_a_silent_peer_is_given_up_in_time(data, peer):
    """黙る相手は10秒で切る。"""
    with Server(data, MAMORITE_WEBHOOK_LOOPBACK="1") as server:
        visitor = Visitor(server.url).sign_in()
        visitor_timeout = 20
        place = form(visitor, "/paging/channels/new?kind=slack", "/paging/channels", kind="slack", name="黙る",
                     url=f"http://127.0.0.1:{peer.server_port}/silent")
        request = urllib.request.Request(
            f"{server.url}{place}/test", urllib.parse.urlencode({"_token": visitor.token(place)}).encode(),
            {"Cookie": visitor.cookie})
        with urllib.request.urlopen(request, timeout=visitor_timeout) as answer:
            assert "10秒のうちに答えませんでした" in answer.read().decode()


def test_only_listed_commands_run(data, tmp_path):
    """一覧にない命令は選べず、ほかの人が書けるファイルは使わず、失敗のわけが画面に出る。"""
    gateway = Gateway(tmp_path)
    gateway.list.write_text(gateway.list.read_text() + "broken = /bin/sh -c {text}\nmissing = /no/such/program {text}\n")
    with Server(data, **gateway.environment) as server:
        visitor = Visitor(server.url).sign_in()
        page = "/paging/channels/new?kind=command"
        assert set(re.findall(r'<option value="(\w+)"', visitor.ask(page)[2].decode())) == {"broken", "dial", "missing"}
        for other in ("rm", "/bin/sh", "DIAL"):
            fields = {"_token": visitor.token(page), "kind": "command", "name": "よそ", "command": other}
            status, _, body = visitor.ask("/paging/channels", fields)
            assert status == 422 and f"「{other}」という命令は、サーバの一覧にありません" in body.decode()
        assert "よそ" not in visitor.ask("/paging/channels")[2].decode()
        place = form(visitor, "/paging/channels/new?kind=command", "/paging/channels", kind="command", name="ない", command="missing")
        _, _, body = visitor.ask(f"{place}/test", {"_token": visitor.token(place), "number": "090-0000-0000"})
        assert "動かせません" in body.decode()
        place = form(visitor, "/paging/channels/new?kind=command", "/paging/channels", kind="command", name="電話", command="dial")
        _, _, body = visitor.ask(f"{place}/test", {"_token": visitor.token(place), "number": "090-0000-0000"})
        assert "渡しました" in body.decode()
        assert gateway.told.read_text().startswith("09000000000|守り手からの試しの呼び出しです")
        os.chmod(gateway.list, 0o666)
        assert "使える命令がありません" in visitor.ask("/paging/channels/new?kind=command")[2].decode()
        # Nor is it run by a way that had been set up before.
        told = gateway.told.read_text()
        _, _, body = visitor.ask(f"{place}/test", {"_token": visitor.token(place), "number": "090-0000-0000"})
        assert "「dial」という命令は、サーバの一覧にありません" in body.decode()
        assert gateway.told.read_text() == told
