"""The built program, as the process tests and the browser tests run it."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGIN, PASSWORD = "tanaka", "minato-demo-2026"
# 2026-11-21 10:42 in Japan: the demonstration hospital lives in fiscal year 2026.
NOW = "1795225320000"
NEWEST = ("release", "debug")


def binary():
    """MAMORITE_BIN, or the newest build."""
    if named := os.environ.get("MAMORITE_BIN"):
        return named
    built = [path for kind in NEWEST if (path := ROOT / ".build" / kind / "mamorite").exists()]
    if not built:
        raise SystemExit("mamorite is not built: swift build, or MAMORITE_BIN")
    return str(max(built, key=lambda path: path.stat().st_mtime))


def environment(**more):
    typst = ROOT / ".venv" / "bin" / "typst"
    known = {"MAMORITE_TYPST": str(typst)} if typst.exists() and "MAMORITE_TYPST" not in os.environ else {}
    return {**os.environ, **known, "LANG": "ja_JP.UTF-8", "LC_ALL": "", "MAMORITE_NOW": NOW, **more}


def run(*words, timeout=60, **more):
    """One command to its end."""
    return subprocess.run(
        [binary(), *map(str, words)], cwd=ROOT, env=environment(**more), capture_output=True, text=True, timeout=timeout)


def run_json(*words, **more):
    done = run(*words, "--json", **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def demo(data):
    done = run("demo", "--data", data)
    assert done.returncode == 0, done.stderr
    return done.stdout


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """`serve` on a free port; ended by its own process id."""

    def __init__(self, data, *words, **more):
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(pathlib.Path(data).parent / f"{pathlib.Path(data).name}.log", "ab")
        self.process = subprocess.Popen(
            [binary(), "serve", "--data", str(data), "--port", str(self.port), *words], cwd=ROOT,
            env=environment(**more), stdout=self.log, stderr=self.log)

    def wait(self, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}")
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=1):
                    return self
            except OSError:
                time.sleep(0.01)
        raise AssertionError("serve does not answer")

    def end(self, sign=signal.SIGTERM, seconds=10):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.log.close()

    def __enter__(self):
        return self.wait()

    def __exit__(self, *_):
        self.end()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Visitor:
    """A person with a cookie and no browser."""

    def __init__(self, url):
        self.url = url
        self.cookie = ""
        self.opener = urllib.request.build_opener(_Stay())

    def ask(self, path, fields=None, accept="text/html"):
        """(status, headers, body); `fields` make it a form."""
        body = urllib.parse.urlencode(fields).encode() if fields is not None else None
        request = urllib.request.Request(self.url + path, body, {"Accept": accept, "Cookie": self.cookie})
        try:
            with self.opener.open(request, timeout=10) as answer:
                status, headers, content = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refusal:
            status, headers, content = refusal.code, refusal.headers, refusal.read()
        if cookie := headers["Set-Cookie"]:
            self.cookie = cookie.split(";")[0]
        return status, headers, content

    def token(self, path):
        return re.search(rb'name="_token" value="([^"]+)"', self.ask(path)[2])[1].decode()

    def sign_in(self, login=LOGIN, password=PASSWORD):
        fields = {"_token": self.token("/sign-in"), "login": login, "password": password, "next": "/"}
        status, _, _ = self.ask("/sign-in", fields)
        assert status == 303, status
        return self
