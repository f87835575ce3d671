"""自動の対処: 本物の命令を、一覧にあるものだけ、間を空けて試す。途中で殺されても二度は試さない。"""

import contextlib
import http.server
import json
import re
import threading
import time

import pytest
from program import Server, Visitor
from test_calls import LIVE, beat, fail, form
from test_monitoring import add, allow, until


def actions(tmp_path, script):
    """A list with one action, which writes down that it was run."""
    program = tmp_path / "restart.sh"
    program.write_text(f"#!/bin/sh\necho tried >> {tmp_path}/tried.txt\n{script}\n")
    program.chmod(0o755)
    listed = tmp_path / "actions.conf"
    listed.write_text(f"起こし直す = {program}\n")
    listed.chmod(0o600)
    return listed


def tried(tmp_path):
    path = tmp_path / "tried.txt"
    return len(path.read_text().splitlines()) if path.exists() else 0


def monitor(visitor, name, action="起こし直す"):
    """A job that has an action of its own; the page of its monitor and the address of its reports."""
    address = beat(visitor, name)
    page = re.search(rf'/monitoring/([0-9a-f-]{{36}})"[^>]*>{name}<', visitor.ask("/monitoring")[2].decode())[0].split('"')[0]
    form(visitor, f"{page}/recovery", f"{page}/recovery", action=action, cool="5", window="60", tries="2", most="3",
         version="0")
    return page, address


def test_tried_until_it_is_well(data, tmp_path):
    """止まると一覧の命令を試し、言ったことが画面に出る。ほかの人が書ける一覧は使わない。"""
    listed = actions(tmp_path, "echo 起こし直しました")
    with Server(data, MAMORITE_ACTIONS=str(listed), **LIVE) as server:
        visitor = Visitor(server.url).sign_in()
        page, address = monitor(visitor, "夜間の控え")
        fail(server, address)
        until(20, lambda: "起こし直しました" in visitor.ask(f"{page}/recovery")[2].decode())
        assert tried(tmp_path) == 1
        assert "まだ戻っていません" in visitor.ask(page)[2].decode()
        listed.chmod(0o666)
        assert "選べる対処がありません" in visitor.ask(f"{page}/recovery")[2].decode()


def test_killed_while_it_is_tried(data, tmp_path):
    """命令の途中で働き手を殺しても、間を空けるまでは試さず、空けたあとにまた試す。"""
    listed = actions(tmp_path, "sleep 3")
    more = {"MAMORITE_ACTIONS": str(listed)}
    server = Server(data, **LIVE, **more).wait()
    visitor = Visitor(server.url).sign_in()
    page, address = monitor(visitor, "夜間の控え")
    fail(server, address)
    until(20, lambda: tried(tmp_path) == 1)
    server.process.kill()
    server.process.wait()
    server.log.close()
    began = int(time.time() * 1000)
    with Server(data, MAMORITE_NOW=str(began + 4 * 60_000 + 30_000), **more) as server:
        visitor = Visitor(server.url).sign_in()
        until(20, lambda: "途中で分からなくなりました" in visitor.ask(f"{page}/recovery")[2].decode())
        time.sleep(2.5)
        assert tried(tmp_path) == 1
    with Server(data, MAMORITE_NOW=str(began + 6 * 60_000), **more):
        until(20, lambda: tried(tmp_path) == 2)


class Switch(http.server.BaseHTTPRequestHandler):
    """What brings services back when it is asked over HTTP; it answers as its path says."""

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append((self.command, self.path, self.headers, body))
        if self.path == "/silent":
            self.server.end.wait(20)
            return
        self.send_response({"/well": 204, "/refuses": 503, "/elsewhere": 302}[self.path])
        self.send_header("Location", "/well")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(b"" if self.path == "/well" else b"no such unit")

    do_GET = do_PUT = do_POST  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture
def switch():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Switch)
    server.got, server.end, server.daemon_threads = [], threading.Event(), True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.end.set()
    server.shutdown()
    server.server_close()


def test_asked_over_http(data, tmp_path, switch):
    """HTTP の対処は一度だけ POST し、断り・転送・黙る相手を言葉で残し、間を空けてから次を試す。DICOM の相手には決められない。"""
    ways = {"戻す": "/well", "断られる": "/refuses", "よそへ": "/elsewhere", "黙る": "/silent"}
    listed = tmp_path / "actions.conf"
    base = f"http://127.0.0.1:{switch.server_port}"
    listed.write_text("".join(f"{name} = POST {base}{path} Authorization: Bearer s3cret\n" for name, path in ways.items()))
    listed.chmod(0o600)
    more = {"MAMORITE_ACTIONS": str(listed), "MAMORITE_WEBHOOK_LOOPBACK": "1"}

    def asked(path):
        return [got for got in switch.got if got[1] == path]

    with Server(data, **LIVE, **more) as server:
        visitor = Visitor(server.url).sign_in()
        allow(visitor)
        status, headers, body = add(visitor, kind="dicom", name="画像の入口", target="127.0.0.1:1", calledAE="PACS")
        assert status == 303, body.decode()
        medical = headers["Location"]
        fields = {"action": "戻す", "cool": "5", "window": "60", "tries": "2", "most": "3", "version": "0"}
        status, _, body = visitor.ask(f"{medical}/recovery", {"_token": visitor.token(medical), **fields})
        assert status == 422 and "医療機器" in body.decode()
        pages = {}
        for name, path in ways.items():
            pages[path], address = monitor(visitor, f"仕事{name}", name)
            fail(server, address)

        def page(path):
            return visitor.ask(f"{pages[path]}/recovery")[2].decode()

        until(20, lambda: "まだ戻っていません" in page("/well"))
        until(20, lambda: "127.0.0.1 に断られました(状態 503)" in page("/refuses"))
        until(20, lambda: "転送" in page("/elsewhere") and "302" in page("/elsewhere"))
        until(25, lambda: "127.0.0.1 が10秒のうちに答えませんでした" in page("/silent"))
        # What it said is nobody's business here, and the key stays on the server.
        assert "no such unit" not in page("/refuses") and "s3cret" not in page("/refuses")
        assert [len(asked(path)) for path in ways.values()] == [1, 1, 1, 1]
        runs = set()
        for path in ways.values():
            method, _, headers, body = asked(path)[0]
            assert method == "POST" and headers["Content-Type"] == "application/json"
            assert headers["Authorization"] == "Bearer s3cret"
            told = json.loads(body)
            assert set(told) == {"monitor", "run"} and pages[path].endswith(told["monitor"])
            runs.add(told["run"])
        assert len(runs) == 4
        # The one for images has been down all the while.
        assert "接続を断りました" in visitor.ask(medical)[2].decode()
    # After the pause of five minutes, and not before: each once more, with a number of its own.
    later = str(int(time.time() * 1000) + 6 * 60_000)
    with Server(data, MAMORITE_NOW=later, **more):
        until(20, lambda: [len(asked(path)) for path in ways.values()] == [2, 2, 2, 2])
    assert len({json.loads(got[3])["run"] for got in switch.got}) == 8
    # Without leave of the machine itself nothing on it is asked.
    with Server(data, MAMORITE_NOW=str(int(later) + 70 * 60_000), MAMORITE_ACTIONS=str(listed)) as server:
        visitor = Visitor(server.url).sign_in()
        until(20, lambda: "渡してはいけない住所です" in visitor.ask(f"{pages['/well']}/recovery")[2].decode())
    assert len(switch.got) == 8
