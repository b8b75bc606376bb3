# SPDX-License-Identifier: ISC
"""orielctl on users, sessions and tokens, without any daemon; certificates; what the doctor says of them."""
import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import threading

import pytest

import oriel

OK, REFUSED, USAGE = 0, 1, 2
PASSWORD = "correct horse"


class Accounts:
    def __init__(self, folder):
        self.folder = folder
        self.state, self.run = folder / "state", folder / "run"
        for each in self.state, self.run:
            each.mkdir(mode=0o700)
        self.argv = [oriel.BUILD / "orielctl", f"--accounts={self.state}", f"--run-dir={self.run}"]

    def __call__(self, *arguments, stdin="", **kw):
        """(exit status, standard output, standard error)"""
        done = subprocess.run([*self.argv, *map(str, arguments)], input=stdin, capture_output=True, text=True,
                              timeout=oriel.PATIENCE, **kw)
        assert not oriel.SANITIZER.search(done.stderr), done.stderr
        return done.returncode, done.stdout, done.stderr

    def ok(self, *arguments, **kw):
        status, out, err = self(*arguments, **kw)
        assert (status, err) == (OK, ""), (status, out, err)
        return out

    def json(self, *arguments, **kw):
        return json.loads(self.ok("--json", *arguments, **kw))

    def doctor(self):
        status, out, _ = self("--json", "doctor", f"--state-dir={self.folder}", f"--nginx={self.folder}/none")
        found = [finding for line in out.splitlines() if (finding := json.loads(line))["check"] == "accounts"]
        assert status == REFUSED and found
        return found

    def grants(self):
        return {path.name for path in (self.run / ".grants").iterdir() if not path.name.startswith(".")}


@pytest.fixture
def accounts():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="oriel-accounts-", dir="/tmp"))
    folder.chmod(0o755)
    yield Accounts(folder)
    shutil.rmtree(folder)


# ---- users

def test_users(accounts):
    assert accounts.ok("user", "add", "anna", "--role=operator", stdin=PASSWORD + "\n") == "anna may log in as operator\n"
    assert accounts.json("user", "add", "ben", stdin=PASSWORD) == {"ok": True, "user": "ben"}
    assert {u["name"]: u["role"] for u in accounts.json("user", "list")} == {"anna": "operator", "ben": "viewer"}
    before = accounts.grants()
    accounts.ok("user", "role", "ben", "operator")
    accounts.ok("user", "passwd", "anna", stdin="another horse\n")
    assert len(before) == 2 and not before & accounts.grants()
    assert {u["role"] for u in accounts.json("user", "list")} == {"operator"}
    accounts.ok("user", "del", "ben")
    assert re.fullmatch(r"anna +operator +0 sessions, last seen never\n", accounts.ok("user", "list"))
    assert stat.S_IMODE((accounts.state / "auth.db").stat().st_mode) == 0o600
    database = (accounts.state / "auth.db").read_bytes()
    assert b"horse" not in database and database.count(b"$argon2id$v=19$m=19456,t=2,p=1$") >= 1


@pytest.mark.parametrize("arguments, stdin, status, reason", [
    (["user", "add", "anna"], "short\n", REFUSED, "a password has at least 10 characters"),
    (["user", "add", "anna"], "", REFUSED, "no password on standard input"),
    (["user", "add", "anna"], "x" * 1025, REFUSED, "a password has at most 1024 bytes"),
    (["user", "add", "anna"], "nul\0in password\n", REFUSED, "no NUL among them"),
    (["user", "add", "An na"], PASSWORD, REFUSED, "a user's name is at most 32 of"),
    (["user", "add", "anna", "--role=root"], PASSWORD, USAGE, "usage: orielctl user"),
    (["user", "add"], PASSWORD, USAGE, "usage: orielctl user"),
    (["user"], "", USAGE, "usage: orielctl user"),
    (["user", "befriend", "anna"], "", USAGE, "usage: orielctl user"),
    (["user", "passwd", "nobody"], PASSWORD, REFUSED, "there is no user nobody"),
    (["user", "role", "nobody", "viewer"], "", REFUSED, "there is no user nobody"),
    (["user", "del", "nobody"], "", REFUSED, "there is no user nobody"),
    (["session", "revoke", "0123"], "", REFUSED, "8 and more of its digits"),
    (["session", "revoke", "0123456789ab"], "", REFUSED, "there is no session 0123456789ab"),
    (["session", "revoke"], "", USAGE, "usage: orielctl session"),
    (["session", "revoke", "--all", "--user=anna"], "", USAGE, "usage: orielctl session"),
    (["token", "add", "phone", "--days=x"], "", USAGE, "usage: orielctl token"),
    (["token", "add", "phone", "--days=-1"], "", USAGE, "usage: orielctl token"),
    (["token", "del", "phone"], "", REFUSED, "there is no token phone"),
    (["tls", "self-signed"], "", USAGE, "usage: orielctl tls"),
    (["tls", "self-signed", "/nowhere/at/all"], "", REFUSED, "/nowhere/at/all: No such file or directory"),
    (["tls", "self-signed", "x", "a,DNS:b"], "", USAGE, "usage: orielctl tls"),
    (["tls", "self-signed", "x", "a\nIP:b"], "", USAGE, "usage: orielctl tls"),
])
def test_refusals(accounts, arguments, stdin, status, reason):
    got, out, err = accounts(*arguments, stdin=stdin)
    assert (got, out) == (status, "") and reason in err, (got, out, err)


def test_two_of_one_name(accounts):
    accounts.ok("user", "add", "anna", stdin=PASSWORD)
    status, out, err = accounts("--json", "user", "add", "anna")
    assert (status, err) == (REFUSED, "") and json.loads(out)["reason"] == "there is a user anna already"
    accounts.ok("token", "add", "anna")
    assert "there is a token anna already" in accounts("token", "add", "anna")[2]


def at_a_terminal(accounts, typed, *arguments):
    """What the screen shows, and the exit status."""
    pid, screen = pty.fork()
    if pid == 0:
        os.execv(accounts.argv[0], [*map(str, accounts.argv), *arguments])
    limit = threading.Timer(oriel.PATIENCE, os.kill, (pid, signal.SIGKILL))
    limit.start()
    shown = b""
    with contextlib.suppress(OSError):      # EIO: it has left the terminal
        for prompt, answer in typed:
            while not shown.endswith(prompt):
                shown += os.read(screen, 1)
            os.write(screen, answer)
        while piece := os.read(screen, 1000):
            shown += piece
    os.close(screen)
    status = os.waitpid(pid, 0)[1]
    limit.cancel()
    return shown.decode(), os.waitstatus_to_exitcode(status)


def test_at_a_terminal_a_password_is_not_shown(accounts):
    right, wrong, word = PASSWORD.encode() + b"\n", b"a typing mistake\n", b"Password: "
    shown, status = at_a_terminal(accounts, [(word, right), (b"more: ", right)], "user", "add", "anna")
    assert status == OK and "horse" not in shown and "anna may log in as viewer" in shown
    shown, status = at_a_terminal(accounts, [(word, right), (b"more: ", wrong)], "user", "add", "ben")
    assert status == REFUSED and "the two are not the same" in shown
    shown, status = at_a_terminal(accounts, [(word, b"half\x03")], "user", "add", "ben")
    assert status == -2
    assert len(accounts.json("user", "list")) == 1


# ---- tokens

def test_tokens(accounts):
    secret = accounts.ok("token", "add", "octoprint").strip()
    assert re.fullmatch(r"oriel_[A-Za-z0-9_-]{43}", secret)
    made = accounts.json("token", "add", "hass", "--role=operator", "--days=0")
    assert made["ok"] and made["expires"] == 0
    tokens = {t["name"]: t for t in accounts.json("token", "list")}
    assert (tokens["hass"]["role"], tokens["octoprint"]["role"]) == ("operator", "viewer")
    assert 364 < (tokens["octoprint"]["expires"] - tokens["octoprint"]["made"]) / 86400 < 366
    assert accounts.grants() == {t["id"] for t in tokens.values()}
    for file in accounts.state.iterdir():
        assert secret[6:].encode() not in file.read_bytes()
    accounts.ok("token", "del", "octoprint")
    assert accounts.grants() == {tokens["hass"]["id"]}


def test_sessions(accounts):
    accounts.ok("user", "add", "anna", stdin=PASSWORD)
    assert accounts.json("session", "list") == []
    assert accounts.ok("session", "list") == "nobody is logged in\n"
    assert accounts.json("session", "revoke", "--all") == {"ok": True, "ended": 0}


# ---- whose files

def test_root_leaves_nothing_of_its_own(accounts):
    owner = 65534 if os.geteuid() == 0 else os.geteuid()
    for folder in accounts.state, accounts.run:
        os.chown(folder, owner, -1)
    accounts.ok("user", "add", "anna", stdin=PASSWORD)
    accounts.ok("token", "add", "phone")
    files = [accounts.folder / name for root in ("state", "run")
             for name in (accounts.folder / root).rglob("*")]
    assert len(files) >= 4
    assert {path.stat().st_uid for path in files} == {owner}
    assert all(finding["verdict"] == "ok" for finding in accounts.doctor())
    # A link that a broken worker left there leads root nowhere.
    target = accounts.folder / "target"
    target.write_text("root's")
    for file in accounts.state.iterdir():
        file.unlink()
    (accounts.state / "auth.db").symlink_to(target)
    assert "no regular file" in accounts("user", "list")[2]
    assert target.read_text() == "root's"


def test_without_a_folder(accounts):
    accounts.state.rmdir()
    status, _, err = accounts("user", "list")
    assert status == REFUSED and "No such file or directory (--accounts=DIR names another folder)" in err


# ---- the doctor

def test_the_doctor_on_accounts(accounts):
    assert accounts.doctor()[0]["verdict"] == "note"
    accounts.ok("user", "list")
    assert accounts.doctor() == [{"check": "accounts", "verdict": "note", "text": "nobody has an account yet",
                                  "advice": "orielctl user add NAME --role=operator"}]
    accounts.ok("user", "add", "anna", stdin=PASSWORD)
    assert accounts.doctor() == [{"check": "accounts", "verdict": "ok", "text": "1 users", "advice": None}]
    accounts.ok("user", "del", "anna")
    token = (accounts.state / "setup-token").read_text().strip()
    assert token in accounts.doctor()[0]["advice"]
    (accounts.state / "auth.db").chmod(0o640)
    accounts.state.chmod(0o755)
    assert [f["verdict"] for f in accounts.doctor()] == ["BAD", "BAD", "note"]
    accounts.state.chmod(0o700)
    (accounts.state / "auth.db").write_bytes(b"no database" * 100)
    found = accounts.doctor()
    assert found[-1]["verdict"] == "BAD" and "damaged" in found[-1]["text"]


# ---- certificates

def serve_once(context, listener):
    connection, _ = listener.accept()
    with context.wrap_socket(connection, server_side=True) as tls:
        tls.sendall(b"hello")


def test_a_certificate_that_tls_takes(accounts):
    folder = accounts.folder / "tls"
    made = accounts.json("tls", "self-signed", folder, "camera.example", "127.0.0.1", "::1")
    assert made["names"] == ["camera.example", "127.0.0.1", "::1"]
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", made["sha256"])
    assert stat.S_IMODE((folder / "privkey.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "fullchain.pem").stat().st_mode) == 0o644
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
    client = ssl.create_default_context(cafile=folder / "fullchain.pem")
    for name in "camera.example", "127.0.0.1", "::1":
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=serve_once, args=(server, listener))
            thread.start()
            with client.wrap_socket(socket.create_connection(listener.getsockname()), server_hostname=name) as tls:
                assert tls.recv(5) == b"hello" and tls.cipher()
            thread.join()
    text = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", folder / "fullchain.pem"],
                          capture_output=True, text=True, check=True).stdout
    assert "CA:FALSE" in text and "NIST CURVE: P-256" in text


def test_a_certificate_is_not_overwritten_by_mistake(accounts):
    folder = accounts.folder / "tls"
    accounts.ok("tls", "self-signed", folder)
    before = (folder / "privkey.pem").read_bytes()
    assert "privkey.pem is there already (--force replaces it)" in accounts("tls", "self-signed", folder)[2]
    assert (folder / "privkey.pem").read_bytes() == before
    accounts.ok("tls", "self-signed", "--force", folder)
    assert (folder / "privkey.pem").read_bytes() != before
    assert sorted(p.name for p in folder.iterdir()) == ["fullchain.pem", "privkey.pem"]


def test_without_openssl(accounts):
    status, _, err = accounts("tls", "self-signed", accounts.folder / "tls", env={"PATH": "/nowhere"})
    assert status == REFUSED and err == "orielctl: there is no openssl program: apt-get install openssl\n"
    assert list((accounts.folder / "tls").iterdir()) == []
