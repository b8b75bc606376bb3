# SPDX-License-Identifier: ISC
"""Clips: from the camera's frames to what nginx sends."""
import io
import signal
import struct
import zipfile

import pytest

import jpeg
import oriel

CAMERA = ["--source=testcard", "--width=320", "--height=240", "--fps=20", "--testcard-period=600000", "--record=no", "--clip-before=1"]


@pytest.fixture(scope="module")
def site(sites):
    site = sites.new(cameras={"cam": CAMERA}, records=[]).start()
    oriel.wait_for(lambda: site.command({"cmd": "record", "stop": True}).get("ok"))
    yield site
    sites.end(site)


def boxes(data):
    """(name, contents) of each box (ISO/IEC 14496-12)."""
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        yield name.decode(), data[at + 8:at + size]
        at += size
    assert at == len(data)


def box(data, *path):
    for name in path:
        data = dict(boxes(data))[name]
    return data


def facts(movie):
    """What a player reads first."""
    names = [name for name, _ in boxes(movie)]
    scale, length = struct.unpack_from(">II", box(movie, "moov", "mvhd"), 12)
    table = box(movie, "moov", "trak", "mdia", "minf", "stbl")
    entry = box(table, "stsd")[8:]
    width, height = struct.unpack_from(">HH", entry, 32)
    parts = dict(boxes(entry[86:]))
    frames, = struct.unpack_from(">I", box(table, "stsz"), 8)
    return {"names": names, "seconds": length / scale, "codec": entry[4:8], "size": (width, height), "frames": frames, "avcC": parts.get("avcC", b"")}


def clip(site, events, **about):
    return events.wait("clip", 30, when=lambda data: all(data[key] == value for key, value in about.items()))["data"]


def test_recorded_by_hand(site):
    oriel.wait_for(lambda: site.status()["uptime"] > 2)     # so much is held by then
    with site.events() as events:
        events.wait("state")
        assert site.command({"cmd": "record", "seconds": 3}) == {"ok": True, "seconds": 3}
        data = clip(site, events, cause="manual")
    assert data["cut"] is False and 3.5 <= data["seconds"] <= 4.5 and 0.7 <= data["before"] <= 1.2
    answer = site.get(f"/{data['url']}")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "video/mp4" and len(answer.content) == data["bytes"]
    movie = facts(answer.content)
    assert movie["names"].index("moov") < movie["names"].index("mdat")
    assert movie["codec"] == b"avc1" and movie["size"] == (320, 240)
    assert movie["seconds"] == pytest.approx(data["seconds"], abs=0.15)
    assert movie["seconds"] * 12 < movie["frames"] < movie["seconds"] * 17      # clip_fps of the 20 there are
    assert movie["avcC"][1] == 100 and movie["avcC"][-4] & 3 == 1     # High, 4:2:0
    poster = site.get(f"/{data['poster']}")
    assert poster.headers["Content-Type"] == "image/jpeg" and jpeg.size(poster.content) == (320, 240)
    part = site.get(f"/{data['url']}", headers={"Range": "bytes=4-7"})
    assert part.status_code == 206 and part.content == b"ftyp"
    site.allow("Range Not Satisfiable", "416")
    assert site.get(f"/{data['url']}", headers={"Range": f"bytes={data['bytes']}-"}).status_code == 416
    listed = site.get("/clips/?limit=1").json()
    assert [(each["name"], each["bytes"], each["cut"]) for each in listed] == [(data["name"], data["bytes"], False)]
    assert not list((site.state / "cam/clips").glob(".*"))
    assert site.post(f"/{data['url']}", json={"keep": True}).json() == {"ok": True}
    assert [each["keep"] for each in site.get("/clips/?limit=1").json()] == [True]
    assert site.status()["pinned"] == {"count": 1, "bytes": data["bytes"]}
    assert site.post(f"/{data['url']}", json={"keep": False}).json() == {"ok": True}
    assert site.status()["pinned"] == {"count": 0, "bytes": 0}


def test_exported(site):
    with site.events() as events:
        events.wait("state")
        assert site.command({"cmd": "record", "seconds": 1})["ok"]
        data = clip(site, events, cause="manual")
    archive = zipfile.ZipFile(io.BytesIO(site.get("/export").content))
    assert archive.testzip() is None and b"# missing" not in archive.read("SHA256SUMS")
    assert {data["url"], data["poster"]} <= set(archive.namelist())
    assert archive.read(data["url"]) == site.get(f"/{data['url']}").content
    assert archive.read(data["poster"]) == site.get(f"/{data['poster']}").content
    early = zipfile.ZipFile(io.BytesIO(site.get(f"/export?to={int(data['ts'])}").content))
    assert data["url"] not in early.namelist() and site.get(f"/clips/?to={int(data['ts'])}&limit=1").json() in ([], site.get("/clips/").json()[1:2])


def test_stopped_and_deleted(site):
    with site.events() as events:
        events.wait("state")
        assert site.command({"cmd": "record", "seconds": 600})["ok"]
        oriel.wait_for(lambda: list((site.state / "cam/clips").glob(".*.journal")))
        assert site.command({"cmd": "record", "stop": True})["ok"]
        data = clip(site, events, cause="manual")
        assert data["cut"] is False
        assert site.request("DELETE", f"/{data['url']}").status_code == 200
        events.wait("deleted", when=lambda deleted: deleted == {"name": data["name"]})
    assert site.get(f"/{data['url']}").status_code == 404 and site.get(f"/{data['poster']}").status_code == 404
    assert site.request("DELETE", f"/{data['url']}").status_code == 404


@pytest.mark.parametrize("program", ["oriel-record", "orield"])
def test_killed_while_it_records(site, program):
    """What was written is a clip all the same, and says that it was cut."""
    site.outage()
    last = site.command({"cmd": "events", "limit": 1})["last"]
    assert site.command({"cmd": "record", "seconds": 600})["ok"]
    journal = oriel.wait_for(lambda: next((site.state / "cam/clips").glob(".*.journal"), None))
    oriel.wait_for(lambda: journal.stat().st_size > 100_000)
    site.restarts.add(program)
    site[program].kill(signal.SIGKILL)
    site[program].start()
    with site.events(last=last) as events:
        data = clip(site, events, cause="manual")
    assert data["cut"] is True and data["seconds"] > 0.5
    assert facts(site.get(f"/{data['url']}").content)["codec"] == b"avc1"
    oriel.wait_for(lambda: not list((site.state / "cam/clips").glob(".*")))


def test_the_cameras_own_frames(site):
    assert site.post("/config", json={"clip_codec": "mjpeg"}).status_code == 200
    with site.events() as events:
        events.wait("state")
        oriel.wait_for(lambda: site.command({"cmd": "record", "seconds": 1}).get("ok"))
        data = clip(site, events, cause="manual")
    assert site.post("/config", json={"clip_codec": "h264"}).status_code == 200
    answer = site.get(f"/{data['url']}")
    assert answer.headers["Content-Type"] == "video/x-matroska" and b"V_MJPEG" in answer.content
    assert site.get(f"/{data['poster']}").content in answer.content      # bit for bit


def test_without_a_recorder(make_site):
    alone = make_site(cameras={"cam": CAMERA})
    assert alone.command({"cmd": "record", "seconds": 1}) == {"ok": False, "reason": "the recorder is not running", "code": "no_recorder"}
    assert alone.command({"cmd": "record"}) == {"error": "missing seconds", "code": "missing_argument"}
    assert alone.command({"cmd": "record", "seconds": 601}) == {"error": "seconds out of range", "code": "bad_argument"}
    assert alone.get("/clips/").json() == []
    assert alone.get("/clips/none.mp4").status_code == 404


def test_motion(make_site):
    """From before it began until after it ended: one clip, one span."""
    card = ["--source=testcard", "--width=320", "--height=240", "--fps=20", "--testcard-period=4000", "--motion-gap=500", "--clip-before=1",
            "--clip-after=1"]
    site = make_site(cameras={"cam": card}, records=[])
    with site.events() as events:
        begun = events.wait("motion", 30)
        ended = events.wait("motion_end", 30, when=lambda end: end["motion"] == int(begun["id"]))["data"]
        data = clip(site, events, cause="motion", motion=int(begun["id"]))
    assert data["ts"] == begun["data"]["ts"] and data["before"] <= 1.2
    assert data["seconds"] >= data["before"] + ended["seconds"] + 0.9
    assert site.get(f"/{data['url']}").status_code == 200


def test_disk_full_while_it_records(make_site):
    """What was written before is a clip, once there is room."""
    site = make_site(cameras={"cam": CAMERA}, records=[], prepare=lambda site: site.preload("oriel-record", "full.so", ORIEL_FULL=site.folder / "full"))
    site.allow("was cut short: clip: No space left", "no movie: ")
    oriel.wait_for(lambda: site.command({"cmd": "record", "seconds": 600}).get("ok"))
    journal = oriel.wait_for(lambda: next((site.state / "cam/clips").glob(".*.journal"), None))
    oriel.wait_for(lambda: journal.stat().st_size > 60_000)
    (site.folder / "full").touch()
    oriel.wait_for(lambda: "no movie: " in site["oriel-record"].log.read_text())
    assert site.get("/snapshot.jpg").status_code == 200 and journal.exists()
    (site.folder / "full").unlink()
    with site.events() as events:
        events.wait("state")
        site.restart("oriel-record", signal.SIGTERM)
        data = clip(site, events, cause="manual")
    assert data["cut"] is True and data["seconds"] > 0.2


def test_two_cameras(make_site):
    """One recorder for both, at the same time."""
    other = [option for option in CAMERA if "width" not in option and "height" not in option] + ["--width=480", "--height=360"]
    site = make_site(cameras={"cam": CAMERA, "porch": other}, records=[])
    with site.events("/cam/cam/events") as here, site.events("/cam/porch/events") as there:
        for camera, events in ("cam", here), ("porch", there):
            events.wait("state")
            oriel.wait_for(lambda camera=camera: site.command({"cmd": "record", "seconds": 1}, camera).get("ok"))
        for camera, events, size in ("cam", here, (320, 240)), ("porch", there, (480, 360)):
            data = clip(site, events, cause="manual")
            assert facts(site.get(f"/cam/{camera}/{data['url']}").content)["size"] == size
