# SPDX-License-Identifier: ISC
"""What the measurements need: processes, their CPU time, the load program, nginx in front of another server."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/site"))
import oriel  # noqa: E402

BUILD = oriel.BUILD
NS = 1e9


def family(pid):
    """A process and all below it."""
    yield pid
    for child in oriel.children(pid):
        yield from family(child)


def cpu_seconds(pids):
    """User and system time of these processes: the first figure of proc(5)'s schedstat is exact to the nanosecond.
    The synthetic camera's thread, which stands for a driver, is not theirs."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if (task / "comm").read_text() != "camera\n":
                    total += int((task / "schedstat").read_text().split()[0])
    return total / NS


def switches(pids):
    """Voluntary context switches: how often these processes went to sleep, and so were woken."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for line in (task / "status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches"):
                    total += int(line.split()[1])
    return total


def memory_kb(pid):
    """Proportional set size: shared pages counted once over all their users."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise AssertionError("no Pss")


class Load:
    """One run of tests/bench/load, and what others spent meanwhile."""

    def __init__(self, mode, port, path, clients, seconds, watch, warm=0.7, rate=0, slow=0, header="", line=None):
        """With a line: from its far end."""
        argv = [BUILD / "tests/bench/load", mode, line.near if line else "127.0.0.1", port, path, clients, seconds, warm, rate, slow, header]
        argv = line.inside(argv) if line else argv
        self.watch = watch
        with subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, text=True) as load:
            assert load.stdout.readline() == "measuring\n", f"load failed: {argv}"
            before = {name: cpu_seconds(pids) for name, pids in watch.items()}
            started = time.monotonic()
            answer = load.stdout.readline()
            self.wall = time.monotonic() - started
            self.cpu = {name: cpu_seconds(pids) - before[name] for name, pids in watch.items()}
            self.memory = {name: sum(memory_kb(pid) for pid in pids) for name, pids in watch.items()}
        self.result = json.loads(answer)

    def __getitem__(self, key):
        return self.result[key]

    def cpu_each(self, *names):
        """Microseconds of CPU of these (all, when none is named) per answer, part or event."""
        total = sum(self.cpu[name] for name in names or self.cpu)
        return total * 1e6 / max(1, self.result["count"])

    def share(self, name):
        """Percent of one core."""
        return 100 * self.cpu[name] / self.wall


class Process:
    """A program of the bench, ended when the block is left."""

    def __init__(self, argv, env=None, log=None):
        self.argv, self.env, self.log = [str(a) for a in argv], dict(os.environ, **(env or {})), log

    def __enter__(self):
        out = open(self.log, "ab") if self.log else subprocess.DEVNULL
        self.process = subprocess.Popen(self.argv, env=self.env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def pids(self):
        return list(family(self.process.pid))


FRONT = """
daemon off; worker_processes 2; pid {run}/nginx.pid; error_log {run}/error.log warn; {user}
worker_rlimit_nofile 20000;
events {{ worker_connections 9900; }}
http {{
  access_log off; sendfile on; tcp_nopush off; tcp_nodelay on; keepalive_requests 100000000; etag on;
  types {{ image/jpeg jpg; }}
  client_body_temp_path {run}/t1; proxy_temp_path {run}/t2; fastcgi_temp_path {run}/t3;
  uwsgi_temp_path {run}/t4; scgi_temp_path {run}/t5;
  server {{
    listen 127.0.0.1:{port} backlog=4096 sndbuf=256k;
    location /static/ {{ alias {files}/; }}
    location / {{
      proxy_pass {upstream}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_buffer_size {buffer}; proxy_buffers 2 {buffer}; proxy_busy_buffers_size {buffer};
      proxy_read_timeout 30s;
    }}
  }}
}}
"""


class Front(Process):
    """nginx before a server that speaks HTTP, or with plain files, both as such servers recommend it."""

    def __init__(self, upstream="http://127.0.0.1:9", files="/dev/null", buffer="128k"):
        self.run = pathlib.Path(tempfile.mkdtemp(prefix="oriel-bench-", dir="/tmp"))
        self.port = oriel.free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        (self.run / "nginx.conf").write_text(FRONT.format(run=self.run, port=self.port, upstream=upstream,
                                                          files=files, buffer=buffer, user=user))
        super().__init__(["nginx", "-e", self.run / "error.log", "-p", self.run, "-c", self.run / "nginx.conf"])

    def __enter__(self):
        super().__enter__()
        oriel.wait_for((self.run / "nginx.pid").exists)
        return self


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def percentile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))]


def interleave(measures, rounds=3):
    """A B A B …: {name: [its result of each round]}."""
    results = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            results[name].append(measure())
    return results
