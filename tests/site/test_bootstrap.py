# SPDX-License-Identifier: ISC
"""./bootstrap run as a person uses it. Here everything is installed and built already
(./bootstrap check sees to that), so each start is a second one."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest
import requests

import oriel
from conftest import needs_ipv6

BOOTSTRAP = oriel.SOURCE / "bootstrap"


def shared_memory():
    return {name for name in os.listdir("/dev/shm") if "oriel" in name}


def descendants(pid):
    found = []
    for child in oriel.children(pid):
        found += [child, *descendants(child)]
    return found


def command(pid):
    """Words of its command line."""
    return pathlib.Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").split()


def heed_ctrl_c():
    """Tests in the background of a shell have it ignored, and a shell cannot trap what was ignored before it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    folder = None

    def __init__(self, folder, *arguments, port=None, within=(), **env):
        self.port = port or oriel.free_port()
        self.state = folder / "state"
        self.log = folder / f"log-{self.port}-{time.monotonic_ns()}"
        env = dict(os.environ, ORIEL_PORT=str(self.port), ORIEL_STATE_DIR=str(self.state), **env)
        self.began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([*within, BOOTSTRAP, "run", *arguments], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=env, start_new_session=True, preexec_fn=heed_ctrl_c)

    def text(self):
        return self.log.read_text(errors="replace")

    def ready(self, patience=120):
        url = f"http://127.0.0.1:{self.port}/"

        def printed():
            assert self.process.poll() is None, self.text()
            return f"\n{url}\n" in "\n" + self.text()
        oriel.wait_for(printed, patience)
        self.took = time.monotonic() - self.began
        nginx = next(p for p in descendants(self.process.pid) if command(p)[:2] == ["nginx:", "master"])
        self.folder = pathlib.Path(command(nginx)[command(nginx).index("-p") + 1])
        assert (self.folder / "ready").exists()
        return url

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def folder():
    """Reachable for the unprivileged user that the daemons become."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="oriel-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(folder):
    runs = []
    before = shared_memory()

    def start(*arguments, **kw):
        runs.append(Run(folder, *arguments, **kw))
        return runs[-1]
    # The very first start may have to build; no test is about that.
    subprocess.run([BOOTSTRAP, "build"], check=True, stdout=subprocess.DEVNULL)
    yield start
    for run in runs:
        if run.process.poll() is None:
            run.end()
        assert "Sanitizer" not in run.text()
        assert run.folder is None or not run.folder.exists()
    assert shared_memory() <= before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_start_and_end(start, number):
    run = start("--source", "testcard", "--width", "320", "--height", "240")
    url = run.ready()
    assert requests.get(url + "snapshot.jpg", timeout=5).status_code == 200
    assert 'id="stream"' in requests.get(url, timeout=5).text
    assert requests.get(url + "status", timeout=5).json()["width"] == 320
    assert "log-in is off" in run.text()
    processes = descendants(run.process.pid)
    assert len(processes) >= 9      # four keepers, three daemons, nginx and its workers
    assert run.end(number) == 0
    assert [pid for pid in processes if oriel.process_state(pid) not in (None, "Z")] == []


def test_quick(start):
    """Nothing to build: a frame is served within 2 s."""
    took = []
    for _ in range(3):
        run = start("--source", "testcard")
        run.ready()
        took.append(run.took)
        assert run.end() == 0
    assert min(took) < 2, took


def test_ctrl_c_at_a_terminal(start):
    """The whole foreground group gets it, as from a terminal."""
    run = start("--source", "testcard")
    run.ready()
    processes = descendants(run.process.pid)
    os.killpg(run.process.pid, signal.SIGINT)
    assert run.process.wait(30) == 0
    assert [pid for pid in processes if oriel.process_state(pid) not in (None, "Z")] == []
    assert "ended" not in run.text() and "cannot start" not in run.text()


def test_port_taken(start, folder):
    first = start("--source", "testcard")
    first.ready()
    second = start("--source", "testcard", port=first.port)
    assert second.process.wait(60) not in (0, -15)
    assert f"port {first.port}" in second.text() and "taken" in second.text()
    assert requests.get(f"http://127.0.0.1:{first.port}/snapshot.jpg", timeout=5).status_code == 200


def test_state_folder_taken(start):
    first = start("--source", "testcard")
    first.ready()
    second = start("--source", "testcard")
    assert second.process.wait(60) == 1
    assert "in use" in second.text()


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "80 80"])
def test_bad_port(start, port):
    run = start(port=port)
    assert run.process.wait(60) == 1 and "ORIEL_PORT" in run.text()


def test_bad_option_for_orield(start):
    run = start("--nonsense")
    assert run.process.wait(60) == 1
    assert "unknown option --nonsense" in run.text()


def test_camera_that_is_not_there(start):
    """The site is up and says why there is no picture."""
    run = start("--device", "/dev/video-none")
    url = run.ready()
    assert "no picture yet" in run.text()
    answer = requests.get(url + "snapshot.jpg", timeout=5)
    assert answer.status_code == 503 and "/dev/video-none" in answer.json()["error"]


def test_daemon_that_dies_is_started_again(start):
    run = start("--source", "testcard")
    url = run.ready()
    for name in ("orield", "oriel-fcgi", "oriel-ws"):
        pid = next(p for p in descendants(run.process.pid)
                   if pathlib.Path(f"/proc/{p}/comm").read_text().strip() == name)
        os.kill(pid, signal.SIGKILL)
        oriel.wait_for(lambda: re.search(rf"{name} ended \(exit status 137\)", run.text()))
        oriel.wait_for(lambda: requests.get(url + "snapshot.jpg", timeout=5).status_code == 200)


def test_nginx_holds_little_unsent(start):
    """Also the one that is started again."""
    run = start()
    run.ready()

    def bounded():
        told = subprocess.run([oriel.SOURCE / "build/orielctl", f"--run-dir={run.folder}/run", "doctor", f"--nginx={run.folder}/nginx.conf"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        return re.search(r"^ok +far viewers +nginx's \d+ listening sockets have", told, re.M)
    oriel.wait_for(bounded)
    first = int((run.folder / "nginx.pid").read_text())
    os.kill(first, signal.SIGKILL)
    oriel.wait_for(lambda: int((run.folder / "nginx.pid").read_text()) != first, 30)
    oriel.wait_for(bounded)


def test_killed_outright(start):
    """Even kill -9 of bootstrap leaves no process behind; only its folder."""
    run = start("--source", "testcard")
    run.ready()
    processes = descendants(run.process.pid)
    run.process.kill()
    run.process.wait()
    oriel.wait_for(lambda: [pid for pid in processes if oriel.process_state(pid) not in (None, "Z")] == [])
    shutil.rmtree(run.folder)


def test_daemons_may_do_little(start):
    """Started by root they do not run as root; none has a capability."""
    run = start("--source", "testcard")
    run.ready()
    for pid in descendants(run.process.pid):
        name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        if name in ("orield", "oriel-fcgi", "oriel-ws"):
            assert not re.search(r"^Uid:\s+0\b", status, re.M)
            assert re.search(r"^CapEff:\s+0+$", status, re.M)
            assert os.geteuid() != 0 or re.search(r"^NoNewPrivs:\s+1$", status, re.M)


@pytest.mark.parametrize("address, url", [("127.0.0.2", "http://127.0.0.2"), pytest.param("::1", "http://[::1]", marks=needs_ipv6)])
def test_another_address(start, address, url):
    """Only there."""
    run = start("--source", "testcard", ORIEL_LISTEN=address)
    oriel.wait_for(lambda: f"{url}:{run.port}/" in run.text())
    assert requests.get(f"{url}:{run.port}/snapshot.jpg", timeout=5).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{run.port}/", timeout=5)
    assert run.end() == 0


WITHOUT_IPV6 = ["unshare", "--net", "sh", "-c", "ip link set lo up && sysctl -qw net.ipv6.conf.all.disable_ipv6=1 && exec \"$0\" \"$@\""]


def test_a_machine_without_ipv6(start):
    assert os.geteuid() == 0, "a machine without IPv6 needs root: it is a network namespace"
    run = start("--source", "testcard", within=WITHOUT_IPV6, ORIEL_LISTEN="127.0.0.1, ::1")
    url = run.ready()
    assert "there is no IPv6 here: [::1] is left out" in run.text()
    got = subprocess.run(["nsenter", f"--net=/proc/{run.process.pid}/ns/net", "curl", "-s", "--noproxy", "*", "-o", "/dev/null",
                          "-w", "%{http_code}", f"{url}snapshot.jpg"], stdout=subprocess.PIPE, text=True)
    assert got.stdout == "200"
    assert run.end() == 0


@needs_ipv6
def test_several_addresses(start):
    run = start("--source", "testcard", ORIEL_LISTEN="127.0.0.1, ::1")
    run.ready()
    for address in "127.0.0.1", "[::1]":
        assert f"\nhttp://{address}:{run.port}/\n" in run.text()
        assert requests.get(f"http://{address}:{run.port}/snapshot.jpg", timeout=5).status_code == 200
    assert "log-in is off" in run.text()
    assert run.end() == 0


def test_options_of_everybody(start):
    """Options of the camera, of both workers, of one of them, of the site: each goes to the programs that have it."""
    run = start("--source", "testcard", "--width=320", "--height", "240", "--basic", "--allow-origins", "https://dash.example https://b.example",
                "--embed=anyone", "--trusted-proxies=127.0.0.1", "--no-allow-no-origin", "--max-streams=0", "--mount", "/front-door",
                "--log-level=debug", "--login", "--allow-hosts=cam.example")
    oriel.wait_for(lambda: f"http://127.0.0.1:{run.port}/front-door/\n" in run.text(), 120)
    url = f"http://127.0.0.1:{run.port}/front-door"
    folder = pathlib.Path(next(command(p)[command(p).index("-p") + 1] for p in descendants(run.process.pid)
                               if command(p)[:2] == ["nginx:", "master"]))
    fcgi, ws = (folder / f"{name}.conf" for name in ("oriel-fcgi", "oriel-ws"))
    assert set(fcgi.read_text().splitlines()) == {"basic = yes", "allow_origins = https://dash.example https://b.example", "max_streams = 0",
                                                  "log_level = debug", "login = yes", "allow_hosts = cam.example"}
    assert set(ws.read_text().splitlines()) == {"allow_no_origin = no", "allow_origins = https://dash.example https://b.example",
                                                "log_level = debug", "login = yes", "allow_hosts = cam.example"}
    answer = requests.get(f"{url}/status", timeout=5, headers={"Origin": "https://b.example"})
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://b.example"
    answer = requests.get(f"{url}/", timeout=5, headers={"Accept": "text/html", "X-Forwarded-Prefix": "/far"}, allow_redirects=False)
    assert answer.headers["Location"].startswith("/far/front-door/login?next=/far/front-door/")
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors *")
    assert run.end() == 0


def test_help_knows_all_options(start):
    told = subprocess.run([BOOTSTRAP, "run", "--help"], check=True, stdout=subprocess.PIPE, text=True, timeout=300).stdout
    for option in "--threshold=", "--[no-]basic", "--allow-origins=", "--allow-hosts=", "--max-clients=", "--embed=", "--trusted-proxies=", "--mount=":
        assert f"\n  {option}" in told, option


@pytest.mark.parametrize("option, words", [("--embed=all", "--embed must be one of"), ("--login=perhaps", "--login must be"), ("--run-dir=/x", "ORIEL_STATE_DIR"),
                                           ("--mount=x", "--mount must be a path"), ("--allow-hosts", "needs a value")])
def test_options_that_cannot_be(start, option, words):
    run = start(option)
    assert run.process.wait(60) == 1 and words in run.text()


def test_log_in(start):
    """On request, or as soon as others can reach it: the set-up token is shown, and nothing else is open."""
    run = start("--source", "testcard", ORIEL_LOGIN="on")
    url = run.ready()
    token = re.search(r"set-up token: (\S+)", run.text()).group(1)
    assert requests.get(url + "snapshot.jpg", timeout=5).status_code == 401
    fields = {"token": token, "user": "anna", "pass": "correct horse", "again": "correct horse"}
    session = requests.Session()
    session.trust_env = False
    answer = session.post(url + "login", data=fields, timeout=10)
    assert answer.status_code == 200 and 'id="stream"' in answer.text
    oriel.wait_for(lambda: session.get(url + "snapshot.jpg", timeout=5).status_code == 200)
    assert run.end() == 0
    again = start("--source", "testcard", ORIEL_LOGIN="on")
    again.ready()
    assert "set-up token" not in again.text() and "log-in is on" in again.text()
    assert again.end() == 0


@pytest.mark.parametrize("listen, login", [("0.0.0.0", "on"), ("127.0.0.2", "off")])
def test_who_has_to_log_in(start, listen, login):
    run = start("--source", "testcard", ORIEL_LISTEN=listen)
    run.ready() if listen == "0.0.0.0" else oriel.wait_for(lambda: f"http://{listen}:" in run.text(), 60)
    host = "127.0.0.1" if listen == "0.0.0.0" else listen
    assert requests.get(f"http://{host}:{run.port}/status", timeout=5).status_code == (401 if login == "on" else 200)
    assert ("set-up token" in run.text()) == (login == "on")
    assert run.end() == 0


def test_login_is_on_or_off(start):
    run = start("--source", "testcard", ORIEL_LOGIN="yes")
    assert run.process.wait(30) == 1 and "ORIEL_LOGIN must be on or off" in run.text()


# ---- missing packages, with programs that pretend --------------------------------

# Says that everything is installed but what the file `missing` names.
DPKG_QUERY = """#!/bin/sh
for word; do
	case $word in -*|*{*) ;; *) grep -qxF "$word" {folder}/missing || echo "$word installed" ;; esac
done
"""
APT_GET = """#!/bin/sh
policy=no
[ -x /usr/sbin/policy-rc.d ] && policy=$(/usr/sbin/policy-rc.d >/dev/null 2>&1; echo $?)
echo "$DEBIAN_FRONTEND $policy $*" >>{folder}/asked
"""
SETPRIV = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []


@pytest.fixture
def pretend(folder):
    for name, text in (("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET), ("make", "#!/bin/sh\nexit 7\n"),
                       ("sudo", "#!/bin/sh\nexit 1\n")):
        path = folder / name
        path.write_text(text.replace("{folder}", str(folder)))
        path.chmod(0o755)
    (folder / "missing").write_text("nginx\nlibfcgi-dev\n")
    (folder / "asked").touch()
    return lambda *prefix, script=BOOTSTRAP: subprocess.run(
        [*prefix, script, "run"], env=dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def test_packages_are_missing_and_sudo_would_ask(pretend, folder):
    shutil.copy(BOOTSTRAP, folder)      # nobody may not be able to read ours
    done = pretend(*SETPRIV, script=folder / "bootstrap")
    assert done.returncode == 1
    assert "apt-get install --no-install-recommends libfcgi-dev nginx" in done.stdout
    assert (folder / "asked").read_text() == ""


if os.geteuid() == 0:       # only root installs
    def test_packages_are_missing(pretend, folder):
        """Lists first, no questions, no service started; a policy that was there stays as it was."""
        policy = pathlib.Path("/usr/sbin/policy-rc.d")
        before = policy.read_bytes() if policy.exists() else None
        done = pretend()
        assert done.returncode == 7, done.stdout      # the make that pretends
        update, install = (folder / "asked").read_text().splitlines()
        assert update.split()[:1] == ["noninteractive"] and update.split()[-1] == "update"
        assert install.endswith("install --no-install-recommends libfcgi-dev nginx") and " -y " in install
        if before is None:
            assert install.split()[1] == "101" and not policy.exists()
        else:
            assert policy.read_bytes() == before
