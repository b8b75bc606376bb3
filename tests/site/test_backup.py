# SPDX-License-Identifier: ISC
"""orielctl backup and restore: from one machine to another, with the real programs."""
import json
import shutil
import sqlite3
import subprocess

import pytest

import oriel

OK, REFUSED = 0, 1
ANNA = b"a password of anna's\n"


class Machine:
    """Folders of a machine, and orielctl on it."""

    def __init__(self, folder):
        self.state, self.run, self.accounts = folder / "state", folder / "run", folder / "accounts"
        for each in (folder, self.state, self.run, self.accounts):
            each.mkdir(exist_ok=True)
        self.accounts.chmod(0o700)
        self.daemon = None

    def ctl(self, *arguments, stdin=b""):
        done = subprocess.run([oriel.BUILD / "orielctl", f"--run-dir={self.run}", f"--accounts={self.accounts}", *map(str, arguments)],
                              input=stdin, capture_output=True, timeout=oriel.PATIENCE, check=False)
        assert not oriel.SANITIZER.search(done.stderr.decode()), done.stderr.decode()
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def ok(self, *arguments, **kw):
        status, out, err = self.ctl(*arguments, **kw)
        assert (status, err) == (OK, ""), (status, out, err)
        return out

    def json(self, *arguments):
        return json.loads(self.ok("--json", *arguments))

    def start(self):
        self.daemon = subprocess.Popen([oriel.BUILD / "orield", f"--state-dir={self.state}", f"--run-dir={self.run}", "--source=testcard",
                                        "--width=320", "--height=240", "--fps=10"], stderr=subprocess.PIPE)
        oriel.wait_for(lambda: self.ctl("--json", "status")[0] == OK and self.json("status")["frames"] > 2)

    def stop(self):
        self.daemon.terminate()
        said = self.daemon.communicate(timeout=oriel.PATIENCE)[1].decode()
        assert not oriel.SANITIZER.search(said), said
        return said

    def backup(self, *arguments):
        return self.ctl("backup", f"--state-dir={self.state}", *arguments)

    def restore(self, *arguments):
        return self.ctl("restore", f"--state-dir={self.state}", *arguments)


@pytest.fixture
def machines(tmp_path):
    made = [Machine(tmp_path / "old"), Machine(tmp_path / "new")]
    yield made
    for machine in made:
        if machine.daemon is not None and machine.daemon.poll() is None:
            machine.stop()


def fill(machine):
    machine.ok("user", "add", "anna", "--role=operator", stdin=ANNA)
    machine.start()
    machine.ok("set", "threshold=31", "cooldown=7")
    return [machine.json("snapshot")["name"] for _ in range(3)]


def numbers(machine):
    return [json.loads(line)["id"] for line in machine.ok("--json", "events", "-n", "1000").splitlines()]


def test_to_a_new_machine(machines, tmp_path):
    old, new = machines
    names = fill(old)
    file = tmp_path / "backup.oriel"
    status, out, err = old.backup("--pictures", file)         # while it runs
    assert (status, err) == (OK, ""), (out, err)
    assert oct(file.stat().st_mode & 0o777) == "0o600" and not list(tmp_path.glob("*.new*"))
    given = numbers(old)
    old.ok("snapshot")                                        # after the backup: numbers that it does not know
    given_later = numbers(old)
    old.stop()
    assert new.restore(file)[0] == OK
    new.start()
    assert new.json("get")["threshold"] == 31 and new.json("get")["cooldown"] == 7
    assert sorted(snap["name"] for snap in new.json("snaps")["snaps"]) == sorted(names)
    assert set(given) <= set(numbers(new))
    new.ok("snapshot")
    assert numbers(new)[-1] > max(given_later)
    assert [user["name"] for user in new.json("user", "list")] == ["anna"]
    for name in names:
        assert (new.state / "cam/snaps" / name).read_bytes() == (old.state / "cam/snaps" / name).read_bytes()


def test_what_is_refused(machines, tmp_path):
    old, new = machines
    fill(old)
    file = tmp_path / "b"
    assert old.backup(file)[0] == OK
    status, _, err = old.backup(file)
    assert status == REFUSED and "is there already (--force replaces it)" in err
    assert old.backup("--force", file)[0] == OK
    # While orield runs, over what is there, by what is none.
    status, _, err = old.restore("--force", file)
    assert status == REFUSED and "orield runs for camera cam: stop it first" in err
    old.stop()
    status, _, err = old.restore(file)
    assert status == REFUSED and "state.db is there already (--force" in err
    before = (old.state / "cam/state.db").read_bytes()
    for spoil in (lambda b: b[:-5000], lambda b: b[:30000] + bytes([b[30000] ^ 1]) + b[30001:], lambda b: b"no backup", lambda b: b""):
        bad = tmp_path / "bad"
        bad.write_bytes(spoil(file.read_bytes()))
        for machine, force in ((old, ["--force"]), (new, [])):
            status, out, err = machine.restore(*force, bad)
            assert status == REFUSED and "bad is no" in err, (out, err)
    assert (old.state / "cam/state.db").read_bytes() == before
    assert not (new.state / "cam").exists()
    # A layout of a later version's.
    newer = tmp_path / "newer"
    shutil.copy(file, newer)
    state = tmp_path / "state.db"
    with sqlite3.connect(newer) as db:
        state.write_bytes(db.execute("SELECT data FROM sqlar WHERE name='state.db'").fetchone()[0])
        with sqlite3.connect(state) as inner:
            inner.execute("PRAGMA user_version=5")
        inner.close()
        db.create_function("row_sum", -1, row_sum)
        db.execute("UPDATE sqlar SET data=? WHERE name='state.db'", (state.read_bytes(),))
        db.execute("UPDATE part SET sum=row_sum('state.db', ?) WHERE name='state.db'", (state.read_bytes(),))
    db.close()
    status, _, err = old.restore("--force", newer)
    assert status == REFUSED and "has layout 5, this version knows 4: it is from a newer version" in err
    assert (old.state / "cam/state.db").read_bytes() == before


def row_sum(*values):
    total = 0xcbf29ce484222325
    for value in values:
        kind, data = (3, value.encode()) if isinstance(value, str) else (4, value)
        for byte in kind.to_bytes(4, "little") + data:
            total = (total ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return total - (1 << 64) if total >> 63 else total


def test_back_on_the_same_machine(machines, tmp_path):
    old, _ = machines
    fill(old)
    file = tmp_path / "b"
    assert old.backup(file)[0] == OK
    old.ok("set", "threshold=44")
    for _ in range(5):
        old.ok("snapshot")
    given = numbers(old)
    old.stop()
    old.ok("user", "add", "ben", stdin=b"a password of ben's\n")
    status, out, err = old.restore("--force", file)
    assert (status, err) == (OK, ""), out
    assert [user["name"] for user in old.json("user", "list")] == ["anna"]
    old.start()
    assert old.json("get")["threshold"] == 31
    assert len(old.json("snaps")["snaps"]) == 8               # the folder's: pictures are files
    old.ok("snapshot")
    assert numbers(old)[-1] > max(given)
    assert (old.state / "cam/state.db.replaced").exists()


def test_a_damaged_state_is_not_backed_up(machines, tmp_path):
    old, _ = machines
    fill(old)
    old.stop()
    db = old.state / "cam/state.db"
    db.write_bytes(db.read_bytes()[:8192] + bytes(8192) + db.read_bytes()[16384:])
    status, _, err = old.backup(tmp_path / "b")
    assert status == REFUSED and err and not (tmp_path / "b").exists() and not list(tmp_path.glob("b*"))


def test_sqlite_reads_it(machines, tmp_path):
    """It has the format that the docs promise: an SQLite archive."""
    old, _ = machines
    names = fill(old)
    assert old.backup("--pictures", tmp_path / "b")[0] == OK
    with sqlite3.connect(tmp_path / "b") as db:
        found = dict(db.execute("SELECT name, sz = length(data) FROM sqlar"))
    assert found == {"about": 1, "state.db": 1, "auth.db": 1, **{f"snaps/{name}": 1 for name in names}}
