"""APIトークン: 説明書の curl の例が、そのまま動く。"""

import json
import re
import subprocess

from program import ROOT, Server, Visitor


def make(visitor, name="台帳の夜間書き出し", until="2027-02-01", **more):
    """A token that a person makes on the page, with what is chosen at first."""
    page = visitor.ask("/account/tokens/new")[2].decode()
    token = re.search(r'name="_token" value="([^"]+)"', page)[1]
    chosen = re.findall(r'name="scope" value="([^"]+)" checked', page)
    assert chosen and all(each.endswith(".read") for each in chosen)
    fields = [("_token", token), ("name", name), ("until", until), *(("scope", each) for each in chosen)]
    status, _, body = visitor.ask("/account/tokens", fields)
    assert status == 200, body.decode()
    return re.search(r'value="(mmt_[0-9a-f]{64})"', body.decode())[1]


def example():
    """The commands of the manual."""
    text = (ROOT / "docs" / "operate" / "api.md").read_text(encoding="utf-8")
    return re.search(r"```sh\n(.*?)```", text, re.S)[1]


def curl(folder, url, script):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env={"PATH": "/usr/bin:/bin", "MAMORITE": url},
        capture_output=True, text=True, timeout=60)


def test_example_of_the_manual(data, tmp_path):
    """説明書の例を、書いてあるとおりに動かす。取り消すと、次の要求から使えない。"""
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        (tmp_path / "token").write_text(make(visitor) + "\n")
        done = curl(tmp_path, server.url, example())
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"facility_name":"みなと総合病院"' in done.stdout
        assert '"export":"/registers/devices/export.json"' in done.stdout and '"fiscal_year":2026' in done.stdout
        devices = json.loads((tmp_path / "devices.json").read_text())
        assert len(devices) > 5 and all("id" in each for each in devices)
        assert (tmp_path / "curl.conf").stat().st_mode & 0o77 == 0

        page = visitor.ask("/account/tokens")[2].decode()
        path = re.search(r'action="(/account/tokens/[^"]+/revocation)"', page)[1]
        assert visitor.ask(path, {"_token": visitor.token("/account/tokens")})[0] == 303
        done = curl(tmp_path, server.url, example())
        assert done.returncode == 22, done
        refused = json.loads(done.stdout)
        assert refused["code"] == "tokens.revoked" and refused["status"] == 401
