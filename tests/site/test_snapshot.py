# SPDX-License-Identifier: ISC
import email.utils
import re
import time

import pytest

import jpeg
import oriel
from pipe import Pipe


def test_snapshot(site):
    answer = site.get("/snapshot.jpg")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert jpeg.size(answer.content) == (320, 240)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert re.fullmatch(r'"\d+-\d+"', answer.headers["ETag"])
    assert re.fullmatch(r"\d+\.\d{6}", answer.headers["X-Timestamp"])
    stamp = float(answer.headers["X-Timestamp"])
    assert 0 <= time.time() - stamp < 2
    modified = email.utils.parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp()
    assert modified == int(stamp)
    assert answer.headers["Cache-Control"] == "no-cache"
    timing = answer.headers["Server-Timing"]
    assert re.search(r"encode;dur=[\d.]+", timing) and re.search(r"age;dur=[\d.]+", timing)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_head(site):
    answer = site.request("HEAD", "/snapshot.jpg")
    assert answer.status_code == 200 and answer.content == b""
    assert int(answer.headers["Content-Length"]) > 1000
    assert "ETag" in answer.headers and "X-Timestamp" in answer.headers


def test_newest(site):
    stamps = set()
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        stamps.add(site.get("/snapshot.jpg").headers["X-Timestamp"])
    assert len(stamps) > 10     # 20 frames a second


@pytest.fixture
def slow(make_site):
    """One frame in 2 s: time to ask twice for the same one."""
    return make_site(cameras={"cam": ["--fps=1", "--motion-fps=1"]})


def quiet_moment(site):
    """Right behind a new frame; its answer."""
    newest = site.get("/snapshot.jpg").headers["ETag"]
    return site.get(f"/snapshot.jpg?after={newest.strip(chr(34))}&wait=5000")


def test_not_modified(slow):
    frame = quiet_moment(slow)
    etag = frame.headers["ETag"]
    for value in (etag, f'W/{etag}', f'"x", {etag}', "*"):
        again = slow.get("/snapshot.jpg", headers={"If-None-Match": value})
        assert again.status_code == 304, value
        assert again.content == b"" and again.headers["ETag"] == etag
    other = slow.get("/snapshot.jpg", headers={"If-None-Match": '"0-0"'})
    assert other.status_code == 200 and other.content == frame.content


def test_after_and_wait(slow):
    frame = quiet_moment(slow)
    tag = frame.headers["ETag"].strip('"')
    began = time.monotonic()
    nothing = slow.get(f"/snapshot.jpg?after={tag}&wait=100")
    assert nothing.status_code == 204 and nothing.content == b""
    assert 0.09 <= time.monotonic() - began < 0.9
    newer = slow.get(f"/snapshot.jpg?after={tag}&wait=10000")
    assert newer.status_code == 200
    assert float(newer.headers["X-Timestamp"]) > float(frame.headers["X-Timestamp"])
    assert time.time() - float(newer.headers["X-Timestamp"]) < 0.5      # as soon as there is one
    generation, sequence = map(int, tag.split("-"))
    for other in (f"{generation + 1}-{sequence + 1000}", f"{generation}-{sequence - 1}"):
        assert slow.get(f"/snapshot.jpg?after={other}&wait=10000").status_code == 200
    assert slow.get(f"/snapshot.jpg?after={newer.headers['ETag'].strip(chr(34))}").status_code == 204


def test_max_age(slow):
    quiet_moment(slow)
    assert slow.get("/snapshot.jpg?max_age=5000").status_code == 200
    time.sleep(0.05)
    old = slow.get("/snapshot.jpg?max_age=1")
    assert old.status_code == 503 and old.headers["Retry-After"] == "1"
    assert old.json() == {"error": "no frame that young", "code": "no_young_frame"}


@pytest.mark.parametrize("query, name", [
    ("after=x", "after"), ("after=1", "after"), ("after=1-2-3", "after"), ("after=-1-2", "after"), ("after=", "after"),
    ("after=99999999999999999999-1", "after"),
    ("after=1-1&wait=x", "wait"), ("after=1-1&wait=10001", "wait"), ("after=1-1&wait=-1", "wait"),
    ("after=1-1&wait=1.5", "wait"), ("max_age=x", "max_age"), ("max_age=-1", "max_age"), ("max_age=", "max_age"),
    ("max_age=1&max_age=2", "max_age"), ("max_age=%zz", "max_age")])
def test_bad_query(site, query, name):
    answer = site.get(f"/snapshot.jpg?{query}")
    assert answer.status_code == 400
    assert name in answer.json()["error"]


def test_pages_may_add_what_they_like_against_caches(site):
    assert site.get("/snapshot.jpg?t=1700000000").status_code == 200


def test_method(site):
    answer = site.post("/snapshot.jpg")
    assert answer.status_code == 405
    assert {m.strip() for m in answer.headers["Allow"].split(",")} >= {"GET", "HEAD"}
    assert "error" in answer.json()


def test_no_frame_yet_then_frames_then_gone(make_site, site, tmp_path):
    """Before the first frame, with frames, without camera, with it again."""
    pictures = [site.get("/snapshot.jpg").content for _ in range(3)]
    pipe = Pipe(tmp_path / "fifo", pictures)
    piped = make_site(ready=False, cameras={"cam": ["--source=pipe", f"--input={tmp_path}/fifo"]})
    piped.allow(r"warning: ")       # the outage, said once
    try:
        oriel.wait_for(lambda: "not running" not in wait_error(piped))
        early = piped.get("/snapshot.jpg")
        assert early.status_code == 503 and early.headers["Retry-After"] == "1"
        assert early.json() == {"error": "no frame yet", "code": "no_frame"}
        assert piped.get("/readyz").status_code == 503
        pipe.plug()
        piped.wait_ready()
        assert piped.get("/snapshot.jpg").content in pictures
        assert piped.get("/readyz").status_code == 200
        pipe.unplug()
        oriel.wait_for(lambda: piped.get("/snapshot.jpg").status_code == 503)
        gone = piped.get("/snapshot.jpg")
        assert gone.headers["Retry-After"] == "1"
        status = piped.get("/status").json()
        assert status["online"] is False and status["reason"]
        assert status["reason"] in gone.json()["error"]
        assert piped.get("/readyz").status_code == 503
        assert piped.get("/healthz").status_code == 200
        pipe.plug()
        oriel.wait_for(lambda: piped.get("/snapshot.jpg").status_code == 200)
        assert piped.get("/status").json()["online"] is True
    finally:
        pipe.unplug()


def wait_error(site):
    try:
        answer = site.get("/snapshot.jpg")
    except oriel.requests.ConnectionError:
        return "not running"
    return answer.json()["error"] if answer.status_code == 503 else ""
