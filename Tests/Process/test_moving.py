"""施設の持ち出しと受け入れ: 見本の病院の全部が、別の守り手に同じに入り、ほかのプログラムでも読める。"""

import hashlib
import json
import subprocess
import sys
import tarfile

from program import LOGIN, PASSWORD, ROOT, Server, Visitor, binary, environment, run, run_json

NEW = "seven quiet green lamps"


def unpacked(path):
    with tarfile.open(path) as tar:
        assert all(member.isfile() and member.mode == 0o600 for member in tar)
        return {member.name: tar.extractfile(member).read() for member in tar}


def exported(data, facility, to):
    return run_json("facility", "export", "--data", data, "--facility", facility, "--to", to)


def test_whole_hospital(data, facility, tmp_path):
    """見本の病院を移すと、行もファイルも記録も同じで、管理者を加えるとサインインできる。"""
    said = exported(data, facility, tmp_path / "one.tar")
    one = unpacked(tmp_path / "one.tar")
    schema = json.loads(one["schema.json"])
    assert hashlib.sha256(one["schema.json"]).hexdigest() == said["fingerprint"]
    # Another program reads it with what schema.json says alone.
    filled = 0
    for each in schema["tables"]:
        lines = one[f"tables/{each['table']['name']}.jsonl"].splitlines()
        assert len(lines) == each["rows"]
        assert hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest() == each["sha256"]
        filled += bool(lines)
        columns = {column["name"]: column["kind"] for column in each["table"]["columns"]}
        for line in map(json.loads, lines):
            assert line.keys() == columns.keys()
            for name, value in line.items():
                if columns[name] == "bytes" and value is not None:
                    assert hashlib.sha256(one[f"files/{value}"]).hexdigest() == value
    assert filled > 25  # the demonstration hospital has rows of most kinds
    (tmp_path / "ledger.jsonl").write_bytes(one["ledger.jsonl"])
    checked = subprocess.run(
        [sys.executable, ROOT / "tools" / "verify-ledger.py", tmp_path / "ledger.jsonl"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    other = tmp_path / "other"
    taken = run_json("facility", "import", tmp_path / "one.tar", "--data", other)
    assert (taken["fingerprint"], taken["rows"]) == (said["fingerprint"], said["rows"])
    verdict = run_json("audit", "verify", "--data", other)
    assert verdict["ok"], verdict
    exported(other, facility, tmp_path / "two.tar")
    two = unpacked(tmp_path / "two.tar")
    for name, content in one.items():
        # What is due next, and the ledger, have gone on.
        if name.startswith(("tables/", "files/")) and name != "tables/due.jsonl":
            assert two[name] == content, name
    again = run("facility", "import", tmp_path / "one.tar", "--data", other)
    assert again.returncode == 4 and "もうこの守り手にあります" in again.stderr

    def add(name, login):
        return subprocess.run(
            [binary(), "user", "add", "--data", other, "--facility", facility, "--name", name, "--login", login,
             "--role", "administrator", "--json"], input=NEW + "\n", env=environment(), capture_output=True, text=True,
            timeout=60)

    # The person that everybody would name: the administrator, who has come along without a sign-in.
    people = [json.loads(line) for line in one["tables/person.jsonl"].splitlines()]
    boss = next(person for person in people if person["role"] == "administrator")
    added = add(boss["name"], "mover")
    assert added.returncode == 0, added.stderr
    told = json.loads(added.stdout)
    assert (told["id"], told["role"], told["was_known"]) == (boss["id"], "administrator", True)
    again = add(boss["name"], "mover2")
    assert again.returncode == 2 and "もういます" in again.stderr
    with Server(other) as server:
        visitor = Visitor(server.url).sign_in("mover", NEW)
        status, _, home = visitor.ask("/")
        assert status == 200 and "みなと" in home.decode()
        # Nobody's sign-in has come along.
        stranger = Visitor(server.url)
        fields = {"_token": stranger.token("/sign-in"), "login": LOGIN, "password": PASSWORD, "next": "/"}
        assert stranger.ask("/sign-in", fields)[0] == 422


def test_refused(data, facility, tmp_path):
    """ない場所、あるファイル、よそのファイルは、わけを言って断る。"""
    (tmp_path / "there.tar").write_bytes(b"mine")
    there = run("facility", "export", "--data", data, "--facility", facility, "--to", tmp_path / "there.tar")
    assert there.returncode == 4 and (tmp_path / "there.tar").read_bytes() == b"mine"
    absent = run("facility", "export", "--data", data, "--facility", facility, "--to", tmp_path / "no" / "x.tar")
    assert absent.returncode == 5
    foreign = run("facility", "import", tmp_path / "there.tar", "--data", tmp_path / "new")
    assert foreign.returncode == 2 and "facility export" in foreign.stderr
    (tmp_path / "folder").mkdir()
    folder = run("facility", "import", tmp_path / "folder", "--data", tmp_path / "new")
    assert folder.returncode == 2 and "フォルダです" in folder.stderr and "(.tar)そのもの" in folder.stderr
    missing = run("facility", "import", tmp_path / "nothing.tar", "--data", tmp_path / "new")
    assert missing.returncode == 3
    assert not [path.name for path in (tmp_path / "new").iterdir() if path.name.startswith(".mamorite-work")]
