"""部品表(make sbom): CycloneDX の決まりに合い、プログラムが読み込むものと版を挙げる。"""

import json
import subprocess

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from program import ROOT, binary


@pytest.fixture(scope="module")
def made():
    done = subprocess.run([ROOT / "tools/sbom.py", "--program", binary()], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_schema(made):
    """CycloneDX 1.5 の、もとの決まりで確かめる。"""
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(made) is None


def test_contents(made):
    """Package.resolved のすべて、読み込むライブラリ、Typst、字体が、版とともにある。"""
    bom = json.loads(made)
    known = {part["name"]: part["version"] for part in bom["components"]}
    resolved = json.loads((ROOT / "Package.resolved").read_text())["pins"]
    for pin in resolved:
        assert known[pin["identity"]] == pin["state"].get("version", pin["state"].get("revision"))
    for package in ("libsodium23", "libpq5", "libsqlite3-0", "libc6", "fonts-noto-cjk"):
        installed = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=True).stdout
        assert known[package] == installed
    assert "typst" in known and "swift-runtime" in known
    refs = {part["bom-ref"] for part in bom["components"]}
    assert len(refs) == len(bom["components"])
    assert set(bom["dependencies"][0]["dependsOn"]) == refs


def test_missing_program():
    """組み立てる前には、何をすればよいかを言って終わる。"""
    done = subprocess.run([ROOT / "tools/sbom.py", "--program", "no/such"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2 and done.stdout == "" and "make release" in done.stderr
