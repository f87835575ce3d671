"""故障: いっぱいのディスク、消えたデータベース、ない字体、書けない場所、壊れたファイル。"""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import pytest
from program import NOW, ROOT, Server, Visitor, binary, environment, run, run_json

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
PROBLEM = "application/problem+json"
ITEM, OTHER = "r7-med-2-2", "r7-med-2-4"
FULL, UNREACHABLE, DAMAGED = "いっぱいです", "データベースにつながりません", "壊れています"
# The largest note there may be: 12 kB, and twice that in the ledger.
LONG = "満" * 4000
# A server's PostgreSQL connections are six; this many requests reach every one of them.
EACH_CONNECTION = 12


# MARK: What a person sees and what the database holds


class Person:
    """Someone signed in at the checklist of 2026, who reads and saves."""

    def __init__(self, server, checklist):
        self.visitor = Visitor(server.url).sign_in()
        self.checklist = checklist
        self.token = self.visitor.token("/account")

    def version(self, item):
        page = self.visitor.ask(f"/assessments/{self.checklist}?item={item}")[2]
        return int(re.search(rb'name="version" value="(\d+)"', page)[1])

    def save(self, item, note, version, accept="application/json"):
        fields = {"_token": self.token, "version": version, "answer": "no", "note": note}
        return self.visitor.ask(f"/assessments/{self.checklist}/answers/{item}", fields, accept)

    def saved(self, item, note, version):
        """Saves, and gives the version that was acknowledged."""
        status, _, body = self.save(item, note, version)
        assert status == 200, body
        return json.loads(body)["version"]

    def add_file(self, item, content, accept="text/html"):
        """A proof of one file; the form is multipart, which `ask` does not make."""
        mark = b"a-line-that-no-file-holds"
        parts = [
            (b'name="_token"', self.token.encode()), (b'name="title"', "写し".encode()),
            (b'name="file"; filename="copy.bin"\r\nContent-Type: application/octet-stream', content),
        ]
        body = b"".join(b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (mark, *part) for part in parts)
        request = urllib.request.Request(
            f"{self.visitor.url}/assessments/{self.checklist}/answers/{item}/proofs", body + b"--%s--\r\n" % mark,
            {
                "Accept": accept, "Cookie": self.visitor.cookie,
                "Content-Type": f"multipart/form-data; boundary={mark.decode()}",
            })
        try:
            with self.visitor.opener.open(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.headers, refusal.read()


def refused_page(answer, words):
    """A page in Japanese that says what is wrong, and nothing of the program's insides."""
    status, headers, body = answer
    text = body.decode()
    assert status == 503, (status, text)
    assert headers["Content-Type"].startswith("text/html")
    assert '<html lang="ja"' in text and words in text, text
    assert "Fatal" not in text and ".swift" not in text


def refused_problem(answer, code, words):
    status, headers, body = answer
    assert (status, headers["Content-Type"]) == (503, PROBLEM), (status, body)
    problem = json.loads(body)
    assert problem["code"] == code and problem["status"] == 503
    assert words in problem["title"]


def said(done, words, code=5):
    """The command ended with `code` and a sentence in Japanese, without a word of its insides."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert words in done.stderr and "。" in done.stderr, done.stderr
    assert not re.search(r"Fatal|Error:|Usage:|\.swift|crashed", done.stderr), done.stderr


def checklist_of(year, facility, **place):
    """The id of a year's checklist; None when it has not been started."""
    words = ["--data", place.pop("data")] if "data" in place else []
    lists = run_json("assess", "list", *words, "--facility", facility, **place)
    return next((each["id"] for each in lists if each["fiscal_year"] == year), None)


def rows_of(facility, year, file, **place):
    """Every row of the year's checklist by its item, as the export has them."""
    words = ["--data", place.pop("data")] if "data" in place else []
    run_json(
        "assess", "export", *words, "--facility", facility, "--fiscal-year", year, "--format", "json", "--out", file, **place)
    return {row["item"]: row for row in json.loads(file.read_text())["rows"]}


def ledger(data):
    verdict = run_json("audit", "verify", "--data", data)
    assert verdict["ok"], verdict
    return verdict


def settle(data):
    """Moves the write-ahead log into the file and removes it."""
    file = data / "mamorite.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    assert not list(data.glob("*-wal"))
    return file


def copied(made, data):
    """Only the database: a full disk has no room for the reports."""
    data.mkdir(exist_ok=True)
    for path in made.glob("mamorite.sqlite*"):
        shutil.copy(path, data)
    settle(data)
    return data


# MARK: A full disk under SQLite


def fill(file, leave=0):
    """Takes every byte of the file's disk, and gives `leave` of them back."""
    with open(file, "wb", buffering=0) as filler:
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while filler.write(b"\xa5" * size) == size:
                    pass
        assert os.statvfs(file).f_bavail == 0
        filler.truncate(max(0, filler.tell() - leave))
    return file


@pytest.fixture
def small_disk(tmp_path):
    """An empty disk of eight megabytes; what the server logs goes elsewhere."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "mamorite-test", place], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"this machine does not let us mount a small disk: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_full_disk(made, facility, small_disk, tmp_path):
    """ディスクがいっぱいのとき: 読めて、保存は断られ、空きを作れば同じ保存ができる。"""
    data = copied(made, small_disk)
    checklist = checklist_of(2026, facility, data=data)
    before = ledger(data)
    # From here on only the server opens the database, so that no command makes its log anew in the room of the old one.
    settle(data)
    with Server(data) as server:
        person = Person(server, checklist)
        kept = person.saved(OTHER, "いっぱいになる前", person.version(OTHER))
        version = person.version(ITEM)
        filler = fill(small_disk / "filler")

        refused_page(person.save(ITEM, LONG, version, "text/html"), FULL)
        refused_problem(person.save(ITEM, LONG, version), "storage.full", FULL)
        refused_page(person.add_file(ITEM, os.urandom(1 << 20)), FULL)
        refused_problem(person.add_file(ITEM, os.urandom(1 << 20), PROBLEM), "storage.full", FULL)
        said(answer_by_command(data, facility), FULL)
        for path in ("/", f"/assessments/{checklist}?item={ITEM}", "/ledger", "/healthz", "/readyz"):
            assert person.visitor.ask(path)[0] == 200, path

        filler.unlink()
        # The sign-in and the first save.
        assert ledger(data)["entries"] == before["entries"] + 2
        assert (person.version(OTHER), person.version(ITEM)) == (kept, version)
        assert person.saved(ITEM, LONG, version) == version + 1
        assert person.add_file(ITEM, b"proof")[0] == 303
    after = ledger(data)
    assert after["entries"] == before["entries"] + 4
    rows = rows_of(facility, 2026, tmp_path / "rows.json", data=data)
    assert (rows[ITEM]["note"], rows[OTHER]["note"]) == (LONG, "いっぱいになる前")


def answer_by_command(data, facility):
    return run(
        "assess", "answer", "--data", data, "--facility", facility, "--fiscal-year", 2026, "--item", ITEM, "--note", LONG)


def test_reading_on_a_full_disk_after_a_pause(made, facility, small_disk):
    """席を外していた人も、ディスクがいっぱいのあいだ、読むことはできる。"""
    data = copied(made, small_disk)
    checklist = checklist_of(2026, facility, data=data)
    settle(data)
    with Server(data) as server:
        person = Person(server, checklist)
        version = person.version(ITEM)
    # Ten minutes later: the session's last use would be written with the next page.
    settle(data)
    with Server(data, MAMORITE_NOW=str(int(NOW) + 600_000)) as server:
        person.visitor.url = server.url
        filler = fill(small_disk / "filler")
        for path in ("/healthz", "/assets/mamorite.css", "/", f"/assessments/{checklist}"):
            assert person.visitor.ask(path)[0] == 200, path
        refused_problem(person.save(ITEM, LONG, version), "storage.full", FULL)
        filler.unlink()
        assert person.visitor.ask("/")[0] == 200


def report_failure(url):
    """Reports an end that went wrong, with as much of a log as is kept: the status and what is said."""
    request = urllib.request.Request(f"{url}/3", os.urandom(4500).hex().encode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_monitoring_on_a_full_disk(made, small_disk):
    """ディスクがいっぱいのあいだも監視は動き続け、仕事の知らせははっきり断り、空けば、その間に止まったものを知らせる。"""
    from test_monitoring import TIME, Port, add, allow, until

    data = copied(made, small_disk)
    settle(data)
    port = Port()
    with Server(data, **TIME) as server:
        visitor = Visitor(server.url).sign_in()
        allow(visitor)
        page = add(
            visitor, kind="tcp", name="画像の入口", target=f"127.0.0.1:{port.number}", failures="1")[1]["Location"]
        rhythm = {"rhythm": "cron", "cron": "0 2 * * *", "zone": "Asia/Tokyo", "graceMinutes": "60"}
        beat = re.search(r"/beat/[0-9a-f]{64}", add(visitor, kind="heartbeat", name="夜間の控え", **rhythm)[2].decode())[0]
        until(20, lambda: "動いています" in visitor.ask(page)[2].decode())
        filler = fill(small_disk / "filler")

        # What is left of the log's own room is used up first; what is taken is taken whole.
        answers = [report_failure(server.url + beat)]
        while answers[-1][0] == 200 and len(answers) < 200:
            time.sleep(0.6)
            answers.append(report_failure(server.url + beat))
        status, text = answers[-1]
        assert status == 503 and FULL in text and ".swift" not in text, answers[-1]
        port.close()
        log = pathlib.Path(f"{data}.log")
        before = len(log.read_bytes())
        # It looks on, and says in its log that it cannot keep what it saw.
        until(40, lambda: b"monitoring" in log.read_bytes()[before:])
        assert visitor.ask("/monitoring")[0] == 200 and visitor.ask(page)[0] == 200
        assert "止まっています: 画像の入口" not in visitor.ask("/inbox")[2].decode()

        filler.unlink()
        until(40, lambda: "止まっています: 画像の入口" in visitor.ask("/inbox")[2].decode())
        until(10, lambda: report_failure(server.url + beat)[0] == 200)
        assert "接続を断りました" in visitor.ask(page)[2].decode()
    assert ledger(data)["ok"]
    with contextlib.closing(sqlite3.connect(data / "mamorite.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT COUNT(*) FROM monitor_alert WHERE name = '画像の入口'").fetchone() == (1,)
        taken = sum(1 for status, _ in answers if status == 200) + 1
        assert connection.execute("SELECT COUNT(*) FROM monitor_beat").fetchone()[0] >= min(taken, 50)


ROOMS = [kilobytes << 10 for kilobytes in (0, 4, 16, 32, 36, 48, 64, 96, 160, 256, 512)]


def each_room(made, disk, work):
    """What `work(data, room)` gives for ever more room on the disk, from none to plenty."""
    outcomes = []
    for room in ROOMS:
        for path in disk.iterdir():
            path.unlink()
        data = copied(made, disk)
        before = ledger(data)["entries"]
        settle(data)
        filler = fill(disk / "filler", leave=room)
        done = work(data)
        filler.unlink()
        outcomes.append((room, done, before, ledger(data)["entries"], data))
        yield outcomes[-1]
    codes = [done.returncode for _, done, *_ in outcomes]
    # Else the rooms are too small or too large to show anything.
    assert codes[0] != 0 and codes[-1] == 0, codes


def test_answer_by_command_on_a_full_disk(made, facility, small_disk, tmp_path):
    """命令での保存: 空きがどれだけでも、保存されたか、わけを言って何も残さないかのどちらか。"""
    original = rows_of(facility, 2026, tmp_path / "before.json", data=made)[ITEM]["note"]
    for room, done, before, after, data in each_room(made, small_disk, lambda data: answer_by_command(data, facility)):
        note = rows_of(facility, 2026, tmp_path / "rows.json", data=data)[ITEM]["note"]
        if done.returncode == 0:
            assert (note, after) == (LONG, before + 1), room
        else:
            said(done, FULL)
            assert (note, after) == (original, before), room


def test_import_on_a_full_disk(made, facility, small_disk, tmp_path):
    """取り込み: すべて取り込むか、点検を始めもしないかのどちらか。"""
    source = tmp_path / "source"
    shutil.copytree(made, source)
    items = rows_of(facility, 2025, tmp_path / "rows.json", data=source)
    for item in items:
        done = run(
            "assess", "answer", "--data", source, "--facility", facility, "--fiscal-year", 2025, "--item", item, "--note",
            LONG[:1500])
        assert done.returncode == 0, done.stderr
    file = tmp_path / "answers.csv"
    run_json(
        "assess", "export", "--data", source, "--facility", facility, "--fiscal-year", 2025, "--format", "csv", "--out", file)
    other = tmp_path / "other"
    shutil.copytree(made, other)
    second = run_json("facility", "create", "--data", other, "--name", "写し病院", "--kind", "hospital", "--beds", 180)["id"]

    def take_in(data):
        return run(
            "assess", "import", "--data", data, "--facility", second, "--fiscal-year", 2025, "--pack", "mhlw-checklist-r7",
            file)

    for room, done, before, after, data in each_room(other, small_disk, take_in):
        started = checklist_of(2025, second, data=data)
        if done.returncode == 0:
            rows = rows_of(second, 2025, tmp_path / "rows.json", data=data)
            assert {row["note"] for row in rows.values()} == {LONG[:1500]}, room
        else:
            said(done, FULL)
            assert (started, after) == (None, before), (room, "started, but nothing taken in")


@pytest.mark.parametrize("words", [(), ("--json-logs",)])
def test_log_on_a_full_disk(data, words):
    """記録(ログ)を書く先がいっぱいでも、動き続ける。"""
    (data.parent / f"{data.name}.log").symlink_to("/dev/full")
    with Server(data, *words, MAMORITE_LOG="debug") as server:
        # Each request is a line of the log.
        assert [Visitor(server.url).ask("/healthz")[0] for _ in range(3)] == [200, 200, 200]
        assert server.process.poll() is None


@pytest.mark.parametrize("words", [("report", "management", "--format", "json"), ("assess", "list", "--json")])
def test_standard_output_is_full(data, facility, words):
    """標準出力に書けないときは、わけを言って終わる。"""
    place = ["--data", str(data), "--facility", facility] + (["--fiscal-year", "2026"] if words[0] == "report" else [])
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [binary(), *words, *place], cwd=ROOT, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    said(done, "書き込めません")


def test_export_to_a_full_disk(made, facility, small_disk, tmp_path):
    """書き出す先がいっぱいなら、前のファイルのまま終わる。"""
    out = small_disk / "answers.xlsx"
    out.write_bytes(b"earlier")
    fill(small_disk / "filler")
    done = run(
        "assess", "export", "--data", made, "--facility", facility, "--fiscal-year", 2026, "--format", "xlsx", "--out", out)
    said(done, "書き込めません")
    assert out.read_bytes() == b"earlier"
    assert sorted(path.name for path in small_disk.iterdir()) == ["answers.xlsx", "filler"]


# MARK: PostgreSQL goes away


class Cluster:
    """A PostgreSQL of our own, reached by a socket in its folder only. It refuses root, so it runs as `postgres`."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mamorite-pg.", dir="/tmp"))
        self.as_owner = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.as_owner = ["runuser", "-u", "postgres", "--"]
        self.folder.chmod(0o755)
        self.call("initdb", "-D", "data", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")

    def call(self, program, *words):
        return subprocess.run(
            [*self.as_owner, POSTGRES / program, *words], cwd=self.folder, check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    def start(self):
        # What is written outlives the programs that these tests end, also without waiting for the disk.
        options = f"-c listen_addresses='' -c fsync=off -k {self.folder}"
        self.call("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self):
        """As if the machine had lost its power: nobody is asked to finish."""
        self.call("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def psql(self, statement, database="postgres"):
        done = subprocess.run(
            [POSTGRES / "psql", "-qAtX", "-h", self.folder, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-c", statement, database],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def url(self, database):
        return f"postgresql://mamorite@/{database}?host={self.folder}"

    def remove(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.folder)

    @contextlib.contextmanager
    def locked(self, table, database):
        """Nobody can write to the table for as long as this lasts."""
        session = subprocess.Popen(
            [POSTGRES / "psql", "-qAtX", "-h", self.folder, "-U", "postgres", database], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            session.stdin.write(f"BEGIN; LOCK TABLE {table} IN SHARE MODE; SELECT 'locked';\n")
            session.stdin.flush()
            assert session.stdout.readline().strip() == "locked"
            yield
        finally:
            with contextlib.suppress(BrokenPipeError):
                session.stdin.close()
            session.stdout.close()
            session.wait(20)

    def waiting(self, database, seconds=20):
        """The backend of ours that waits for a lock."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := self.psql(
                f"SELECT pid FROM pg_stat_activity WHERE datname = '{database}' AND usename = 'mamorite' "
                "AND wait_event_type = 'Lock'"):
                return found[0]
            time.sleep(0.02)
        raise AssertionError("nobody waits for the lock")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    if not (POSTGRES / "initdb").exists():
        pytest.skip("PostgreSQL 15 is not installed")
    if os.geteuid() == 0 and not shutil.which("runuser"):
        pytest.skip("PostgreSQL refuses root, and there is no runuser")
    cluster = Cluster()
    try:
        cluster.start()
        # No superuser: row-level security holds for it.
        cluster.psql("CREATE ROLE mamorite LOGIN")
        cluster.psql("CREATE DATABASE original OWNER mamorite")
        done = run("demo", "--data", tmp_path_factory.mktemp("postgres") / "data", timeout=180, MAMORITE_DATABASE=cluster.url("original"))
        assert done.returncode == 0, done.stderr
        yield cluster
    finally:
        cluster.remove()


class PostgresHospital:
    def __init__(self, cluster, folder):
        self.cluster = cluster
        self.folder = folder
        self.database = "hospital_" + hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        cluster.psql(f"CREATE DATABASE {self.database} OWNER mamorite TEMPLATE original")
        self.place = {"MAMORITE_DATABASE": cluster.url(self.database)}
        self.facility = run_json("facility", "list", **self.place)[0]["id"]
        self.checklist = checklist_of(2026, self.facility, **self.place)

    def serve(self):
        return Server(self.folder / "data", **self.place)

    def ledger(self):
        verdict = run_json("audit", "verify", **self.place)
        assert verdict["ok"], verdict
        return verdict

    def note(self, item):
        return rows_of(self.facility, 2026, self.folder / "rows.json", **self.place)[item]["note"]


@pytest.fixture
def postgres_hospital(cluster, tmp_path):
    """A copy of the demonstration hospital on a running PostgreSQL, which runs again afterwards."""
    yield PostgresHospital(cluster, tmp_path)
    with contextlib.suppress(subprocess.CalledProcessError):
        cluster.start()


def test_postgres_goes_away(cluster, postgres_hospital):
    """PostgreSQL が消えても動き続け、戻れば、起動し直さずに続きができる。"""
    with postgres_hospital.serve() as server:
        person, stranger = Person(server, postgres_hospital.checklist), Visitor(server.url)
        assert [person.visitor.ask("/")[0] for _ in range(EACH_CONNECTION)] == [200] * EACH_CONNECTION
        version = person.saved(ITEM, "消える前", person.version(ITEM))
        before = postgres_hospital.ledger()

        cluster.stop()
        for _ in range(EACH_CONNECTION):
            refused_page(person.visitor.ask("/"), UNREACHABLE)
        refused_problem(person.visitor.ask("/", accept=PROBLEM), "storage.unreachable", UNREACHABLE)
        refused_page(person.save(ITEM, "消えた間", version, "text/html"), UNREACHABLE)
        refused_problem(person.save(ITEM, "消えた間", version), "storage.unreachable", UNREACHABLE)
        refused_page(stranger.ask("/readyz"), UNREACHABLE)
        assert stranger.ask("/healthz")[0] == 200
        said(run("audit", "verify", **postgres_hospital.place), UNREACHABLE)
        said(run("serve", "--port", "0", **postgres_hospital.place), UNREACHABLE)
        assert server.process.poll() is None

        cluster.start()
        assert [person.visitor.ask("/")[0] for _ in range(EACH_CONNECTION)] == [200] * EACH_CONNECTION
        assert stranger.ask("/readyz")[0] == 200
        assert postgres_hospital.ledger() == before
        assert postgres_hospital.note(ITEM) == "消える前"
        assert person.version(ITEM) == version
        assert person.saved(ITEM, "戻った後", version) == version + 1
    assert postgres_hospital.note(ITEM) == "戻った後"
    assert postgres_hospital.ledger()["entries"] == before["entries"] + 1


def test_page_of_the_fault_has_its_looks(cluster, postgres_hospital):
    """データベースがない間も、サインインした人の画面の部品と /healthz は出る。"""
    with postgres_hospital.serve() as server:
        person = Person(server, postgres_hospital.checklist)
        cluster.stop()
        for _ in range(EACH_CONNECTION):
            for path in ("/healthz", "/assets/mamorite.css", "/assets/mamorite.js", "/assets/mark.svg"):
                assert person.visitor.ask(path)[0] == 200, path


@pytest.mark.parametrize("how", ["restart", "terminate"])
def test_postgres_comes_back_between_requests(cluster, postgres_hospital, how):
    """要求と要求の間に接続が切れても、次の要求は何事もなく済む。"""
    with postgres_hospital.serve() as server:
        person = Person(server, postgres_hospital.checklist)
        assert [person.visitor.ask("/")[0] for _ in range(EACH_CONNECTION)] == [200] * EACH_CONNECTION
        version = person.version(ITEM)
        if how == "restart":
            cluster.stop()
            cluster.start()
        else:
            ended = cluster.psql(
                f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{postgres_hospital.database}'")
            assert ended and set(ended) == {"t"}
        assert person.saved(ITEM, "切れた後", version) == version + 1
        assert [person.visitor.ask("/")[0] for _ in range(EACH_CONNECTION)] == [200] * EACH_CONNECTION
    postgres_hospital.ledger()


@pytest.mark.parametrize("how", ["terminate", "stop"])
@pytest.mark.parametrize("accept", ["text/html", PROBLEM])
def test_connection_lost_in_the_middle_of_a_save(cluster, postgres_hospital, how, accept):
    """保存の文の最中に切れたら、はっきり断り、何も残さず、次の同じ保存は通る。"""
    with postgres_hospital.serve() as server, concurrent.futures.ThreadPoolExecutor(1) as other:
        person = Person(server, postgres_hospital.checklist)
        version = person.version(ITEM)
        before = postgres_hospital.ledger()
        with cluster.locked("answer", postgres_hospital.database):
            waiting = other.submit(person.save, ITEM, "途中", version, accept)
            backend = cluster.waiting(postgres_hospital.database)
            assert not waiting.done()
            if how == "terminate":
                assert cluster.psql(f"SELECT pg_terminate_backend({backend}, 10000)") == ["t"]
            else:
                cluster.stop()
            answer = waiting.result(30)
        if accept == PROBLEM:
            refused_problem(answer, "storage.unreachable", UNREACHABLE)
        else:
            refused_page(answer, UNREACHABLE)
        if how == "stop":
            cluster.start()
        assert postgres_hospital.ledger() == before
        assert person.saved(ITEM, "もう一度", version) == version + 1
        assert person.visitor.ask("/")[0] == 200
    assert postgres_hospital.note(ITEM) == "もう一度"
    assert postgres_hospital.ledger()["entries"] == before["entries"] + 1


# MARK: What makes the PDF is missing


@pytest.fixture
def typst():
    found = environment().get("MAMORITE_TYPST") or shutil.which("typst")
    if not found:
        pytest.skip("Typst is not installed: make setup")
    return found


def wrapped(typst, folder, without_fonts):
    """Typst, seeing every font or those it brings along alone."""
    folder.mkdir()
    command = folder / "typst"
    command.write_text(
        f"""#!{sys.executable}
import os, sys
words = sys.argv[1:]
if {without_fonts}:
    while "--font-path" in words:
        at = words.index("--font-path")
        del words[at:at + 2]
    if words[0] in ("compile", "fonts") and "--ignore-system-fonts" not in words:
        words.append("--ignore-system-fonts")
os.execv({typst!r}, [{typst!r}, *words])
""")
    command.chmod(0o755)
    return command


def report(data, facility, out, kind="management", **more):
    return run("report", kind, "--data", data, "--facility", facility, "--fiscal-year", 2026, "--out", out, **more)


def says_font(done):
    said(done, "Noto Sans CJK JP")
    assert "fonts-noto-cjk" in done.stderr


@pytest.mark.parametrize("kind", ["management", "inspection"])
def test_font_is_missing(data, facility, tmp_path, typst, kind):
    """字体がなければ、その名前と入れ方を言い、前のファイルに触れない。"""
    out = tmp_path / "out" / "report.pdf"
    out.parent.mkdir()
    seeing = wrapped(typst, tmp_path / "seeing", without_fonts=False)
    assert report(data, facility, out, kind, MAMORITE_TYPST=str(seeing)).returncode == 0
    assert out.read_bytes().startswith(b"%PDF-")

    blind = str(wrapped(typst, tmp_path / "blind", without_fonts=True))
    out.write_bytes(b"earlier")
    says_font(report(data, facility, out, kind, MAMORITE_TYPST=blind))
    assert out.read_bytes() == b"earlier"
    says_font(report(data, facility, out.parent / "new.pdf", kind, MAMORITE_TYPST=blind))
    assert [path.name for path in out.parent.iterdir()] == ["report.pdf"]


def test_font_folder_is_empty(data, facility, tmp_path, typst):
    """この機械に字体の入った場所がないときも、同じに言う。"""
    hide = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs hidden /usr/share/fonts && exec "$@"', "sh"]
    if os.geteuid() != 0 or subprocess.run([*hide, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine does not let us hide its fonts from a process")
    out = tmp_path / "report.pdf"
    home = tmp_path / "home"
    home.mkdir()

    def within(*words):
        return subprocess.run(
            [*hide, binary(), *map(str, words)], cwd=ROOT, env=environment(HOME=str(home)), capture_output=True, text=True,
            timeout=60)

    says_font(within("report", "management", "--data", data, "--facility", facility, "--fiscal-year", 2026, "--out", out))
    assert not out.exists()
    done = within("doctor", "--data", data)
    assert done.returncode == 5 and "× pdf: PDFに使う字体(Noto Sans CJK JP)" in done.stdout, done.stdout
    # What needs no font still works.
    table = tmp_path / "report.xlsx"
    done = within(
        "report", "management", "--data", data, "--facility", facility, "--fiscal-year", 2026, "--format", "xlsx", "--out", table)
    assert done.returncode == 0 and table.read_bytes()[:2] == b"PK", done.stderr


def test_font_is_missing_on_the_page(data, facility, tmp_path, typst):
    """画面から印刷しようとしたときも、字体の名前と入れ方を言う。"""
    checklist = checklist_of(2026, facility, data=data)
    with Server(data, MAMORITE_TYPST=str(wrapped(typst, tmp_path / "blind", without_fonts=True))) as server:
        person = Person(server, checklist)
        path = f"/assessments/{checklist}/sheet.pdf"
        refused_page(person.visitor.ask(path), "Noto Sans CJK JP")
        refused_problem(person.visitor.ask(path, accept=PROBLEM), "pdf.fontMissing", "fonts-noto-cjk")
        assert person.visitor.ask(f"/assessments/{checklist}")[0] == 200


def test_typst_is_nowhere(data, facility, tmp_path, typst):
    """PATH にも、プログラムの近くにも Typst がないときは、入れ方を言う。"""
    place = tmp_path / "bin"
    place.mkdir()
    # Away from the project, whose .venv the program would find.
    program = shutil.copy(binary(), place)
    for resources in pathlib.Path(binary()).parent.glob("*.resources"):
        shutil.copytree(resources, place / resources.name)
    packs = os.environ.get("MAMORITE_PACKS", str(ROOT / "Packs"))

    def made_with(path, out):
        return subprocess.run(
            [program, "report", "management", "--data", data, "--facility", facility, "--fiscal-year", "2026", "--out", out],
            cwd=place, env=environment(MAMORITE_TYPST="", MAMORITE_PACKS=packs, PATH=str(path)), capture_output=True,
            text=True, timeout=60)

    if any((folder / ".venv/bin/typst").exists() for folder in place.parents):
        pytest.skip("the folder for temporary files lies beside a .venv with Typst")
    done = made_with(tmp_path / "empty", tmp_path / "missing.pdf")
    said(done, "Typst")
    assert "MAMORITE_TYPST" in done.stderr and not (tmp_path / "missing.pdf").exists()
    done = made_with(wrapped(typst, tmp_path / "path", without_fonts=False).parent, tmp_path / "found.pdf")
    assert done.returncode == 0 and (tmp_path / "found.pdf").exists(), done.stderr


# MARK: Read-only and damaged


def test_read_only_disk(made, small_disk):
    """読み取り専用のディスクでは、root でも、わけを言って何も変えない。"""
    data = copied(made, small_disk)
    before = digests(data)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for words in (["serve", "--port", "0"], ["facility", "list"]):
        said(run(*words, "--data", data, timeout=20), "書き込めません")
    assert digests(data) == before


def digests(data):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in data.iterdir()}


# Where the damage lies: in the tables' description, which every start reads, or in a page that only some commands read.
DAMAGE = {"middle": slice(4096, 4096 * 12), "late": slice(4096 * 60, 4096 * 64)}


@pytest.mark.parametrize(
    "where, words",
    [
        ("middle", ("serve", "--port", "0")),
        ("late", ("serve", "--port", "0")),
        ("middle", ("audit", "verify")),
        ("late", ("audit", "verify")),
        ("middle", ("facility", "list")),
    ])
def test_damaged_file_is_left_as_it_is(data, where, words):
    """壊れたファイルは、断るときに一バイトも変えない(調べる人のために)。"""
    file = settle(data)
    content = bytearray(file.read_bytes())
    place = DAMAGE[where]
    assert len(content) >= place.stop
    content[place] = b"\xa5" * (place.stop - place.start)
    file.write_bytes(content)
    said(run(*words, "--data", data, timeout=20), DAMAGED)
    after = file.read_bytes()
    changed = [at for at in range(min(len(content), len(after))) if content[at] != after[at]]
    assert (changed[:20], len(after)) == ([], len(content))


def test_doctor_sees_damage(data):
    """「doctor」は、壊れたデータベースを壊れていると言う。"""
    file = settle(data)
    content = bytearray(file.read_bytes())
    content[DAMAGE["late"]] = b"\xa5" * (DAMAGE["late"].stop - DAMAGE["late"].start)
    file.write_bytes(content)
    done = run("doctor", "--data", data)
    assert done.returncode == 5 and DAMAGED in done.stdout, done.stdout


def test_file_is_whole_when_the_server_has_stopped(data, facility, tmp_path):
    """止めたあとの mamorite.sqlite だけを写しても、すべて入っている(控えの手順の通り)。"""
    with Server(data) as server:
        person = Person(server, checklist_of(2026, facility, data=data))
        person.saved(ITEM, "止める前", person.version(ITEM))
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(data / "mamorite.sqlite", copy)
    assert run_json("audit", "verify", "--data", copy) == ledger(data)
    assert rows_of(facility, 2026, tmp_path / "rows.json", data=copy)[ITEM]["note"] == "止める前"
