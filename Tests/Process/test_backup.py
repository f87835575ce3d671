"""控え: 動いたまま取る、途中で止められる、いっぱいになる、戻す、前の版のもの、PostgreSQL。"""

import contextlib
import hashlib
import json
import lzma
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

import pytest
from nacl import bindings as nacl
from program import Server, Visitor, binary, environment, run, run_json
from test_faults import Cluster, POSTGRES, small_disk  # noqa: F401

KILLS = int(os.environ.get("MAMORITE_KILLS", "50")) // 2


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "key"
    file.write_text("0123456789abcdef" * 4 + "\n")
    return file


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def create(data, place, key, *words, **more):
    return run_json("backup", "create", "--data", data, "--to", place, "--key-file", key, *words, **more)


def verify(file, key, **more):
    return run_json("backup", "verify", file, "--key-file", key, **more)


def refused(done, words, code):
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert words in done.stderr and re.search("[ぁ-ん].*。", done.stderr), done.stderr
    assert not re.search(r"Fatal|Error:|\.swift|crashed", done.stderr), done.stderr


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def big(data, megabytes):
    """Makes the database larger, so that there is time to kill what copies it."""
    with sqlite3.connect(data / "mamorite.sqlite") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS ballast (id INTEGER PRIMARY KEY, content BLOB)")
        connection.executemany(
            "INSERT INTO ballast (content) VALUES (?)", ((random.randbytes(1 << 20),) for _ in range(megabytes)))


def test_there_and_back(data, facility, place, key, tmp_path):
    """取り、確かめ、戻したものは、記録の最後の指紋まで同じで、そのまま動く。"""
    made = create(data, place, key)
    assert [path.name for path in place.iterdir()] == [os.path.basename(made["file"])]
    ledger = run_json("audit", "verify", "--data", data)
    verdict = verify(made["file"], key)
    assert verdict["ok"] and (verdict["entries"], verdict["head"]) == (ledger["entries"], ledger["head"])
    assert verdict["checkpoints"] == ledger["checkpoints"] and verdict["differences"] == []
    new = tmp_path / "new"
    done = run("backup", "restore", made["file"], "--key-file", key, "--data", new)
    assert done.returncode == 0, done.stderr
    assert run_json("audit", "verify", "--data", new) == ledger
    with Server(new) as server:
        assert Visitor(server.url).sign_in().ask("/")[0] == 200
    listed = run_json("backup", "list", place)
    assert [each["file"] for each in listed] == [made["file"]] and listed[0]["entries"] == ledger["entries"]


def test_while_people_save(data, facility, place, key):
    """保存の続く間に取った控えは、どれも一つの時点のもので、鎖が合う。"""
    checklist = run_json("assess", "list", "--data", data, "--facility", facility)[0]["id"]
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        token = visitor.token("/account")
        stop = threading.Event()

        def save():
            version = 1
            while not stop.is_set():
                status, _, body = visitor.ask(
                    f"/assessments/{checklist}/answers/r7-med-2-9",
                    {"_token": token, "version": version, "answer": "no", "note": f"{version}"}, "application/json")
                version = json.loads(body)["version"] if status == 200 else version + 1

        saving = threading.Thread(target=save)
        saving.start()
        try:
            entries = []
            for _ in range(6):
                verdict = verify(create(data, place, key)["file"], key)
                assert verdict["ok"], verdict
                entries.append(verdict["entries"])
        finally:
            stop.set()
            saving.join()
    assert entries == sorted(entries) and entries[0] < entries[-1]


def test_killed_while_backing_up(data, place, key):
    """取っている最中の kill -9 は、控えに見える半端なものを残さず、残りは次に消える。"""
    big(data, 24)
    chance = random.Random(9)
    start = time.monotonic()
    create(data, place, key)
    length = time.monotonic() - start
    whole = {path.name for path in place.glob("*.mamorite")}
    killed = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [binary(), "backup", "create", "--data", data, "--to", place, "--key-file", key], env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, length))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        for path in place.glob("*.mamorite"):
            if path.name not in whole:
                assert verify(path, key)["ok"]
                path.unlink()
    assert killed > KILLS // 3
    made = create(data, place, key)
    assert verify(made["file"], key)["ok"]
    assert [path.name for path in place.iterdir() if path.name.startswith(".")] == []
    assert [path.name for path in data.iterdir() if path.name.startswith(".mamorite")] == []
    assert run_json("audit", "verify", "--data", data)["ok"]


def test_killed_while_restoring(data, place, key, tmp_path):
    """戻している最中の kill -9 のあと、戻す先は、ないか、前のままか、全部ある。"""
    big(data, 24)
    made = create(data, place, key)["file"]
    parent = tmp_path / "targets"
    parent.mkdir()
    target = parent / "data"
    chance = random.Random(10)
    start = time.monotonic()
    assert run("backup", "restore", made, "--key-file", key, "--data", target).returncode == 0
    length = time.monotonic() - start
    content = digests(target)
    killed = 0
    for turn in range(KILLS):
        replacing = turn % 2 == 1 and target.exists()
        if not replacing:
            shutil.rmtree(target, ignore_errors=True)
        process = subprocess.Popen(
            [binary(), "backup", "restore", made, "--key-file", key, "--data", target, *(["--replace"] if replacing else [])],
            env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, length))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        if target.exists():
            assert {name: value for name, value in digests(target).items() if not name.endswith(("-wal", "-shm"))} == content
        kept = list(parent.glob("data.before-*"))
        if replacing and not target.exists():
            # Between the two names: nothing is lost.
            assert kept
        for path in kept:
            shutil.rmtree(path)
    assert killed > KILLS // 3
    shutil.rmtree(target, ignore_errors=True)
    assert run("backup", "restore", made, "--key-file", key, "--data", target).returncode == 0
    assert [path.name for path in parent.iterdir()] == ["data"]
    assert run_json("audit", "verify", "--data", target)["ok"]


def test_refusals(data, place, key, tmp_path):
    """断るときは、わけと直し方を一文で言い、決まった終了コードで終わる。"""
    made = create(data, place, key)["file"]
    other = tmp_path / "other"
    other.write_text("f" * 64)

    def restore(file=made, key=key, to=tmp_path / "new", *words):
        return run("backup", "restore", file, "--key-file", key, "--data", to, *words)

    content = bytearray(open(made, "rb").read())
    content[len(content) // 2] ^= 1
    flipped = tmp_path / "flipped.mamorite"
    flipped.write_bytes(content)
    cut = tmp_path / "cut.mamorite"
    cut.write_bytes(content[:-1])
    newer = tmp_path / "newer.mamorite"
    newer.write_bytes(content.replace(b"mamorite-backup-1", b"mamorite-backup-9"))
    refused(restore(flipped), "書き換わっているか壊れています", 2)
    refused(restore(cut), "途中で切れています", 2)
    refused(restore(newer), "新しい版の守り手", 2)
    refused(restore(key=other), "この鍵では", 2)
    refused(restore(key=tmp_path / "none"), "鍵のファイル", 3)
    refused(restore(tmp_path / "none"), "控えのファイル", 3)
    refused(restore(tmp_path / "key"), "守り手の控えではありません", 2)
    assert not (tmp_path / "new").exists()
    refused(restore(to=data), "--replace", 4)
    with Server(data):
        refused(restore(made, key, data, "--replace"), "動いている守り手", 4)
    refused(run("backup", "create", "--data", data, "--to", tmp_path / "usb", "--key-file", key), "つながっていません", 5)
    refused(run("backup", "create", "--data", tmp_path / "no", "--to", place, "--key-file", key), "データベースがありません", 5)
    done = run("backup", "verify", flipped, "--key-file", key, "--json")
    assert done.returncode == 2 and json.loads(done.stdout)["ok"] is False
    assert run("backup", "create", "--data", data, "--to", place).returncode == 64
    assert len(list(place.iterdir())) == 1


def test_wrong_content_is_found(data, place, key):
    """書き換えた記録の控えは、取れても、確かめると分かる。"""
    with sqlite3.connect(data / "mamorite.sqlite") as connection:
        connection.execute("DROP TRIGGER audit_entry_no_update")
        connection.execute("UPDATE audit_entry SET actor_name = 'だれか' WHERE seq = 7")
    made = create(data, place, key)["file"]
    done = run("backup", "verify", made, "--key-file", key, "--json")
    assert done.returncode == 6, done.stderr
    verdict = json.loads(done.stdout)
    assert not verdict["ok"] and [each["sequence"] for each in verdict["broken"]] == [7]


def test_full_disks(data, key, place, small_disk, tmp_path):  # noqa: F811
    """控えの場所も、戻す場所も、いっぱいなら言い、半端なものを残さない。"""
    big(data, 10)
    refused(run("backup", "create", "--data", data, "--to", small_disk, "--key-file", key), "いっぱいです", 5)
    assert list(small_disk.iterdir()) == []
    made = create(data, place, key)["file"]
    refused(run("backup", "restore", made, "--key-file", key, "--data", small_disk / "new"), "いっぱいです", 5)
    refused(run("backup", "verify", made, "--key-file", key, "--work", small_disk), "いっぱいです", 5)
    assert list(small_disk.iterdir()) == []
    # A connected disk is taken for one.
    shutil.rmtree(data)
    assert run("demo", "--data", data).returncode == 0
    assert create(data, small_disk, key, "--removable")["bytes"] > 0


def test_disk_that_is_not_connected(data, key, place):
    """--removable では、ディスクがつながっていないときに、サーバの中へは取らない。"""
    if os.stat(place).st_dev != os.stat("/").st_dev:
        pytest.skip("the folder for temporary files is on a disk of its own")
    refused(
        run("backup", "create", "--data", data, "--to", place, "--key-file", key, "--removable"), "つないだディスクの上にありません", 5)
    assert list(place.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to act as nobody")
def test_place_that_cannot_be_written(data, key, place, tmp_path):
    """書けない場所では、わけを言って終わる。"""
    # However deep the tests' own folders lie.
    top = pathlib.Path(tempfile.gettempdir())
    for parent in data.parents:
        if top in parent.parents:
            parent.chmod(parent.stat().st_mode | 0o055)
    for path in [data, *data.iterdir()]:
        os.chown(path, 65534, 65534)
    key.chmod(0o644)
    place.chmod(0o555)
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", binary()]
    done = subprocess.run(
        [*as_nobody, "backup", "create", "--data", data, "--to", place, "--key-file", key], env=environment(HOME="/"),
        capture_output=True, text=True, timeout=20)
    refused(done, "を使えません", 5)


def schema(file):
    """The steps that a database has taken, and everything it consists of."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        steps = {name for (name,) in connection.execute("SELECT name FROM schema_step")}
        parts = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return steps, {(kind, name): " ".join(sql.split()) for kind, name, sql in parts}


def test_earlier_migration(data, key, place, tmp_path):
    """前の版で取った控えは、戻せて、次の起動で新しくなり、いま作ったものと同じ形になる。"""
    # The demonstration hospital of 2026-11-22, when the schema ended at the step that names the file.
    earlier = next((pathlib.Path(__file__).parent / "earlier").glob("*.sql.xz"))
    last = earlier.name.removesuffix(".sql.xz")
    old = tmp_path / "old"
    old.mkdir()
    with contextlib.closing(sqlite3.connect(old / "mamorite.sqlite")) as connection:
        connection.executescript(lzma.decompress(earlier.read_bytes()).decode())
    steps, _ = schema(old / "mamorite.sqlite")
    now, shape = schema(data / "mamorite.sqlite")
    assert max(steps) == last and steps < now
    made = create(old, place, key)
    # Taking a backup changes nothing of what an earlier version left.
    assert schema(old / "mamorite.sqlite")[0] == steps
    verdict = verify(made["file"], key)
    assert verdict["ok"] and verdict["entries"] == made["entries"] > 0
    new = tmp_path / "new"
    assert run("backup", "restore", made["file"], "--key-file", key, "--data", new).returncode == 0
    with Server(new) as server:
        visitor = Visitor(server.url).sign_in()
        # What later steps altered or added, read from the rows of before.
        for path in ("/", "/registers/devices", "/assessments", "/requests", "/audits", "/risks", "/monitoring", "/oncall"):
            assert visitor.ask(path)[0] == 200, path
    assert schema(new / "mamorite.sqlite") == (now, shape)
    ledger = run_json("audit", "verify", "--data", new)
    assert ledger["ok"] and ledger["entries"] >= verdict["entries"]


def test_newer_program(data, place, key, tmp_path):
    """新しい版の控えは、その版を使うように言って、何もしない。"""
    with sqlite3.connect(data / "mamorite.sqlite") as connection:
        connection.execute("INSERT INTO schema_step (name, applied_at_ms) VALUES ('29990101-0-later', 0)")
    made = create(data, place, key)["file"]
    for words in (["verify", made], ["restore", made, "--data", tmp_path / "new"]):
        refused(run("backup", *words, "--key-file", key), "29990101-0-later", 5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "key", "place"]


def test_passphrase(data, place, key, tmp_path):
    """合言葉のファイルでも取れて、戻せる。"""
    words = tmp_path / "words"
    words.write_text("海の向こうに 灯台が ひとつ\n")
    made = run_json("backup", "create", "--data", data, "--to", place, "--passphrase-file", words)["file"]
    assert run_json("backup", "verify", made, "--passphrase-file", words)["ok"]
    refused(run("backup", "verify", made, "--key-file", key), "--passphrase-file", 2)


def test_anyone_can_read_it(data, place, key, tmp_path):
    """文書のとおりに読むと、守り手がなくても、中身が出る。"""
    made = create(data, place, key)["file"]
    content = open(made, "rb").read()
    assert content[:16] == b"mamorite-backup\n"
    length = int.from_bytes(content[16:20], "big")
    header = json.loads(content[20:20 + length])
    beginning, start, parts = content[:20 + length], content[20 + length:44 + length], content[44 + length:]
    state = nacl.crypto_secretstream_xchacha20poly1305_state()
    nacl.crypto_secretstream_xchacha20poly1305_init_pull(state, start, bytes.fromhex(key.read_text().strip()))
    plain, size = b"", header["chunk_bytes"] + 17
    for place_ in range(0, len(parts), size):
        part, _ = nacl.crypto_secretstream_xchacha20poly1305_pull(state, parts[place_:place_ + size], beginning or None)
        plain, beginning = plain + part, b""
    archive = tmp_path / "content.tar"
    archive.write_bytes(plain)
    listed = subprocess.run(["tar", "-tf", archive], capture_output=True, text=True, check=True).stdout.split()
    assert listed == ["mamorite.sqlite", "ledger-key"] and len(plain) == header["content_bytes"]


# MARK: PostgreSQL


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    if not (POSTGRES / "initdb").exists():
        pytest.skip("PostgreSQL 15 is not installed")
    if os.geteuid() == 0 and not shutil.which("runuser"):
        pytest.skip("PostgreSQL refuses root, and there is no runuser")
    cluster = Cluster()
    try:
        cluster.start()
        cluster.psql("CREATE ROLE mamorite LOGIN CREATEDB")
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def on_postgres(cluster, tmp_path):
    name = "backup_" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]
    cluster.psql(f"CREATE DATABASE {name} OWNER mamorite")
    url = cluster.url(name)
    done = run("demo", "--data", tmp_path / "keys", timeout=180, MAMORITE_DATABASE=url)
    assert done.returncode == 0, done.stderr
    return url


def test_postgres_there_and_back(cluster, on_postgres, place, key, tmp_path):
    """PostgreSQL でも、取り、確かめ、戻せる。中身があれば断り、言われれば残して替える。"""
    here = {"MAMORITE_DATABASE": on_postgres}
    ledger = run_json("audit", "verify", "--data", tmp_path / "keys", **here)
    made = create(tmp_path / "keys", place, key, **here)
    assert made["engine"] == "postgres" and made["entries"] == ledger["entries"]
    verdict = verify(made["file"], key, **here)
    assert verdict["ok"] and (verdict["entries"], verdict["head"]) == (ledger["entries"], ledger["head"])
    assert not [name for name in cluster.psql("SELECT datname FROM pg_database") if "verify" in name]

    cluster.psql(f"CREATE DATABASE {place.parent.name.lower().replace('-', '_')}_new OWNER mamorite")
    new = cluster.url(f"{place.parent.name.lower().replace('-', '_')}_new")
    words = ["backup", "restore", made["file"], "--key-file", key, "--data", tmp_path / "new"]
    done = run(*words, MAMORITE_DATABASE=new)
    assert done.returncode == 0, done.stderr
    assert run_json("audit", "verify", "--data", tmp_path / "new", MAMORITE_DATABASE=new) == ledger
    refused(run(*words, MAMORITE_DATABASE=new), "--replace", 4)
    done = run(*words, "--replace", "--json", MAMORITE_DATABASE=new)
    assert done.returncode == 0 and json.loads(done.stdout)["kept"].startswith("mamorite_before_"), done.stderr
    with Server(tmp_path / "new", MAMORITE_DATABASE=new) as server:
        assert Visitor(server.url).sign_in().ask("/")[0] == 200
    refused(run(*words[:-1], tmp_path / "fresh"), "--database", 2)


def test_postgres_killed_while_restoring(cluster, on_postgres, place, key, tmp_path):
    """PostgreSQL に戻している最中の kill -9 のあと、データベースは空か、全部ある。"""
    made = create(tmp_path / "keys", place, key, MAMORITE_DATABASE=on_postgres)
    name = "kill_" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]
    url = cluster.url(name)
    chance = random.Random(11)
    tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"
    full = int(cluster.psql(tables, on_postgres.split("@/")[1].split("?")[0])[0])
    for turn in range(max(4, KILLS // 5)):
        cluster.psql(f"CREATE DATABASE {name} OWNER mamorite")
        process = subprocess.Popen(
            [binary(), "backup", "restore", made["file"], "--key-file", key, "--data", tmp_path / f"new{turn}"],
            env=environment(MAMORITE_DATABASE=url), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.8))
        process.send_signal(signal.SIGKILL)
        process.wait()
        # What it had begun may go on to its end, which is all or nothing.
        end = time.monotonic() + 20
        while time.monotonic() < end and cluster.psql(
            f"SELECT 1 FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"):
            time.sleep(0.05)
        assert int(cluster.psql(tables, name)[0]) in (0, full)
        cluster.psql(f"DROP DATABASE {name}")


def test_postgres_password_is_in_no_list(cluster, on_postgres, place, key, tmp_path):
    """パスワードは、だれでも見られる命令の引数に出ない。"""
    seen = tmp_path / "seen"
    tools = tmp_path / "tools"
    tools.mkdir()
    wrapper = tools / "pg_dump"
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexec {POSTGRES}/pg_dump "$@"\n')
    wrapper.chmod(0o755)
    url = on_postgres.replace("mamorite@", "mamorite:himitsu-no-kotoba@")
    create(
        tmp_path / "keys", place, key, MAMORITE_DATABASE=url, PATH=f"{tools}:{os.environ['PATH']}")
    assert "--snapshot=" in seen.read_text() and "himitsu" not in seen.read_text()
    done = run(
        "backup", "create", "--data", tmp_path / "keys", "--to", place, "--key-file", key, MAMORITE_DATABASE=url, PATH="/nonexistent")
    refused(done, "postgresql-client", 5)
