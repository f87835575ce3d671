"""コマンド: 二重の起動、壊れた場所、足りないもの、書き出しと取り込み。"""

import contextlib
import functools
import json
import os
import re
import shutil
import sqlite3
import subprocess

import pytest
from program import ROOT, Server, binary, demo, environment, run, run_json

REPORT_KEYS = {
    "facility": {"id", "name", "kind", "beds", "prefecture"},
    "marks": {"done", "partly", "undone", "unanswered"},
    "rows": {"total", "yes", "no", "not_applicable", "unanswered", "unconfirmed"},
}
REPORT_TOP = {
    "as_of", "due_soon", "edition", "edition_fiscal_year", "facility", "fiscal_year", "form", "ledger_head", "marks",
    "national", "not_yet_checked", "overdue", "rows", "sections", "urgent", "without_owner", "without_proof", "years",
}


def database(data):
    """The SQLite file in a data directory."""
    return next(path for path in data.iterdir() if path.read_bytes()[:15] == b"SQLite format 3")


@contextlib.contextmanager
def opened(file):
    """The file in another hand, closed again before the program comes to it."""
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        yield connection


def refused(done, code):
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Fatal" not in done.stderr and "Error: " not in done.stderr, done.stderr
    # A sentence for a person, in Japanese, with what to do.
    assert re.search("[ぁ-ん].*。", done.stderr), done.stderr
    return done.stderr


def test_second_server_is_refused(data):
    """同じ場所の二つ目は、わけを言って起動しない。"""
    with Server(data):
        text = refused(run("serve", "--data", data, "--port", "0", timeout=20), 5)
        assert "すでに動いている" in text
    with Server(data):
        pass


def test_demo_twice(data, facility):
    """見本を二度作っても、施設も答えも増えない。"""

    def standing():
        lists = run_json("assess", "list", "--data", data, "--facility", facility)
        answers = []
        for each in lists:
            done = run(
                "assess", "export", "--data", data, "--facility", facility, "--fiscal-year", each["fiscal_year"],
                "--format", "json", "--out", data / "twice.json")
            assert done.returncode == 0
            answers.append(json.loads((data / "twice.json").read_text()))
        return run_json("facility", "list", "--data", data), lists, answers

    before = standing()
    demo(data)
    assert standing() == before


def test_demo_without_its_files(tmp_path):
    """見本のファイルが示した場所になければ、何も作らずに断る。"""
    text = refused(run("demo", "--data", tmp_path / "data", "--samples", tmp_path / "none"), 3)
    assert str(tmp_path / "none") in text and "--samples" in text
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to act as nobody")
@pytest.mark.parametrize("mode", [0o555, 0o700])
def test_directory_that_cannot_be_written(data, mode):
    """書けない場所では、わけを言って終わる。"""
    for parent in list(data.parents)[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    for path in data.iterdir():
        path.chmod(0o444)
    data.chmod(mode)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", binary(), "serve", "--data", str(data), "--port", "0"]
    done = subprocess.run(command, env=environment(HOME="/"), cwd=os.getcwd(), capture_output=True, text=True, timeout=20)
    refused(done, 5)


@pytest.mark.parametrize("name", ["header", "middle"])
def test_damaged_database(data, name):
    """壊れたデータベースでは、わけを言って終わる。"""
    file = database(data)
    with opened(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    place = {"header": slice(8, 72), "middle": slice(4096, 4096 * 12)}[name]
    content[place] = b"\xa5" * (place.stop - place.start)
    file.write_bytes(content)
    text = refused(run("serve", "--data", data, "--port", "0", timeout=20), 5)
    assert "壊れています" in text
    if name == "header":
        assert file.read_bytes() == bytes(content)


def test_newer_database(data):
    """新しい版のデータベースには手を付けない。"""
    file = database(data)
    with opened(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO schema_step (name, applied_at_ms) VALUES ('29990101-0-later', 0)")
    with opened(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = list(connection.iterdump())
    text = refused(run("serve", "--data", data, "--port", "0", timeout=20), 5)
    assert "29990101-0-later" in text and "新しい版" in text
    with opened(file) as connection:
        assert list(connection.iterdump()) == before


def test_without_typst(data, facility):
    """Typst がないときは、何が足りないかを言う。"""
    done = run(
        "report", "management", "--data", data, "--facility", facility, "--fiscal-year", 2026, "--out", data / "r.pdf",
        MAMORITE_TYPST="/nonexistent")
    text = refused(done, 5)
    assert "Typst" in text and "MAMORITE_TYPST" in text
    assert not (data / "r.pdf").exists()


def test_report_json_has_its_keys(data, facility):
    """報告のJSONに、決めた名前がそろっている。"""
    report = run_json("report", "management", "--data", data, "--facility", facility, "--fiscal-year", 2026)
    assert set(report) == REPORT_TOP
    for name, keys in REPORT_KEYS.items():
        assert set(report[name]) == keys
    assert sum(report["marks"].values()) > 0
    assert report["rows"]["total"] == sum(report["rows"][key] for key in ("yes", "no", "not_applicable", "unanswered"))
    for figure in report["national"]:
        assert {"metric", "item", "year", "band", "denominator", "source"} <= set(figure)
    for year in report["years"]:
        assert set(year) == {"fiscal_year", "items", "marks"}
    for urgent in report["urgent"]:
        assert set(urgent) == {"item", "label", "reason", "score"}
    scores = [urgent["score"] for urgent in report["urgent"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("year", [2024, 2025])
def test_export_and_import_agree(data, facility, tmp_path, kind, year):
    """書き出したものを別の施設に取り込むと、同じ答えになる。"""
    fields = ("item", "answer", "checked", "confirmed_on", "target", "target_on", "started", "owner", "deputy", "note", "round")
    form = json.loads(run("facility", "create", "--data", data, "--name", "写し病院", "--kind", "hospital", "--beds", 180, "--json").stdout)
    pack = f"mhlw-checklist-r{year - 2018}"

    def export(of, suffix):
        file = tmp_path / f"{of[-4:]}.{suffix}"
        done = run(
            "assess", "export", "--data", data, "--facility", of, "--fiscal-year", year, "--format", suffix, "--out", file)
        assert done.returncode == 0, done.stderr
        return file

    taken = run_json(
        "assess", "import", "--data", data, "--facility", form["id"], "--fiscal-year", year, "--pack", pack, export(facility, kind))
    original, copy = (json.loads(export(of, "json").read_text())["rows"] for of in (facility, form["id"]))
    answered = [row for row in original if row.get("answer")]
    assert taken["applied"] >= len(answered) > 0
    kept = [{key: row.get(key) for key in fields} for row in original]
    assert [{key: row.get(key) for key in fields} for row in copy] == kept


@pytest.mark.parametrize(
    "kind, words", [("connections", "電子カルテの遠隔保守"), ("systems", "院内ネットワーク"), ("contacts", "院長 高橋")])
def test_diagram_is_drawn(data, facility, tmp_path, kind, words):
    """図は、名前の終わりに合わせて SVG か PDF になり、知らない種類や形は断る。"""
    drawing = tmp_path / f"{kind}.svg"
    answer = run_json("register", "diagram", kind, "--data", data, "--facility", facility, "--out", drawing)
    assert answer == {"bytes": str(drawing.stat().st_size), "file": str(drawing)}
    text = drawing.read_text()
    assert text.startswith("<svg") and words in text and "みなと総合病院" in text and "記録の指紋" in text
    paper = tmp_path / f"{kind}.pdf"
    done = run("register", "diagram", kind, "--data", data, "--facility", facility, "--out", paper)
    assert done.returncode == 0, done.stderr
    assert paper.read_bytes().startswith(b"%PDF-")
    for wrong in (("register", "diagram", "spaceships", "--out", drawing), ("register", "diagram", kind, "--out", tmp_path / "a.png")):
        assert run(*wrong, "--data", data, "--facility", facility).returncode == 64


@functools.cache
def help_of(words):
    return run(*words, "--help", LC_ALL="C.UTF-8").stdout


def subcommands():
    """Each command with its own, as `--help` lists them."""
    found, waiting = [], [()]
    while waiting:
        words = waiting.pop()
        found.append(words)
        text = help_of(words)
        block = text.split("SUBCOMMANDS:")[1].split("\n\n")[0] if "SUBCOMMANDS:" in text else ""
        waiting += [(*words, name) for name in re.findall(r"^  ([a-z][a-z0-9-]*)", block, re.M)]
    return found


def test_help_of_each_command():
    """どのコマンドにも使い方がある。"""
    commands = subcommands()
    assert len(commands) > 20
    for words in commands:
        done = run(*words, "--help")
        assert done.returncode == 0 and "USAGE" in done.stdout, words


def test_wrong_use_has_its_code(data):
    """使い方の誤りは64、見つからない施設は3。"""
    assert run("assess", "open").returncode == 64
    assert run("no-such-command").returncode == 64
    refused(run("assess", "list", "--data", data, "--facility", "01a1fceb-146a-7939-9ce8-05bcbb913a6f"), 3)


# Made up: not the ministry's text.
CHECKLIST = """令和8年度版 試験用に作ったチェックリスト
医療機関・薬局確認用
1 管理・運用
①  サーバ、端末PC、ネットワーク機器を台帳で管理している。  はい・いいえ
②  屋上の花壇へ毎朝水をやっている。  はい・いいえ
"""


def test_a_checklist_is_taken_in_and_handed_on(data, facility, tmp_path):
    """手元の表は、その施設だけの版になり、確かめるだけなら何も残さず、ほかの施設へファイルで渡せる。"""
    at = ("--data", data, "--facility", facility)
    sheet = tmp_path / "r8.txt"
    sheet.write_text(CHECKLIST, encoding="utf-8")
    taking = ("pack", "take", sheet, *at, "--fiscal-year", 2026)
    wanted = {
        "pack": "mhlw-checklist-r8", "revision": 1, "without_concept": 2, "removed": 0, "unread": 0,
        "forms": [{"id": "med", "items": 2, "gates": 0}, {"id": "ph", "items": 2, "gates": 0}]}
    assert run_json(*taking, "--dry-run") == wanted | {"dry_run": True}
    refused(run("pack", "give", "mhlw-checklist-r8", "--out", tmp_path / "none.yaml", *at), 3)
    assert run_json(*taking) == wanted | {"dry_run": False}
    file = tmp_path / "r8.yaml"
    assert run_json("pack", "give", "mhlw-checklist-r8", "--out", file, *at)["bytes"] == str(file.stat().st_size)

    made = run_json("facility", "create", "--data", data, "--name", "別の病院", "--kind", "hospital", "--beds", 60)
    other = ("--data", data, "--facility", made["id"])
    borrowed = run_json("assess", "open", "--form", "med", "--fiscal-year", 2026, *other)
    assert borrowed["pack"] == "mhlw-checklist-r7"
    assert run_json("pack", "take", file, *other)["forms"] == wanted["forms"]
    assert run_json("assess", "change-edition", "--fiscal-year", 2026, *other)["to"] == "mhlw-checklist-r8"
    changed = run_json("assess", "list", *other)
    assert [each["pack"] for each in changed] == ["mhlw-checklist-r8"]

    empty = tmp_path / "empty.xlsx"
    empty.write_bytes(b"")
    bad = tmp_path / "table.csv"
    bad.write_text("名前,電話\n山田,03\n", encoding="utf-8")
    for wrong in (empty, bad):
        refused(run("pack", "take", wrong, *at), 2)
    refused(run("pack", "take", sheet, *at, "--fiscal-year", 2025), 4)


FRAMEWORKS = ROOT / "demo" / "frameworks"
PACK_KEYS = {
    "file", "ok", "error", "frameworks", "requirements", "assessable", "questions", "choices", "groups", "mappings",
    "unresolved_mappings", "reference_controls", "threats", "risk_matrices", "warnings",
}


def taken(*arguments):
    """What `pack import` says of each file, and how it ended."""
    done = run("pack", "import", *arguments, "--json")
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def test_frameworks_are_taken_in(tmp_path):
    """枠組みは、データベースが無くても確かめられ、取り込みは何度しても同じ。断るファイルは、ほかを止めない。"""
    data = tmp_path / "data"
    lines, code = taken(FRAMEWORKS, "--dry-run", "--data", data)
    assert code == 0 and not data.exists()
    assert [line["outcome"] for line in lines] == ["new", "update"]
    for line in lines:
        assert PACK_KEYS <= line.keys() and line["ok"] and line["error"] is None and line["warnings"] == {}
    assert (lines[1]["requirements"], lines[1]["assessable"], lines[1]["groups"]) == (13, 9, 2)
    data.mkdir()
    broken = tmp_path / "broken.yaml"
    broken.write_text("urn: [1", encoding="utf-8")
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(200 << 20)
    lines, code = taken(broken, large, tmp_path / "absent.yaml", FRAMEWORKS, "--data", data)
    assert code == 2 and [line["ok"] for line in lines] == [False, False, False, True, True]
    assert all(re.search("[ぁ-ん].*。", line["error"]) for line in lines[:3]), lines
    lines, code = taken(FRAMEWORKS, "--data", data)
    assert code == 0 and [line["outcome"] for line in lines] == ["same", "same"]


def test_a_trial_changes_nothing(tmp_path):
    """--dry-run は、古いデータベースも空のデータベースも変えない。"""
    (tmp_path / "mamorite.sqlite").touch()
    lines, code = taken(FRAMEWORKS, "--dry-run", "--data", tmp_path)
    assert code == 0 and [line["outcome"] for line in lines] == ["new", "update"]
    with contextlib.closing(sqlite3.connect(tmp_path / "mamorite.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_frameworks_are_taken_off(tmp_path):
    """まちがえて全施設に取り込んだものは、命令で取り消せる。枠組みの無いフォルダは、無いと言う。"""
    (tmp_path / "empty").mkdir()
    done = run("pack", "import", tmp_path / "empty", "--dry-run", "--data", tmp_path / "none")
    assert done.returncode == 2 and "枠組みのファイル" in done.stderr
    data = tmp_path / "data"
    data.mkdir()
    _, code = taken(FRAMEWORKS, "--data", data)
    assert code == 0
    urn = re.search(r"^urn: (\S+)$", sorted(FRAMEWORKS.glob("*.yaml"))[0].read_text(encoding="utf-8"), re.M).group(1)
    assert run("pack", "retire", urn, "--version", 1, "--data", data).returncode == 0
    assert run("pack", "retire", urn, "--version", 1, "--data", data).returncode == 3
    lines, _ = taken(FRAMEWORKS, "--dry-run", "--data", data)
    assert [line["outcome"] for line in lines] == ["older", "same"]


def test_our_editions_come_back(tmp_path):
    """守り手の版は、書き出したファイルから、注意なしに読み戻せる。"""
    out = tmp_path / "r7.yaml"
    run_json("pack", "export", "mhlw-checklist-r7", "--format", "ciso-assistant", "--out", out)
    lines, code = taken(out, "--dry-run", "--data", tmp_path / "none")
    assert code == 0 and lines[0]["warnings"] == {} and lines[0]["assessable"] == 66
