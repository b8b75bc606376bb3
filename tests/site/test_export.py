# SPDX-License-Identifier: ISC
"""GET /export and orielctl export: one ZIP of what happened in a time."""
import contextlib
import hashlib
import io
import json
import re
import socket
import subprocess
import zipfile

import pytest

import oriel
from conftest import warm_up
from test_confine import SANITIZED

OK, REFUSED, USAGE, NO_DAEMON = range(4)


@pytest.fixture(scope="module")
def full(sites):
    """A site with 200 saved pictures, more than sockets on the way hold, and no motion."""
    site = sites.new(cameras={"cam": ["--source=testcard", "--no-motion", "--fps=10", "--width=1280", "--height=720", "--quality=95"]}).start()
    site.names = [site.command({"cmd": "snapshot_now"})["name"] for _ in range(200)]
    site.bound_unsent()
    warm_up(site)
    site.begin()
    yield site
    sites.end(site)


def ctl(site, *arguments):
    done = subprocess.run([oriel.BUILD / "orielctl", f"--run-dir={site.folder}", *map(str, arguments)],
                          capture_output=True, timeout=oriel.PATIENCE, check=False)
    assert not oriel.SANITIZER.search(done.stderr.decode()), done.stderr.decode()
    return done.returncode, done.stdout, done.stderr.decode()


def sums_of(archive):
    """{name: sum} of the manifest, and its comments."""
    lines = archive.read("SHA256SUMS").decode().splitlines()
    return (dict(reversed(re.fullmatch(r"([0-9a-f]{64})  (\S+)", line).groups()) for line in lines if line[0] != "#"),
            [line for line in lines if line[0] == "#"])


def check(archive):
    """Each sum is right, and there is nothing else."""
    assert archive.testzip() is None
    sums, missing = sums_of(archive)
    assert {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist() if name != "SHA256SUMS"} == sums
    return sums, missing


def export(site, query=""):
    answer = site.get("/export" + query)
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_all_of_it(full, tmp_path):
    answer = full.get("/export?from=2020-01-01")
    assert answer.headers["Content-Type"] == "application/zip" and answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r'attachment; filename="cam-2020-01-01-\d{4}-\d\d-\d\d(_\d{6})?\.zip"', answer.headers["Content-Disposition"])
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    sums, missing = check(archive)
    assert not missing and archive.namelist()[0] == "events.jsonl" and archive.namelist()[-1] == "SHA256SUMS"
    assert sorted(sums) == sorted(["events.jsonl", *(f"snaps/{name}" for name in full.names)])
    for name in full.names[:3]:
        assert archive.read(f"snaps/{name}") == (full.state / "cam/snaps" / name).read_bytes()
    events = [json.loads(line) for line in archive.read("events.jsonl").decode().splitlines()]
    assert events == full.get("/history?limit=1000").json()[::-1]
    # the tools of other people
    (tmp_path / "a.zip").write_bytes(answer.content)
    subprocess.run(["unzip", "-q", "a.zip"], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)


def test_a_time(full):
    snaps = full.get("/snaps/?limit=1000").json()
    middle = int(snaps[100]["ts"]) + 1
    early, late = export(full, f"?from=0&to={middle}"), export(full, f"?from={middle}")
    for archive, wanted in ((early, [snap for snap in snaps if snap["ts"] < middle]), (late, [snap for snap in snaps if snap["ts"] >= middle])):
        names = [snap["url"] for snap in wanted]
        assert sorted(check(archive)[0]) == sorted(["events.jsonl", *names])
        saved = [json.loads(line)["data"]["url"] for line in archive.read("events.jsonl").splitlines() if b'"saved"' in line]
        assert sorted(saved) == sorted(names)
    assert [snap["name"] for snap in full.get(f"/snaps/?limit=1000&to={middle}").json()] == [
        snap["name"] for snap in snaps if snap["ts"] < middle]
    assert all(event["ts"] >= middle for event in full.get(f"/history?from={middle}").json())


@pytest.mark.parametrize("query", ["?from=2000-01-01&to=2000-01-01", "?from=1000&to=1000", "?from=&to=2001-01-01T06:30Z"])
def test_nothing(full, query):
    archive = export(full, query)
    assert archive.namelist() == ["events.jsonl", "SHA256SUMS"] and archive.read("events.jsonl") == b""
    check(archive)


@pytest.mark.parametrize("query, words", [("from=x", "from must be"), ("to=2026-02-30", "to must be"), ("from=2&from=1", "from is given twice"),
                                          ("from=2026-01-02&to=2026-01-01T00:00", "from is later than to")])
def test_wrong(full, query, words):
    answer = full.get("/export?" + query)
    assert answer.status_code == 400 and words in answer.json()["error"]


def test_head(full):
    answer = full.request("HEAD", "/export?from=2026-01-01&to=2026-01-01")
    assert answer.status_code == 200 and answer.content == b""
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cam-2026-01-01-2026-01-02.zip"'


def test_orielctl(full, tmp_path):
    file = tmp_path / "a.zip"
    status, out, err = ctl(full, "--json", "export", "--from=2020-01-01", file)
    assert (status, err) == (OK, "")
    said = json.loads(out)
    assert said["files"] == 200 and said["missing"] == 0 and said["bytes"] == file.stat().st_size and said["events"] >= 200
    assert len(check(zipfile.ZipFile(file))[0]) == 201
    assert sorted(tmp_path.iterdir()) == [file]
    status, out, err = ctl(full, "export", "--to=2000-01-01", "-")
    assert (status, err) == (OK, "") and check(zipfile.ZipFile(io.BytesIO(out)))[0].keys() == {"events.jsonl"}
    assert ctl(full, "export", "--from=yesterday", file)[0] == USAGE and ctl(full, "export")[0] == USAGE
    assert ctl(full, "export", "/dev/full/a.zip") == (REFUSED, b"", "orielctl: /dev/full/a.zip.part: Not a directory\n")
    with open("/dev/full", "wb") as nowhere:
        process = subprocess.run([oriel.BUILD / "orielctl", f"--run-dir={full.folder}", "export", "-"], stdout=nowhere, stderr=subprocess.PIPE,
                                 timeout=oriel.PATIENCE, check=False)
    assert (process.returncode, process.stderr) == (REFUSED, b"orielctl: -: No space left on device\n")


class Slow:
    """One who asks for an export and takes it when told."""

    def __init__(self, site, version="1.0"):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(oriel.PATIENCE)
        self.socket.connect(("127.0.0.1", site.port))
        self.socket.sendall(f"GET {site.mount}/export HTTP/{version}\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
        self.got = b""
        while b"snaps/" not in self.got.partition(b"PK")[2].partition(b"PK")[2]:      # in the header of the first picture
            self.got += self.socket.recv(1000)

    def all(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        with contextlib.suppress(ConnectionResetError):
            while more := self.socket.recv(1 << 16):
                self.got += more
        return self.got

    def archive(self):
        self.all()
        return zipfile.ZipFile(io.BytesIO(self.got.partition(b"\r\n\r\n")[2]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def memory(pid):
    """What the process has in RAM of its own, kB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"RssAnon:\s+(\d+)", status.read())[1])


def test_slow_readers(full):
    """A live viewer and everybody else go on; the third is told; who leaves costs nothing."""
    worker, = full["oriel-fcgi"].workers()
    bound = 8192 if not SANITIZED else 65536      # sanitizers keep what was freed
    with full.stream() as stream:
        stream.part()
        before = memory(worker)
        with Slow(full) as slow:
            with Slow(full):
                refused = full.get("/export")
                assert refused.status_code == 429 and refused.headers["Retry-After"] and "two are under way" in refused.json()["error"]
                for _ in range(10):
                    stream.part()
                assert memory(worker) - before < bound
            oriel.wait_for(lambda: full.get("/export?to=1000").status_code == 200)
            names = check(slow.archive())[0]
        assert len(names) == 201
        for _ in range(3):
            assert len(export(full).namelist()) == 202
        assert memory(worker) - before < bound


def test_pictures_go_meanwhile(full):
    """What was listed and is deleted before its turn is named, and only that is missing."""
    gone = full.names[0]
    with Slow(full) as slow:
        assert full.request("DELETE", f"/snaps/{gone}").status_code == 200
        sums, missing = check(slow.archive())
    full.names.remove(gone)
    assert missing == [f"# missing: snaps/{gone}: gone"]
    assert sorted(sums) == sorted(["events.jsonl", *(f"snaps/{name}" for name in full.names)])


def test_daemon_goes(full, tmp_path):
    """Before the first byte it is said; behind it the answer must not look whole."""
    full.outage()
    full.allow("unsupported FastCGI protocol version", "an archive is cut off")
    full.restarts.add("orield")
    with Slow(full, "1.1") as slow:
        full["orield"].kill()
        assert not slow.all().endswith(b"0\r\n\r\n") and b"PK\5\6" not in slow.got
    assert full.get("/export").status_code == 503
    assert ctl(full, "export", tmp_path / "a.zip")[0] == NO_DAEMON and not list(tmp_path.iterdir())
    full["orield"].start()
    oriel.wait_for(lambda: full.get("/export?to=1000").status_code == 200)
