"""監視: 本物の相手を本物の働き手が見て、止まると知らせ、戻ると知らせる。"""

import re
import socket
import subprocess
import threading
import time
import urllib.request

from aiosmtpd.controller import Controller
from peers import Authority
from program import Server, Visitor, binary, environment, free_port, run
from test_mail import Postbox, save

TIME = {"MAMORITE_NOW": ""}


class Port:
    """Takes connections on one port until it is closed; it can be opened again."""

    def __init__(self):
        self.number = free_port()
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.number))
        self.taken = 0
        threading.Thread(target=self.take, args=(self.listener,), daemon=True).start()

    def take(self, listener):
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            self.taken += 1
            line.close()

    def close(self):
        # A thread that waits in accept would keep the port.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def until(seconds, seen):
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def add(visitor, **fields):
    token = visitor.token("/monitoring/new?kind=" + fields["kind"])
    return visitor.ask("/monitoring", {"_token": token, "version": "0", "interval": "10", **fields})


def allow(visitor, networks="127.0.0.0/8"):
    fields = {"_token": visitor.token("/monitoring/networks"), "version": "0", "networks": networks}
    assert visitor.ask("/monitoring/networks", fields)[0] == 303


def test_a_port_that_stops_and_comes_back(data):
    """止まるとお知らせが届き、画面にわけが出て、戻るとまた届く。"""
    port = Port()
    with Server(data, **TIME) as server:
        visitor = Visitor(server.url).sign_in()
        allow(visitor)
        status, headers, body = add(visitor, kind="tcp", name="画像の入口", target=f"127.0.0.1:{port.number}")
        assert status == 303, body.decode()
        page = headers["Location"]
        until(10, lambda: "動いています" in visitor.ask(page)[2].decode())
        port.close()
        until(40, lambda: "止まっています: 画像の入口" in visitor.ask("/inbox")[2].decode())
        seen = visitor.ask(page)[2].decode()
        assert "接続を断りました" in seen
        alert = re.search(r"/monitoring/alerts/[0-9a-f-]+/acknowledgement", seen)[0]
        assert visitor.ask(alert, {"_token": visitor.token(page), "back": page})[0] == 303
        assert "さんが引き受けました" in visitor.ask(page)[2].decode()
        port.open()
        until(40, lambda: "戻りました: 画像の入口" in visitor.ask("/inbox")[2].decode())
        assert port.taken >= 2
        port.close()


def test_trying_before_saving(data):
    """保存せずに試すと、送ったものと返ったものが見え、何も残らない。"""
    port = Port()
    with Server(data, **TIME) as server:
        visitor = Visitor(server.url).sign_in()
        allow(visitor)
        fields = {"kind": "tcp", "name": "画像の入口", "target": f"127.0.0.1:{port.number}", "act": "try"}
        status, _, body = add(visitor, **fields)
        assert status == 200 and "動いています(" in body.decode() and f"→ 127.0.0.1 {port.number}" in body.decode()
        port.close()
        assert "止まっています(" in add(visitor, **fields)[2].decode()
        assert "まだ何も監視していません" in visitor.ask("/monitoring")[2].decode()


def test_a_certificate_in_a_file(data, tmp_path):
    """決めたフォルダの証明書だけを見て、残りの日数で「遅い」「止まっている」を決める。"""
    authority = Authority(tmp_path / "tls", "files")
    good, _ = authority.issue("good", "DNS:good.test", ends="20330101000000Z")
    ended, _ = authority.issue("ended", "DNS:ended.test", ends="20210101000000Z")
    outside = tmp_path / "outside.pem"
    outside.write_bytes(good.read_bytes())
    (authority.folder / "out.pem").symlink_to(outside)
    with Server(data, MAMORITE_CERTIFICATE_FOLDERS=str(authority.folder), **TIME) as server:
        visitor = Visitor(server.url).sign_in()

        def tried(path, **more):
            fields = {"kind": "certificate", "name": "証明書", "target": str(path), "act": "try", **more}
            status, _, body = add(visitor, **fields)
            return status, body.decode()

        status, page = tried(good)
        assert status == 200 and "動いています(" in page, page
        assert "気がかりがあります(" in tried(good, slowDays="3650")[1]
        assert "止まっています(" in tried(ended)[1]
        for path in (authority.folder / "out.pem", authority.folder / "nothing.pem"):
            assert f"{path} を読めません" in tried(path)[1]
        assert tried(outside)[0] == 422
        assert add(visitor, kind="certificate", name="証明書", target=str(good), interval="3600")[0] == 303


def test_a_job_reports_with_curl(data):
    """仕事の終わりに curl で呼ぶと残り、終了コードと記録の終わりが画面に出る。"""
    with Server(data, **TIME) as server:
        visitor = Visitor(server.url).sign_in()
        fields = {"rhythm": "cron", "cron": "0 2 * * *", "zone": "Asia/Tokyo", "graceMinutes": "60", "backup": "yes"}
        status, _, body = add(visitor, kind="heartbeat", name="夜間の控え", **fields)
        assert status == 200
        url = re.search(r"http://[^\s<]+/beat/[0-9a-f]{64}", body.decode())[0]

        def curl(*words):
            done = subprocess.run(["curl", "-sS", "-m", "10", *words], capture_output=True, text=True, timeout=20)
            return done.stdout

        assert curl(f"{url}/start") == "OK\n"
        log = "x" * 3_000_000 + "\nディスクが満杯です\n"
        done = subprocess.run(
            ["curl", "-sS", "-m", "20", "--data-binary", "@-", f"{url}/3"], input=log.encode(), capture_output=True,
            timeout=30)
        assert done.stdout == b"OK\n", done
        seen = visitor.ask("/monitoring?q=夜間".replace("夜間", "%E5%A4%9C%E9%96%93"))[2].decode()
        assert "終了コード 3" in seen
        page = re.search(r"/monitoring/[0-9a-f-]{36}", seen)[0]
        assert "ディスクが満杯です" in visitor.ask(page)[2].decode()
        until(10, lambda: "止まっています: 夜間の控え" in visitor.ask("/inbox")[2].decode())
        assert curl(url) == "OK\n"
        until(10, lambda: "戻りました: 夜間の控え" in visitor.ask("/inbox")[2].decode())
        assert "新しい住所" in curl(url[:-1] + ("0" if url[-1] != "0" else "1"))
        # The address is a secret: no log has it.
        secret = url.rsplit("/", 1)[1]
        assert secret not in (data.parent / f"{data.name}.log").read_text()
        # Nor has the database, in any of its bytes; what it knows it by is a hash.
        content = b"".join(path.read_bytes() for path in sorted(data.glob("mamorite.sqlite*")))
        assert "夜間の控え".encode() in content and secret.encode() not in content and bytes.fromhex(secret) not in content


def test_a_certificate_file_reports_as_a_job(data, tmp_path, authority):
    """証明書のファイルを毎日確かめる仕事: 残りが足りなければ、その言葉で知らせが届く(手引きの書き方の通り)。"""
    good = authority.issue("long", "DNS:localhost")[0]
    ends = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5 * 86400))
    short = authority.issue("short", "DNS:localhost", ends=ends)[0]
    with Server(data, **TIME) as server:
        visitor = Visitor(server.url).sign_in()
        fields = {"rhythm": "period", "periodMinutes": "1440", "graceMinutes": "60"}
        body = add(visitor, kind="heartbeat", name="証明書", **fields)[2].decode()
        url = re.search(r"http://[^\s<]+/beat/[0-9a-f]{64}", body)[0]

        def report(file):
            script = (f'"{binary()}" probe certificate "{file}" --down-days 14 > cert.log 2>&1; '
                      f'curl -fsS -m 10 --retry 5 --data-binary @cert.log {url}/$?')
            done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment(**TIME), capture_output=True, text=True)
            assert done.stdout == "OK\n", done

        report(good)
        assert "動いています" in visitor.ask("/monitoring")[2].decode()
        report(short)
        until(10, lambda: "止まっています: 証明書" in visitor.ask("/inbox")[2].decode())
        page = re.search(r"/monitoring/[0-9a-f-]{36}", visitor.ask("/monitoring")[2].decode())[0]
        seen = visitor.ask(page)[2].decode()
        assert "終了コード 1" in seen and "CN=short" in seen


def test_another_worker_goes_on_after_a_kill(data):
    """働き手を殺して起こし直すと、二間隔のうちに確かめ始める。"""
    port = Port()
    server = Server(data, **TIME).wait()
    visitor = Visitor(server.url).sign_in()
    allow(visitor)
    assert add(visitor, kind="tcp", name="画像の入口", target=f"127.0.0.1:{port.number}")[0] == 303
    until(10, lambda: port.taken > 0)
    server.process.kill()
    server.process.wait()
    server.log.close()
    before = port.taken
    with Server(data, **TIME):
        until(20, lambda: port.taken > before)
    port.close()


def test_the_owner_gets_a_mail(data, facility, tmp_path):
    """止まるとメールが届き、戻るとまた届く。件名に名前、本文にわけがある。"""
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    people = tmp_path / "people.csv"
    people.write_text("氏名,メールアドレス\n田中,tanaka@minato.example\n")
    done = run("register", "import", "people", people, "--data", data, "--facility", facility)
    assert done.returncode == 0, done.stderr
    port = Port()
    try:
        with Server(data, **TIME) as server:
            visitor = Visitor(server.url).sign_in()
            allow(visitor)
            assert save(visitor, port=controller.port)[0] == 303
            assert add(visitor, kind="tcp", name="画像の入口", target=f"127.0.0.1:{port.number}")[0] == 303
            until(10, lambda: port.taken > 0)
            port.close()
            (down,) = box.wait(1, seconds=40)
            assert down["Subject"] == "【守り手 1】止まっています: 画像の入口"
            assert "接続を断りました" in down.get_content()
            port.open()
            _, back = box.wait(2, seconds=40)
            assert back["Subject"] == "【守り手 1】戻りました: 画像の入口"
    finally:
        controller.stop()
        port.close()


def test_a_ceiling_that_cannot_be_read_stops_the_start(data):
    """監視が出られない広さを読めないときは、始まらずに、わけを言う。読めるときは、画面に出る。"""
    done = run("serve", "--data", data, "--port", str(free_port()), MAMORITE_MONITOR_NETWORKS="10.1.2.3/8")
    assert done.returncode != 0 and "MAMORITE_MONITOR_NETWORKS" in done.stderr
    with Server(data, **TIME, MAMORITE_MONITOR_NETWORKS="10.0.0.0/8") as server:
        visitor = Visitor(server.url).sign_in()
        assert "10.0.0.0/8" in visitor.ask("/monitoring/networks")[2].decode()
        fields = {"_token": visitor.token("/monitoring/networks"), "version": "0", "networks": "127.0.0.0/8"}
        status, _, body = visitor.ask("/monitoring/networks", fields)
        assert status == 422 and "広さ" in body.decode()
