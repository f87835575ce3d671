"""Real servers on loopback for the tests of checks. A program that is missing fails the test: `make setup` installs them."""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

from program import run

PATH = os.environ["PATH"] + ":/usr/sbin:/sbin:/usr/lib/postgresql/15/bin"


def program(name):
    found = shutil.which(name, path=PATH)
    assert found, f"{name} がありません。make setup で入ります / {name} is missing: make setup installs it"
    return found


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def running(words, port=None, folder=None, **more):
    """A server in the foreground, ended by its own process id; `port` is waited for."""
    log = open(pathlib.Path(folder or "/tmp") / f"{pathlib.Path(words[0]).name}.log", "ab") if folder else subprocess.DEVNULL
    process = subprocess.Popen(
        [program(words[0]), *map(str, words[1:])], stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)
    try:
        end = time.monotonic() + 20
        while port and not answers(port):
            assert process.poll() is None, f"{words[0]} ended with {process.returncode}: {said(folder, words[0])}"
            assert time.monotonic() < end, f"{words[0]} does not listen: {said(folder, words[0])}"
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if folder:
            log.close()


def said(folder, name):
    return (pathlib.Path(folder) / f"{pathlib.Path(name).name}.log").read_text(errors="replace") if folder else ""


class Authority:
    """A certification authority whose certificates begin and end when the test says."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder) / name.replace(" ", "-")
        self.folder.mkdir(parents=True)
        (self.folder / "index").touch()
        (self.folder / "serial").write_text("1000\n")
        self.certificate = self.folder / "ca.pem"
        self._key("ca")
        self._openssl("req", "-new", "-key", "ca.key", "-subj", f"/CN={name}", "-out", "ca.csr")
        self._sign("ca", "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign",
                   "20200101000000Z", "20491231000000Z", "-selfsign", "-keyfile", "ca.key")

    def below(self, name, ends):
        """An authority whose own certificate this one has signed."""
        one = Authority(self.folder, name)
        file = name.replace(" ", "-")
        (self.folder / f"{file}.csr").write_bytes((one.folder / "ca.csr").read_bytes())
        self._sign(file, "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign", "20200101000000Z", ends)
        one.certificate.write_bytes((self.folder / f"{file}.pem").read_bytes())
        return one

    def issue(self, name, alternatives, begins="20200101000000Z", ends="20490101000000Z"):
        """(certificate, key) for a server."""
        self._key(name)
        self._openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        self._sign(name, f"subjectAltName={alternatives}\nextendedKeyUsage=serverAuth", begins, ends)
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def _key(self, name):
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
        (self.folder / f"{name}.key").chmod(0o600)

    def _sign(self, name, extensions, begins, ends, *words):
        config = self.folder / f"{name}.cnf"
        config.write_text(
            "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
            "policy=any\nunique_subject=no\ncertificate=ca.pem\nprivate_key=ca.key\n[any]\ncommonName=supplied\n"
            f"[more]\n{extensions}\n")
        self._openssl(
            "ca", "-batch", "-notext", "-config", config.name, "-extensions", "more", "-startdate", begins, "-enddate",
            ends, "-in", f"{name}.csr", "-out", f"{name}.pem", *words)

    def _openssl(self, *words):
        done = subprocess.run([program("openssl"), *words], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def probe(*words, code=0, **more):
    """The answer in JSON; the exit code must be as told."""
    done = run("probe", *words, "--json", **more)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    answer = json.loads(done.stdout)
    assert answer["ok"] == (code == 0) and answer["state"] in (("up", "slow") if code == 0 else ("down",))
    assert answer["ms"] >= 0 and answer["detail"]
    return answer
