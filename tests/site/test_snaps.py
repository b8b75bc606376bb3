# SPDX-License-Identifier: ISC
import pathlib
import re
import shutil

import pytest

import oriel


@pytest.fixture
def calm(site):
    """No motion saves between two looks."""
    site.post("/config", json={"save_on_motion": False})
    yield site
    site.post("/config", json={"save_on_motion": True})


def save(site):
    reply = site.command({"cmd": "snapshot_now"})
    assert reply["ok"] is True
    return reply["name"]


def test_list(calm):
    names = [save(calm) for _ in range(3)]
    answer = calm.get("/snaps/")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    snaps = answer.json()
    assert [snap["name"] for snap in snaps[:3]] == names[::-1]
    newest = snaps[0]
    assert newest["bytes"] > 1000 and newest["ts"] > 1.7e9 and newest["url"].endswith(names[-1])
    page = calm.get(f"/snaps/?before={newest['id']}&limit=1").json()
    assert [snap["name"] for snap in page] == [names[1]]


def test_names_in_one_second(calm):
    names = [save(calm) for _ in range(5)]
    assert len(set(names)) == 5
    assert all(re.fullmatch(r"manual-\d+(-\d+)?\.jpg", name) for name in names)


def test_picture(calm):
    name = save(calm)
    answer = calm.get(f"/snaps/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content == (calm.state / "cam/snaps" / name).read_bytes()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "X-Accel-Redirect" not in answer.headers
    part = calm.get(f"/snaps/{name}", headers={"Range": "bytes=0-1"})
    assert part.status_code == 206 and part.content == b"\xff\xd8"
    assert calm.request("HEAD", f"/snaps/{name}").headers["Content-Length"] == str(len(answer.content))


def test_delete(calm):
    name = save(calm)
    with calm.events() as events:
        events.wait("state")
        answer = calm.request("DELETE", f"/snaps/{name}")
        assert "id" not in events.wait("deleted", when=lambda data: data == {"name": name})
    assert answer.status_code == 200 and answer.json() == {"ok": True}
    assert not (calm.state / "cam/snaps" / name).exists()
    assert calm.get(f"/snaps/{name}").status_code == 404
    again = calm.request("DELETE", f"/snaps/{name}")
    assert again.status_code == 404 and "error" in again.json()


@pytest.mark.parametrize("name", ["nothing.jpg", "..%2f..%2fstate.db", "a%00b.jpg", "state.db", ".hidden.jpg",
                                  "x" * 200 + ".jpg", "a%0d%0aX-Evil:1.jpg", "%ff.jpg"])
def test_no_such(site, name):
    for method in ("GET", "DELETE"):
        answer = site.request(method, f"/snaps/{name}")
        assert answer.status_code in (400, 404)
        assert "error" in answer.json() and "X-Evil" not in answer.headers


@pytest.mark.parametrize("query, name", [("limit=0", "limit"), ("limit=x", "limit"), ("limit=100000", "limit"),
                                         ("before=x", "before"), ("before=-1", "before")])
def test_bad_query(site, query, name):
    answer = site.get(f"/snaps/?{query}")
    assert answer.status_code == 400 and name in answer.json()["error"]


def test_method(site):
    answer = site.post("/snaps/")
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]
    name = save(site)
    answer = site.request("PUT", f"/snaps/{name}")
    assert answer.status_code == 405
    assert {m.strip() for m in answer.headers["Allow"].split(",")} >= {"GET", "DELETE", "POST"}


def test_what_is_kept_stays(make_site):
    site = make_site(cameras={"cam": ["--quota-files=1", "--no-save-on-motion"]})
    name = save(site)
    assert site.post(f"/snaps/{name}").status_code == 415
    assert site.post(f"/snaps/{name}", json={"keep": 1}).json()["error"] == "keep must be true or false"
    assert site.post(f"/snaps/{name}", json={}).status_code == 400
    assert site.post("/snaps/none.jpg", json={"keep": True}).json()["code"] == "no_such_picture"
    assert site.post(f"/snaps/{name}", json={"keep": True}).json() == {"ok": True}
    last = [save(site) for _ in range(2)][-1]
    assert [(snap["name"], snap["keep"]) for snap in site.get("/snaps/").json()] == [(last, False), (name, True)]
    status = site.status()
    assert status["pinned"]["count"] == 1 and status["counters"]["deleted_quota"] == 1
    assert site.request("DELETE", f"/snaps/{name}").status_code == 200
    assert site.status()["pinned"] == {"count": 0, "bytes": 0}


def test_what_is_too_old_goes_at_the_start(make_site):
    """A clip of motion from 2023, three pictures that somebody saved then."""
    old = pathlib.Path(__file__).parents[1] / "unit/layout3"
    site = make_site(cameras={"cam": ["--keep-days-motion=1", "--no-save-on-motion"]},
                     prepare=lambda site: shutil.copytree(old, site.state / "cam", copy_function=shutil.copyfile, dirs_exist_ok=True))
    oriel.wait_for(lambda: site.get("/clips/").json() == [])
    assert site.status()["counters"]["deleted_age"] == 1 and len(site.get("/snaps/").json()) == 3


def test_oldest_go_first(make_site):
    site = make_site(cameras={"cam": ["--quota-files=3", "--no-save-on-motion"]})
    names = [save(site) for _ in range(3)]
    # A name that has become free may be given again within its second.
    oriel.wait_for(lambda: int(float(site.get("/snapshot.jpg").headers["X-Timestamp"])) > int(names[-1].split("-")[1][:10]))
    names += [save(site) for _ in range(2)]
    kept = {path.name for path in (site.state / "cam/snaps").iterdir()}
    assert kept == set(names[2:])
    assert site.get("/status").json()["snaps"]["count"] == 3
    assert site.get(f"/snaps/{names[0]}").status_code == 404


def test_disk_full(make_site):
    """The person who pressed the button is told, nothing half-written is left, and motion is still announced."""
    site = make_site(prepare=lambda site: site.preload("orield", "full.so", ORIEL_FULL=site.folder / "full"))
    site.allow(r"(warning|error): .*(full|space)")
    full, snaps = site.folder / "full", site.state / "cam/snaps"
    with site.events() as events, site.control() as control:
        last = int(events.wait("motion")["id"])
        assert site.post("/config", json={"save_on_motion": False}).status_code == 200
        before = set(snaps.iterdir())
        full.touch()
        reply = control.ask({"cmd": "snapshot_now"})
        assert reply["ok"] is False and reply["reason"].startswith("disk full")
        assert set(snaps.iterdir()) <= before       # old ones may have gone to make room
        refused = site.post("/config", json={"threshold": 13})
        assert refused.status_code == 503 and "disk full" in refused.json()["error"]
        assert site.get("/config").json()["threshold"] == 12
        live = events.wait("motion", when=lambda data: data.get("stored") is False)
        assert "id" not in live and live["data"]["change"] > 12
        full.unlink()
        saved = control.ask({"cmd": "snapshot_now"})
        assert saved["ok"] is True
        again = events.wait("motion", when=lambda data: "stored" not in data)
        assert int(again["id"]) > last
        assert {path.name for path in set(snaps.iterdir()) - before} == {saved["name"]}


def test_in_the_status(calm):
    before = calm.get("/status").json()["snaps"]
    name = save(calm)
    after = calm.get("/status").json()["snaps"]
    size = (calm.state / "cam/snaps" / name).stat().st_size
    assert after == {"count": before["count"] + 1, "bytes": before["bytes"] + size}
    calm.request("DELETE", f"/snaps/{name}")
    oriel.wait_for(lambda: calm.get("/status").json()["snaps"] == before)
