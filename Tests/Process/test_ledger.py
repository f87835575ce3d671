"""記録の書き出しと、守り手を使わない確かめ方: 同じところで切れていると言うか。"""

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import time

import pytest
from program import NOW, ROOT, Server, Visitor, binary, environment, run, run_json

VERIFIER = ROOT / "tools" / "verify-ledger.py"
LATER = str(int(NOW) + 60_000)

specification = importlib.util.spec_from_file_location("verify_ledger", VERIFIER)
verifier = importlib.util.module_from_spec(specification)
specification.loader.exec_module(verifier)

# RFC 8032, section 7.1: public key, message, signature of TEST 1, 2, 3 and SHA(abc).
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]


@pytest.mark.parametrize("key, message, signature", VECTORS)
def test_rfc_8032(key, message, signature):
    """署名の確かめ方は、RFC 8032 の例のとおりで、一文字でも違えば断る。"""
    key, message, signature = map(bytes.fromhex, (key, message, signature))
    assert verifier.ed25519_holds(key, message, signature)
    assert not verifier.ed25519_holds(key, message + b"\0", signature)
    for place in (0, 31, 32, 62):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not verifier.ed25519_holds(key, message, bytes(changed))
    # The same number and the order of the group on top: a signature of its own making (section 5.1.7).
    higher = int.from_bytes(signature[32:], "little") + verifier.L
    assert not verifier.ed25519_holds(key, message, signature[:32] + higher.to_bytes(32, "little"))


def check(file, *words, language="ja_JP.UTF-8"):
    done = subprocess.run(
        [sys.executable, VERIFIER, file, *words], capture_output=True, text=True, env={**os.environ, "LANG": language, "LC_ALL": ""})
    assert "Traceback" not in done.stderr, done.stderr
    return done


def export(data, facility, file):
    done = run("audit", "export", "--data", data, "--facility", facility, "--out", file)
    assert done.returncode == 0, done.stderr
    return file


def verdict(data):
    """What `audit verify` says: (fits, first place that does not)."""
    done = run("audit", "verify", "--data", data, "--json")
    assert done.returncode in (0, 6), done.stderr
    answer = json.loads(done.stdout)
    assert (done.returncode == 0) == answer["ok"]
    return answer["ok"], answer["broken"][0]["sequence"] if answer["broken"] else None


def opinion(file, *words):
    """The same from the standalone verifier."""
    done = check(file, "--json", *words)
    assert done.returncode in (0, 6), done.stderr
    answer = json.loads(done.stdout)
    assert (done.returncode == 0) == answer["ok"]
    return answer["ok"], answer["broken_at"]


@pytest.fixture(scope="module")
def signed(made, tmp_path_factory):
    """The demonstration hospital with three checkpoints, its own and two more, and entries between and behind them."""
    data = tmp_path_factory.mktemp("signed") / "data"
    shutil.copytree(made, data)
    facility = run_json("facility", "list", "--data", data)[0]["id"]
    for login, now in (("kato", NOW), ("mori", LATER)):
        add_person(data, facility, login)
        made = run_json("audit", "checkpoint", "--data", data, "--facility", facility, MAMORITE_NOW=now)
        assert len(made["signed"]) == 1
        again = run_json("audit", "checkpoint", "--data", data, "--facility", facility, MAMORITE_NOW=now)
        assert again["signed"] == []
    add_person(data, facility, "hara")
    points = checkpoints(data)
    assert len(points) == 3
    return data, facility, points


def checkpoints(data):
    with contextlib.closing(sqlite3.connect(data / "mamorite.sqlite")) as database:
        rows = database.execute("SELECT seq, hash, key_id FROM ledger_checkpoint ORDER BY seq").fetchall()
    return [dict(zip(("sequence", "hash", "key"), row)) for row in rows]


def add_person(data, facility, login):
    done = subprocess.run(
        [binary(), "user", "add", "--data", data, "--facility", facility, "--name", login, "--login", login, "--role", "staff"],
        input="five different words\n", text=True, capture_output=True, env=environment(), cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_good_ledger(signed, tmp_path):
    """書き換えのない記録は、どちらで確かめても合う。書き出したことも記録に残る。"""
    data = shutil.copytree(signed[0], tmp_path / "data")
    facility, points = signed[1:]
    before = run_json("audit", "verify", "--data", data)
    assert before["ok"] and before["checkpoints"] == 3 and before["other_keys"] == 0
    file = export(data, facility, tmp_path / "ledger.jsonl")
    after = run_json("audit", "verify", "--data", data)
    assert after["entries"] == before["entries"] + 1
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["type"] for line in lines] == ["ledger"] + ["checkpoint"] * 3 + ["entry"] * after["entries"]
    assert (lines[0]["head"], lines[0]["entries"]) == (after["head"], after["entries"])
    assert (lines[-1]["action"], lines[-1]["hash"]) == ("ledger.export", after["head"])
    assert [line["hash"] for line in lines[1:4]] == [point["hash"] for point in points]
    answer = json.loads(check(file, "--json").stdout)
    assert (answer["ok"], answer["entries"], answer["head"], answer["checkpoints"]) == (True, after["entries"], after["head"], 3)
    said = check(file)
    assert said.returncode == 0 and "すべて合っています" in said.stdout and "--key" in said.stdout
    assert "hold" in check(file, language="en_US.UTF-8").stdout


def test_key(signed, tmp_path):
    """鍵は自分だけが読める場所に一つあり、控えた公開鍵でない署名は断る。"""
    data, facility, points = signed
    assert stat.S_IMODE((data / "ledger-key").stat().st_mode) == 0o600
    known = run_json("audit", "key", "--data", data)
    assert re.fullmatch("[0-9a-f]{64}", known["public_key"]) and known["key"] == points[0]["key"]
    copy = shutil.copytree(data, tmp_path / "data")
    file = export(copy, facility, tmp_path / "ledger.jsonl")
    (tmp_path / "mine").write_text(f"# 玄関の金庫の控え\n{known['public_key']}\n")
    said = check(file, "--key", tmp_path / "mine")
    assert said.returncode == 0 and "--key" not in said.stdout
    (tmp_path / "other").write_text(VECTORS[0][0] + "\n")
    assert opinion(file, "--key", tmp_path / "other") == (False, points[0]["sequence"])
    (tmp_path / "none").write_text("hello\n")
    assert check(file, "--key", tmp_path / "none").returncode == 2
    # Another installation's key: the signatures hold, but are not this one's.
    (copy / "ledger-key").unlink()
    assert run_json("audit", "verify", "--data", copy)["other_keys"] == 0
    assert run_json("audit", "key", "--data", copy)["key"] != known["key"]
    assert run_json("audit", "verify", "--data", copy)["other_keys"] == 3


@contextlib.contextmanager
def tampering(data):
    """The database in the hand of someone who has taken the triggers away."""
    with contextlib.closing(sqlite3.connect(data / "mamorite.sqlite")) as connection, connection:
        for table in ("audit_entry", "ledger_checkpoint"):
            for kind in ("update", "delete"):
                connection.execute(f"DROP TRIGGER {table}_no_{kind}")
        yield connection


# Before the first checkpoint, so that the same place is found whatever the checkpoints say.
COLUMNS = {
    "at_ms": "at_ms + 1", "actor": "'system:other'", "actor_name": "'別の人'", "action": "'person.other'", "subject": "'person:x'",
    "before_json": "'{}'", "after_json": "NULL", "hash": "substr(hash, 2) || 'f'",
}
CHANGES = {
    **{f"column-{name}": [f"UPDATE audit_entry SET {name} = {value} WHERE seq = 7"] for name, value in COLUMNS.items()},
    "empty-for-nothing": ["UPDATE audit_entry SET before_json = '' WHERE seq = 7"],
    "kind-of-value": ["UPDATE audit_entry SET at_ms = 'x' WHERE seq = 7"],
    "removed": ["DELETE FROM audit_entry WHERE seq = 7"],
    "first-removed": ["DELETE FROM audit_entry WHERE seq = 1"],
    "swapped": [
        "UPDATE audit_entry SET seq = -7 WHERE seq = 7", "UPDATE audit_entry SET seq = 7 WHERE seq = 8",
        "UPDATE audit_entry SET seq = 8 WHERE seq = -7"],
    "last-removed": ["DELETE FROM audit_entry WHERE seq = (SELECT MAX(seq) FROM audit_entry)"],
    "signed-hash": ["UPDATE ledger_checkpoint SET hash = substr(hash, 2) || 'f' WHERE seq = (SELECT MIN(seq) FROM ledger_checkpoint)"],
    "signed-day": ["UPDATE ledger_checkpoint SET day = '2026-11-22' WHERE seq = (SELECT MIN(seq) FROM ledger_checkpoint)"],
    "signature": ["UPDATE ledger_checkpoint SET signature = substr(signature, 3) || '00' WHERE seq = (SELECT MAX(seq) FROM ledger_checkpoint)"],
    "key": ["UPDATE ledger_checkpoint SET key_id = '0000000000000000'"],
}


@pytest.mark.parametrize("change", CHANGES)
def test_both_find_the_same_place(signed, tmp_path, change):
    """どの列を書き換えても、消しても、入れ替えても、二つの確かめ方が同じ番号を言う。"""
    data = shutil.copytree(signed[0], tmp_path / "data")
    with tampering(data) as database:
        for statement in CHANGES[change]:
            assert database.execute(statement).rowcount > 0
    fits, place = verdict(data)
    assert not fits and place is not None
    if change.startswith(("column", "empty", "kind", "removed", "swapped")):
        assert place == 7
    file = export(data, signed[1], tmp_path / "ledger.jsonl")
    assert opinion(file) == (False, place)
    said = check(file)
    assert said.returncode == 6 and f"{place}番" in said.stdout
    assert f"entry {place}" in check(file, language="en_US.UTF-8").stdout


def test_every_facility_is_looked_at(signed, tmp_path):
    """施設の番号を一文字変えても、記録を残らず消しても、記録の無い施設や知らない施設として見つかる。"""
    facility = signed[1]
    data = shutil.copytree(signed[0], tmp_path / "renamed")
    other = facility[:-1] + ("0" if facility[-1] != "0" else "1")
    with tampering(data) as database:
        assert database.execute("UPDATE facility SET id = ? WHERE id = ?", (other, facility)).rowcount == 1
    said = run("audit", "verify", "--json", "--data", data)
    found = json.loads(said.stdout)
    assert said.returncode == 6 and found["unlisted"] == [facility] and not found["ok"]
    assert [(each["facility"], each["sequence"]) for each in found["broken"]] == [(other, 1)]
    said = run("audit", "verify", "--data", data)
    assert said.returncode == 6 and facility in said.stdout and f"{other} の 1 件目" in said.stdout

    data = shutil.copytree(signed[0], tmp_path / "emptied")
    with tampering(data) as database:
        for table in ("audit_entry", "audit_head", "ledger_checkpoint"):
            database.execute(f"DELETE FROM {table}")
    found = json.loads(run("audit", "verify", "--json", "--data", data).stdout)
    assert not found["ok"] and [(each["facility"], each["sequence"]) for each in found["broken"]] == [(facility, 1)]


def chain_anew(database, facility, start):
    """Computes every hash from `start` on, as one who knows the form would."""
    previous = database.execute("SELECT hash FROM audit_entry WHERE seq = ?", (start - 1,)).fetchone()[0]
    names = "seq, at_ms, actor, actor_name, action, subject, before_json, after_json"
    for row in database.execute(f"SELECT {names} FROM audit_entry WHERE seq >= ? ORDER BY seq", (start,)).fetchall():
        data = previous.encode()
        for value in (facility, *row):
            raw = b"" if value is None else str(value).encode()
            data += b"-," if value is None else b"%d:%s," % (len(raw), raw)
        previous = hashlib.sha256(data).hexdigest()
        database.execute("UPDATE audit_entry SET hash = ? WHERE seq = ?", (previous, row[0]))
    last = database.execute("SELECT MAX(seq) FROM audit_entry").fetchone()[0]
    database.execute("UPDATE audit_head SET seq = ?, hash = ?", (last, previous))


def test_made_anew(signed, tmp_path):
    """鎖をそっくり作り直しても、署名した区切りと合わない。"""
    data = shutil.copytree(signed[0], tmp_path / "data")
    facility, points = signed[1:]
    with tampering(data) as database:
        database.execute("UPDATE audit_entry SET actor_name = '別の人' WHERE seq = 7")
        chain_anew(database, facility, 7)
    assert verdict(data) == (False, points[0]["sequence"])
    file = export(data, facility, tmp_path / "ledger.jsonl")
    assert opinion(file) == (False, points[0]["sequence"])


def test_end_cut_off(signed, tmp_path):
    """終わりを見出しごと切り取られても、区切りか控えた指紋と比べれば分かる。"""
    facility, points = signed[1:]
    whole = shutil.copytree(signed[0], tmp_path / "whole")
    file = export(whole, facility, tmp_path / "whole.jsonl")
    printed = json.loads(file.read_text().splitlines()[-1])["hash"][:16]
    assert opinion(file, "--fingerprint", printed) == (True, None)
    data = shutil.copytree(signed[0], tmp_path / "data")
    last = points[-1]["sequence"] - 1
    with tampering(data) as database:
        database.execute("DELETE FROM audit_entry WHERE seq > ?", (last,))
        database.execute("UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit_entry WHERE seq = ?)", (last,))
    assert verdict(data) == (False, points[-1]["sequence"])
    file = export(data, facility, tmp_path / "cut.jsonl")
    assert opinion(file) == (False, points[-1]["sequence"])
    # With the checkpoints gone as well, only what is kept elsewhere tells.
    with contextlib.closing(sqlite3.connect(data / "mamorite.sqlite")) as database, database:
        database.execute("DELETE FROM ledger_checkpoint WHERE seq > ?", (last,))
    assert verdict(data) == (True, None)
    file = export(data, facility, tmp_path / "clean.jsonl")
    assert opinion(file) == (True, None)
    spaced = " ".join(printed[start:start + 4] for start in range(0, 16, 4)).upper()
    fits, _ = opinion(file, "--fingerprint", spaced)
    assert not fits


@pytest.mark.parametrize("place", ["head", "middle", "last", "swapped"])
def test_file_in_other_hands(signed, tmp_path, place):
    """受け取ったファイルの行を消しても、入れ替えても分かる。"""
    data = shutil.copytree(signed[0], tmp_path / "data")
    file = export(data, signed[1], tmp_path / "ledger.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    entries = len(lines) - 4
    if place == "head":
        file.write_bytes(b"".join(lines[1:]))
        assert check(file).returncode == 2
        return
    if place == "middle":
        del lines[12]
    elif place == "last":
        del lines[-1]
    else:
        lines[12], lines[13] = lines[13], lines[12]
    file.write_bytes(b"".join(lines))
    assert opinion(file) == (False, entries if place == "last" else 9)


def test_no_ledger(tmp_path):
    """記録でないファイルには、わけを言って 2 で終わる。"""
    for content in (b"", b"hello\n", b'{"type":"entry"}\n', b'{"type":"ledger","format":"other"}\n', b"\xff\xfe\n"):
        (tmp_path / "x").write_bytes(content)
        done = check(tmp_path / "x")
        assert done.returncode == 2 and "。" in done.stderr, (content, done)
    assert check(tmp_path / "missing").returncode == 2
    assert subprocess.run([sys.executable, VERIFIER], capture_output=True).returncode == 64


def test_same_file_from_the_browser(signed, tmp_path):
    """画面から受け取ったファイルも同じ形で、確かめられる。"""
    data = shutil.copytree(signed[0], tmp_path / "data")
    with Server(data, "--no-worker") as server:
        status, headers, body = Visitor(server.url).sign_in().ask("/ledger/export.jsonl")
    assert status == 200 and headers["Content-Type"].startswith("application/jsonl")
    (tmp_path / "ledger.jsonl").write_bytes(body)
    assert opinion(tmp_path / "ledger.jsonl") == (True, None)


def test_daily_signature(made, tmp_path):
    """働き手が、前からある施設の記録に署名し、次の日も続ける。"""
    data = shutil.copytree(made, tmp_path / "data")
    add_person(data, run_json("facility", "list", "--data", data)[0]["id"], "kato")
    before = len(checkpoints(data))
    with contextlib.closing(sqlite3.connect(data / "mamorite.sqlite")) as database, database:
        assert database.execute("UPDATE due SET due_at_ms = 0 WHERE kind = 'ledger.checkpoint'").rowcount == 1
    with Server(data):
        end = time.monotonic() + 20
        while len(checkpoints(data)) == before and time.monotonic() < end:
            time.sleep(0.1)
    answer = run_json("audit", "verify", "--data", data)
    assert (answer["ok"], answer["checkpoints"]) == (True, before + 1)
    with contextlib.closing(sqlite3.connect(data / "mamorite.sqlite")) as database:
        (due,) = database.execute("SELECT due_at_ms FROM due WHERE kind = 'ledger.checkpoint'").fetchone()
    assert due > int(NOW)
