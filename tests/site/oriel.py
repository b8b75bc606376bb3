# SPDX-License-Identifier: ISC
"""The real programs behind a real nginx on loopback, in a folder of their own."""
import collections
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import time

import requests

import wire

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD_DIR", SOURCE / "build")).resolve()

SANITIZER = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")
COMPLAINT = re.compile(r"^\S+ \S+ \S+ (error|warning): |\[(warn|error|crit|alert|emerg)\]")

# The start of a program under sanitizers on a busy machine takes its time.
PATIENCE = 20


def wait_for(what, patience=PATIENCE, pause=0.02):
    """The first true answer of what(); AssertionError when there is none in time."""
    deadline = time.monotonic() + patience
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {patience} s in vain for {what}"
        time.sleep(pause)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def process_state(pid):
    """One letter, as proc(5) has it; None when there is no such process."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return stat.rpartition(")")[2].split()[0]


def is_gone(pid):
    """A process whose first thread has ended may have others, which hold what it had open."""
    try:
        return process_state(pid) in (None, "Z") and len(os.listdir(f"/proc/{pid}/task")) <= 1
    except FileNotFoundError:
        return True


def children(pid):
    try:
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def descriptors(pid):
    links = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):     # closed meanwhile
            links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    return sorted(links)


class Daemon:
    """One program, its log, and what was in the log before this test."""

    def __init__(self, name, argv, folder, env):
        self.name, self.argv, self.env = name, [str(a) for a in argv], env
        self.log = folder / f"{name}.log"
        self.log.touch()
        self.process = None
        self.baseline = None
        self.listener = None        # a listening socket handed over as systemd does (sd_listen_fds(3))

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        assert self.process is None or self.process.poll() is not None
        argv, handed = self.argv, {}
        if self.listener:
            argv = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh", *argv]
            handed = dict(pass_fds=[3], preexec_fn=lambda: os.dup2(self.listener.fileno(), 3))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(argv, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **handed)
        self.baseline = None

    def kill(self, number=signal.SIGKILL):
        """End it in a way of your choice, its workers as well; returns its exit status."""
        workers = self.workers() if number == signal.SIGKILL else []
        for pid in (self.pid, *workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        code = self.process.wait(PATIENCE)
        wait_for(lambda: all(is_gone(pid) for pid in workers))
        return code

    def stop(self):
        """End it politely: every program ends with 0 after SIGTERM."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        code = self.kill(signal.SIGTERM)
        assert code == 0, f"{self.name} ended with {code}:\n{self.log.read_text()[-3000:]}"

    def workers(self):
        """Processes that do the work: nginx and oriel-fcgi have some of their own."""
        return children(self.pid) or [self.pid]

    def pids(self):
        return {self.pid, *self.workers()}

    def descriptors(self):
        return [link for pid in self.workers() for link in descriptors(pid)]


def has_ipv6():
    """Not where the kernel was started without it, or its addresses were taken away (sysctl)."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


class Site:
    """orield for each camera, both workers, nginx."""

    def __init__(self, cameras=None, mount="", embed="same-origin", html=None, fcgi=(), ws=(), state=None, env=None,
                 programs=None, tls=False, login=False, hosts="", trusted="", addresses=("127.0.0.1",), most=4000, records=None):
        # A Unix socket's path has at most 107 bytes, so not pytest's tmp_path.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oriel-", dir="/tmp"))
        self.state = pathlib.Path(state) if state else self.folder / "state"
        self.state.mkdir(exist_ok=True)
        self.name, self.mount, self.port, self.tls = "127.0.0.1", mount, free_port(), None
        self.login = login
        self.auth = self.folder / "auth"        # oriel-fcgi's own state
        self.html = html or SOURCE / "html"
        self.embed = embed
        self.trusted, self.addresses, self.most = trusted, addresses, most      # of the site file
        self.allowed, self.seen = [], {}
        self.restarts = set()
        self.keep = False       # the folder, when a test has failed
        self.session = requests.Session()
        self.session.trust_env = False      # neither proxies nor certificates of this machine
        if tls:
            self.make_certificate()
        self.env = dict(os.environ, ORIEL_TEST=str(os.getpid()), LC_ALL="C.UTF-8",
                        ASAN_OPTIONS="detect_stack_use_after_return=1",
                        UBSAN_OPTIONS="print_stacktrace=1") | (env or {})
        self.daemons = {}
        cameras = cameras if cameras is not None else {"cam": []}
        self.cameras = list(cameras)
        for camera, options in cameras.items():
            self.add("orield" if camera == "cam" else f"orield-{camera}", [
                BUILD / "orield", f"--camera={camera}", f"--run-dir={self.folder}", f"--state-dir={self.state}",
                *(options if any("--source" in str(o) for o in options) else [*CARD, *options])])
        if login:
            self.auth.mkdir(mode=0o700)
            fcgi = [f"--state-dir={self.auth}", *fcgi]
        switch = f"--login={'yes' if login else 'no'}"
        if hosts:               # names of the site that are not this machine's own
            fcgi, ws = [f"--allow-hosts={hosts}", *fcgi], [f"--allow-hosts={hosts}", *ws]
        self.add("oriel-fcgi", [BUILD / "oriel-fcgi", f"--run-dir={self.folder}",
                                f"--listen={self.folder}/fcgi.sock", switch, *fcgi])
        self.add("oriel-ws", [BUILD / "oriel-ws", f"--run-dir={self.folder}", f"--listen={self.folder}/ws.sock", switch, *ws])
        if records is not None:     # its options
            self.add("oriel-record", [BUILD / "oriel-record", f"--run-dir={self.folder}", *records])
        self.render()
        self.add("nginx", ["nginx", "-e", "stderr", "-p", self.folder, "-c", self.folder / "nginx.conf"])
        if programs is not None:
            self.daemons = {name: self[name] for name in programs}

    def add(self, name, argv):
        self.daemons[name] = Daemon(name, argv, self.folder, self.env)

    def preload(self, name, library, **env):
        """Start this program with one of tests/preload, sanitizers or not."""
        assert (BUILD / "tests/preload" / library).exists(), f"make check builds tests/preload/{library}"
        options = self.env["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        self[name].env = dict(self.env, LD_PRELOAD=str(BUILD / "tests/preload" / library), ASAN_OPTIONS=options, **env)

    def __getitem__(self, name):
        return self.daemons[name]

    def make_certificate(self):
        self.plain_port = free_port()
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=camera.example", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        self.session.verify = str(certificate)
        self.tls = ssl.create_default_context(cafile=certificate)

    def render(self):
        """The very files that are installed."""
        user = "user root;" if os.geteuid() == 0 else ""
        site = "oriel-tls.conf" if self.tls else "oriel.conf"
        ask = f"auth_request {self.mount}/-/auth;" if self.login else ""
        values = dict(login=ask, html=self.html, state=self.state, mount=self.mount, embed=self.embed, nginx=self.folder,
                      run=self.folder, fcgi_socket=self.folder / "fcgi.sock", ws_socket=self.folder / "ws.sock",
                      listen=" ".join(f"{a}:{self.plain_port if self.tls else self.port}" for a in self.addresses),
                      listen_tls=" ".join(f"{a}:{self.port}" for a in self.addresses), server_name="_", user=user,
                      trusted_proxies=self.trusted, requests=self.most, certificate=self.folder / "certificate.pem",
                      certificate_key=self.folder / "key.pem", site=self.folder / site, workers=1, error_log="stderr",
                      access_log=self.folder / "access.log")
        for name in ("oriel-http.conf", site, "nginx.conf"):
            text = subprocess.run([SOURCE / "nginx/render", SOURCE / f"nginx/{name}.in",
                                   *(f"{k}={v}" for k, v in values.items())], check=True, stdout=subprocess.PIPE).stdout
            (self.folder / name).write_bytes(text)
        (self.folder / "oriel-locations.conf").write_bytes((SOURCE / "nginx/oriel-locations.conf").read_bytes())

    # ---- life -------------------------------------------------------------

    def start(self, ready=True):
        for daemon in self.daemons.values():
            daemon.start()
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        """Wait for a picture of each camera, by its name and without; with log-in we may not see it."""
        self.wait_sockets()
        if self.login:
            return self.wait_up()
        paths = ["/snapshot.jpg"] * (len(self.cameras) == 1) + [f"/cam/{name}/snapshot.jpg" for name in self.cameras]
        return wait_for(lambda: all(self.answers(path) for path in paths))

    def bound_unsent(self):
        """What the drop-in for nginx.service does once nginx runs."""
        wait_for(lambda: subprocess.run([BUILD / "orielctl", "notsent-lowat", str(self["nginx"].pid)],
                                        stderr=subprocess.DEVNULL).returncode == 0)
        return self

    def wait_up(self):
        """Until everybody listens."""
        self.wait_sockets()
        wait_for(lambda: self.answers("/healthz"))

    def wait_sockets(self):
        """nginx is asked only when its workers are there: otherwise it complains, and rightly."""
        names = [f"{name}/control.sock" for name in self.cameras]
        names += [name for name, daemon in (("fcgi.sock", "oriel-fcgi"), ("ws.sock", "oriel-ws")) if daemon in self.daemons]
        wait_for(lambda: self.alive() and all((self.folder / name).exists() for name in names))

    def alive(self):
        for daemon in self.daemons.values():
            assert daemon.process.poll() is None, f"{daemon.name} ended:\n{daemon.log.read_text()[-3000:]}"
        return True

    def answers(self, path):
        self.alive()
        try:
            return self.get(path).status_code == 200
        except requests.exceptions.SSLError:
            raise
        except requests.ConnectionError:
            return False

    def stop(self):
        self.session.close()
        for daemon in reversed(list(self.daemons.values())):
            daemon.stop()

    def restart(self, name, number=signal.SIGKILL):
        """Meanwhile nginx and the others may log that."""
        self.outage()
        self[name].kill(number)
        self[name].start()

    def outage(self):
        """In this test the programs miss each other; they may log that."""
        self.allow(r"connect\(\) (to .* )?failed", r"Connection (reset|refused)", r"upstream prematurely closed",
                   r"recv\(\) failed", r"send\(\) failed", r"writev\(\) failed", r"not running", r"connection lost",
                   r"control socket", r"control\.sock: ", r"has closed the connection")

    # ---- what must hold after every test ------------------------------------

    def allow(self, *patterns):
        """Until the end of this test, a log may say this."""
        self.allowed += [re.compile(p) for p in patterns]

    def begin(self):
        self.allowed = []
        self.seen = {d.name: d.log.stat().st_size for d in self.daemons.values()}
        self.session.close()        # our own kept connections are no leak
        for daemon in self.daemons.values():
            if daemon.process and daemon.process.poll() is None and daemon.baseline is None:
                daemon.baseline = daemon.descriptors()
        self.pids = {d.name: d.pids() for d in self.daemons.values() if d.process}

    def new_lines(self, name):
        with self[name].log.open(errors="replace") as log:
            log.seek(self.seen.get(name, 0))
            return log.read().splitlines()

    def complaints(self):
        for name in self.daemons:
            for line in self.new_lines(name):
                if SANITIZER.search(line):
                    yield f"{name}: {line}"
                elif COMPLAINT.search(line) and not any(p.search(line) for p in self.allowed):
                    yield f"{name}: {line}"

    def leaks(self):
        for daemon in self.daemons.values():
            if daemon.baseline is None or daemon.process.poll() is not None:
                continue
            now = daemon.descriptors()
            if len(now) > len(daemon.baseline):
                more = collections.Counter(now) - collections.Counter(daemon.baseline)
                yield f"{daemon.name}: {len(daemon.baseline)} descriptors before, {len(now)} now: {dict(more)} of {now}"

    # ---- talking to it --------------------------------------------------------

    @property
    def origin(self):
        """As it is called by who visits it: a browser of tests/browser knows it by a name."""
        return f"{'https' if self.tls else 'http'}://{self.name}:{self.port}"

    def url(self, path):
        return f"{self.origin}{self.mount}{path}"

    def request(self, method, path, **kw):
        kw.setdefault("timeout", PATIENCE)
        kw.setdefault("allow_redirects", False)
        return self.session.request(method, self.url(path).replace(self.name, "127.0.0.1", 1), **kw)

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def post(self, path, **kw):
        return self.request("POST", path, **kw)

    def status(self, camera="cam"):
        return self.command({"cmd": "status"}, camera)

    def command(self, command, camera="cam"):
        """One line to the control socket, one back."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE)
            control.connect(str(self.folder / camera / "control.sock"))
            control.sendall(json.dumps(command).encode() + b"\n")
            return json.loads(control.makefile("rb").readline())

    def stream(self, path="/stream.jpg", **kw):
        return wire.Stream(self.port, self.mount + path, tls=self.tls, **kw)

    def events(self, path="/events", **kw):
        return wire.Events(self.port, self.mount + path, tls=self.tls, **kw)

    def control(self, path="/control", **kw):
        return wire.WebSocket(self.port, self.mount + path, tls=self.tls, **kw)


# A small, quick test card: tests need pictures and motion, not a view.
CARD = ["--source=testcard", "--width=320", "--height=240", "--fps=20", "--testcard-period=2000", "--cooldown=500", "--motion-gap=400"]
