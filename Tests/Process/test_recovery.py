"""自動の対処: 本物の命令を、一覧にあるものだけ、間を空けて試す。途中で殺されても二度は試さない。"""

import re
import time

from program import Server, Visitor
from test_calls import LIVE, beat, fail, form
from test_monitoring import until


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


def monitor(visitor, name):
    """A job that has an action of its own; the page of its monitor and the address of its reports."""
    address = beat(visitor, name)
    page = re.search(rf'/monitoring/([0-9a-f-]{{36}})"[^>]*>{name}<', visitor.ask("/monitoring")[2].decode())[0].split('"')[0]
    form(visitor, f"{page}/recovery", f"{page}/recovery", action="起こし直す", cool="5", window="60", tries="2", most="3",
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
