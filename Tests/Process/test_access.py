"""コマンドの権限: 表にない命令はなく、よその施設に触れず、データの場所を読めない利用者には何もできない。"""

import contextlib
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import sqlite3
import subprocess
import tempfile

import pytest
from program import ROOT, binary, environment, run, run_json
from test_commands import help_of, subcommands

TABLE = pathlib.Path(__file__).with_name("commands.tsv")
UNKNOWN = "0192f000-0000-7000-8000-000000000001"


def rows():
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    cells = [line.split("\t") for line in lines]
    assert all(len(each) == 4 for each in cells), [each for each in cells if len(each) != 4]
    return {each[0]: each[1:] for each in cells}


ROWS = rows()
OWN = [name for name, (_, facility, _) in ROWS.items() if facility == "own"]
DATA = [name for name, (place, _, _) in ROWS.items() if place == "data"]


def arguments(text, tmp_path, **ids):
    """The arguments of a row, with files of this test in the places of their names; `ids` of things that there are."""
    (tmp_path / "folder").mkdir(exist_ok=True)
    (tmp_path / "key").write_text("5" * 64 + "\n")
    (tmp_path / "table.csv").write_text("管理番号,機器名\nCT-9,CT 9号機\n", encoding="utf-8")
    (tmp_path / "sheet.txt").write_text("1 体制\n(1) 責任者を置いている。\n", encoding="utf-8")
    for path in tmp_path.iterdir():
        path.chmod(0o755 if path.is_dir() else 0o644)
    names = {
        "out": tmp_path / "out.dat", "folder": tmp_path / "folder", "key": tmp_path / "key", "svg": tmp_path / "out.svg",
        "csv": tmp_path / "table.csv", "new": tmp_path / "new", "sheet": tmp_path / "sheet.txt",
        "audit": UNKNOWN, "review": UNKNOWN, **ids}
    return shlex.split(text.format(**names))


def heads(data):
    """Each facility's last entry."""
    with contextlib.closing(sqlite3.connect(data / "mamorite.sqlite")) as database:
        entries = database.execute("SELECT facility_id, hash FROM audit_entry ORDER BY facility_id, seq").fetchall()
    assert entries
    return dict(entries)


def state(data):
    """What lies in the folder, by its bytes; the log of a reader aside."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(data.iterdir()) if path.is_file() and not path.name.endswith(("-shm", "-wal"))}


def test_every_command_has_its_row():
    """どの命令にも表の行があり、余った行はない。書いてあるとおりに、場所と施設を受け取る。"""
    helps = {}
    for words in subcommands():
        text = help_of(words)
        if words and "SUBCOMMANDS:" not in text:
            helps[" ".join(words)] = text
    assert set(helps) == set(ROWS)
    for name, text in helps.items():
        place, facility, _ = ROWS[name]
        options = text.split("OPTIONS:")[1]
        usage = text.split("USAGE:")[1].split("\n\n")[0]
        assert ("--data <data>" in options) == (place == "data" or name in ("backup restore", "backup verify")), name
        if facility == "own":
            # Required: no command of a facility guesses which one is meant.
            assert re.search(r"(?<!\[)--facility <facility>", usage), name
        elif place == "none":
            assert "--facility" not in options, name


@pytest.mark.parametrize("name", OWN)
def test_unknown_facility(data, tmp_path, name):
    """ない施設では、わけを言って終わり、何も変わらない。"""
    before = heads(data)
    more = arguments(ROWS[name][2], tmp_path)
    done = subprocess.run(
        [binary(), *name.split(), *more, "--data", str(data), "--facility", UNKNOWN], cwd=ROOT, env=environment(),
        input="five different words\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, (done.returncode, done.stdout, done.stderr)
    assert re.search("[ぁ-ん].*。", done.stderr), done.stderr
    assert heads(data) == before
    assert not (tmp_path / "out.dat").exists()


def hospital_things(data, facility, tmp_path):
    """What the rows name that is the hospital's: a round of accounts, an edition taken in, an audit."""
    at = ("--data", data, "--facility", facility)
    assert run("review", "accounts", "start", "mamorite", *at).returncode == 0
    reviews = run_json("review", "accounts", "list", *at)
    review = next(each["open"] for each in reviews if each["subject"] == "mamorite")
    assert run("pack", "take", arguments("{sheet}", tmp_path)[0], *at).returncode == 0
    audit = run_json("framework", "audits", *at)[0]
    devices = run("register", "list", "devices", *at).stdout.splitlines()
    names = [line.split(maxsplit=1)[1] for line in devices]
    assert audit["name"] and len(names) > 3
    return {"review": review, "audit": audit["id"]}, ["みなと総合病院", facility, review, audit["id"], audit["name"], *names]


# What the other facility has none of: its own register is empty, and the hospital's things are not there for it.
NOT_THERE = {
    "assess answer", "assess change-edition", "assess export", "framework export", "framework show", "pack give",
    "register diagram", "review accounts show"}


def test_other_facility(data, facility, tmp_path):
    """別の施設で動かした命令は、この施設のものを名指ししても「ありません」と言い、何も変えず、何も見せない。"""
    ids, secrets = hospital_things(data, facility, tmp_path)
    made = run_json("facility", "create", "--data", data, "--name", "別の病院", "--kind", "hospital", "--beds", 60)["id"]
    before = heads(data)[facility]
    assert NOT_THERE <= set(OWN)
    for name in OWN:
        for path in tmp_path.glob("out.*"):
            path.unlink()
        done = subprocess.run(
            [binary(), *name.split(), *arguments(ROWS[name][2], tmp_path, **ids), "--data", str(data), "--facility", made],
            cwd=ROOT, env=environment(), input="five different words\n", capture_output=True, text=True, timeout=60)
        # Reading in the year's checklist has begun it before `assess open` comes.
        expected = 3 if name in NOT_THERE else 4 if name == "assess open" else 0
        assert done.returncode == expected, (name, done.returncode, done.stdout, done.stderr)
        if expected:
            assert re.search("[ぁ-ん].*。", done.stderr), (name, done.stderr)
        written = [path.read_bytes() for path in tmp_path.glob("out.*")]
        for text in [done.stdout.encode(), done.stderr.encode(), *written]:
            assert not [each for each in secrets if each.encode() in text], name
    assert heads(data)[facility] == before
    # What was named is there for whom it belongs to.
    for name in ("framework show", "review accounts show", "pack give"):
        more = arguments(ROWS[name][2], tmp_path, **ids)
        assert run(*name.split(), *more, "--data", data, "--facility", facility).returncode == 0, name


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to act as nobody")
@pytest.mark.parametrize("name", DATA)
def test_user_who_may_not_read_the_data(made, facility, name):
    """データの場所を読めない利用者の命令は、わけを言って終わり、何も変えず、何も見せない。"""
    # A place that anyone may walk through: what is refused is refused for the data itself.
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        place.chmod(0o755)
        data = pathlib.Path(shutil.copytree(made, place / "data"))
        more = arguments(ROWS[name][2], place)
        if ROWS[name][1] == "own":
            more += ["--facility", facility]
        data.chmod(0o700)
        before = state(data)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", binary(), *name.split(), *more]
        done = subprocess.run(
            [*command, "--data", str(data)], cwd=ROOT, env=environment(HOME="/"), input="five different words\n",
            capture_output=True, text=True, timeout=60)
        said = done.stdout + done.stderr
        assert done.returncode not in (0, 64) and done.returncode > 0, (done.returncode, said)
        assert "Fatal" not in said and re.search("[ぁ-ん].*。", said), said
        assert "みなと" not in done.stdout
        assert state(data) == before
