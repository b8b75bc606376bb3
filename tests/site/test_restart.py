# SPDX-License-Identifier: ISC
"""Each program is killed, and the rest goes on, says so, and heals."""
import time

import pytest

import oriel
import wire


@pytest.fixture
def own(make_site):
    site = make_site(cameras={"cam": ["--fps=10", "--testcard-period=1000", "--motion-gap=200"]})
    site.outage()
    site.restarts = {"orield", "oriel-fcgi", "oriel-ws", "nginx"}
    return site


def heals(site, patience=5):
    began = time.monotonic()
    oriel.wait_for(lambda: site.get("/snapshot.jpg").status_code == 200, patience=patience)
    return time.monotonic() - began


def test_orield_down(own):
    with own.control() as control, own.stream() as stream:
        stream.part()
        own["orield"].kill()
        oriel.wait_for(lambda: own.get("/status").status_code == 503, patience=3)
        for path in ("/status", "/config", "/snaps/", "/history"):
            answer = own.get(path)
            assert answer.status_code == 503 and answer.headers["Retry-After"]
            assert answer.json() == {"error": "camera daemon not running", "code": "no_daemon"}
        assert own.post("/config", json={"threshold": 1}).json() == {"error": "camera daemon not running", "code": "no_daemon"}
        assert control.ask({"cmd": "status"}) == {"ok": False, "reason": "camera daemon not running", "code": "no_daemon"}
        oriel.wait_for(lambda: own.get("/snapshot.jpg").status_code == 503, patience=3)
        assert own.get("/snapshot.jpg").json() == {"error": "camera daemon not running", "code": "no_daemon"}
        placard = stream.part()
        own["orield"].start()
        assert heals(own) < 5
        oriel.wait_for(lambda: control.ask({"cmd": "get"}).get("threshold") == 12, patience=5)
        oriel.wait_for(lambda: stream.part()["stamp"] > placard["whole"], pause=0)


def test_fcgi_down(own):
    own["oriel-fcgi"].kill()
    answer = own.get("/status")
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "1"
    assert answer.json() == {"error": "camera site worker not running", "code": "no_worker"}
    assert own.get("/").status_code == 200
    own["oriel-fcgi"].start()
    assert heals(own) < 3


def test_ws_down(own):
    with own.control() as control:
        own["oriel-ws"].kill()
        with pytest.raises((wire.Gone, ConnectionError)):
            control.frame()
    with own.control() as control:
        assert control.status == 503
    own["oriel-ws"].start()

    def back():
        with own.control() as control:
            return control.status == 101 and control.ask({"cmd": "get"})["threshold"] == 12
    oriel.wait_for(back, patience=5)


@pytest.mark.parametrize("victim", ["orield", "oriel-fcgi", "nginx", "all"])
def test_no_event_is_lost_or_seen_twice(own, victim):
    """SSE with Last-Event-ID across kill -9, three times, against what the log has in the end."""
    own.command({"cmd": "set", "cooldown": 100})
    seen = []
    names = list(own.daemons) if victim == "all" else [victim]
    last = None
    for _ in range(3):
        follow(own, last, seen, 2)
        last = seen[-1]["id"]
        for name in names:
            own[name].kill()
        for name in names:
            own[name].start()
        oriel.wait_for(lambda: up(own))
    follow(own, last, seen, 2)
    ids = [event["id"] for event in seen]
    assert ids == sorted(set(ids))
    log = own.command({"cmd": "events", "after": ids[0] - 1, "limit": 1000})["events"]
    logged = [event["id"] for event in log if ids[0] <= event["id"] <= ids[-1]]
    assert ids == logged


def up(site):
    try:
        return site.get("/snapshot.jpg").status_code == 200
    except oriel.requests.ConnectionError:
        return False


def follow(site, last, seen, motions):
    """Read events until `motions` motions were among them."""
    with site.events(last=last) as events:
        while motions:
            event = events.next()
            if "id" in event:
                seen.append({"id": int(event["id"]), "event": event["event"]})
                motions -= event["event"] == "motion"


def test_counters_survive(own):
    with own.events() as events:
        count = events.wait("motion")["data"]["count"]
    own.restart("orield")
    oriel.wait_for(lambda: up(own))
    assert own.get("/config").json()["trigger_count"] >= count


def test_a_reset_survives(own):
    with own.events() as events:
        events.wait("motion")
    assert own.post("/config", json={"motion": False}).status_code == 200
    assert own.command({"cmd": "reset"})["ok"] is True
    own.restart("orield")
    oriel.wait_for(lambda: up(own))
    assert own.get("/config").json()["trigger_count"] == 0


def test_what_was_saved_survives(own):
    name = own.command({"cmd": "snapshot_now"})["name"]
    own.restart("orield")
    oriel.wait_for(lambda: up(own))
    assert own.get(f"/snaps/{name}").status_code == 200


def test_half_written_pictures_are_put_right(own):
    name = own.command({"cmd": "snapshot_now"})["name"]
    snaps = own.state / "cam/snaps"
    own["orield"].kill()
    (snaps / name).unlink()
    (snaps / "manual-1700000000.jpg").write_bytes(b"no row knows me")
    before = set(snaps.iterdir())
    own["orield"].start()
    oriel.wait_for(lambda: up(own))
    listed = {snap["name"] for snap in own.command({"cmd": "snaps", "limit": 1000})["snaps"]}
    assert name not in listed
    assert listed == {path.name for path in snaps.iterdir()}, before


def test_stream_goes_on_after_nginx_reload(own):
    """A reload ends no running stream, not after a while either: nginx's old worker stays for its viewers."""
    import signal
    import time
    with own.stream() as stream:
        stream.part()
        own["nginx"].process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 12
        while time.monotonic() < until:
            stream.parts(10)
        assert own.get("/status").status_code == 200


def test_a_new_picture_size_after_a_restart(own):
    """A new ring, another generation: the same viewer goes on."""
    import jpeg
    with own.stream() as stream:
        assert jpeg.size(stream.part()["jpeg"]) == (320, 240)
        own["orield"].kill()
        own["orield"].argv += ["--width=640", "--height=480"]
        own["orield"].start()

        def larger():
            return jpeg.size(stream.part()["jpeg"]) == (640, 480) and own.get("/status").json()["width"] == 640
        oriel.wait_for(larger, pause=0)


def test_one_folder_for_both_is_refused(own):
    import subprocess
    both = subprocess.run([*own["orield"].argv, f"--state-dir={own.folder}"], env=own["orield"].env, timeout=oriel.PATIENCE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert both.returncode == 2 and "run_dir and state_dir are the same folder" in both.stdout


def test_a_second_orield_is_refused(own):
    """The same camera twice: the second says so and leaves the first alone."""
    import subprocess
    second = subprocess.run(own["orield"].argv, env=own["orield"].env, timeout=oriel.PATIENCE,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert second.returncode not in (0, -6, -11) and "in use" in second.stdout
    assert own.get("/snapshot.jpg").status_code == 200
