# SPDX-License-Identifier: ISC
"""A machine on which systemd runs, in namespaces of its own inside the guest, and Oriel is installed as docs/install.md says."""
import os
import pathlib
import re
import shutil
import subprocess

import requests

from world import BUILD, wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[2]
INSTALLED = BUILD / "guest/root"
DEBIANS = pathlib.Path("/lib/systemd/system")
OURS = pathlib.Path("/run/units")       # only those of Debian's units that Oriel's need, so that it boots in seconds
NEEDED = ["basic.target", "local-fs.target", "multi-user.target", "network-online.target", "network.target", "nginx.service",
          "paths.target", "shutdown.target", "slices.target", "sockets.target", "swap.target", "sysinit.target",
          "systemd-journald-dev-log.socket", "systemd-journald.service", "systemd-journald.socket", "systemd-tmpfiles-setup.service",
          "timers.target", "umount.target"]
FIRST_PROCESS = """
mount -t proc proc /proc
mount -t cgroup2 cgroup /sys/fs/cgroup
exec /lib/systemd/systemd --unit=multi-user.target --log-target=journal
"""
# The folders that a reboot empties, as far as they matter here.
VOLATILE = ["/run/oriel", "/run/oriel-fcgi", "/run/oriel-ws", "/run/systemd"]


def folder_of(name):
    """Where `make install` has put it."""
    return "/" + str(next(INSTALLED.rglob(name)).parent.relative_to(INSTALLED))


def shown(page, begin, end):
    """The indented lines of a page of docs/ between two texts."""
    text = (SOURCE / "docs" / page).read_text()
    return re.findall(r"^    (.*)$", text[text.index(begin):text.index(end)], re.M)


def installation():
    """The shell's lines of docs/install.md from the first user to the doctor, with the folders of this build."""
    unit = next(INSTALLED.rglob("orield@.service")).read_text()
    configuration = re.search(r"--config=(\S+)/%i\.conf", unit)[1]
    for line in shown("install.md", "Then, once:", "## Which site file"):
        line = line.replace("sudo ", "").replace("/etc/oriel", configuration)
        yield line.replace("/usr/share/oriel/nginx", folder_of("oriel.conf"))


class Machine:
    """start() boots it; every command runs where systemd is the first process."""

    def __init__(self):
        shutil.copytree(INSTALLED, "/", symlinks=True, dirs_exist_ok=True)
        shutil.rmtree("/etc/systemd/system")
        for folder in ("sysusers.d", "tmpfiles.d"):     # Debian's own would take half a minute
            shutil.rmtree(f"/usr/lib/{folder}")
        wanted = OURS / "sysinit.target.wants"
        wanted.mkdir(parents=True)
        for name in NEEDED:
            shutil.copy(DEBIANS / name, OURS)
            if name.startswith("systemd-"):
                (wanted / name).symlink_to(OURS / name)
        programs = (folder_of("orielctl"), folder_of("orield"), "/usr/sbin", "/usr/bin")
        self.environment = dict(os.environ, container="guest", PATH=":".join(programs), SYSTEMD_PAGER="",
                                SYSTEMD_UNIT_PATH=f"/etc/systemd/system:{OURS}:{folder_of('orield@.service')}")
        self.token = None

    def start(self):
        with open("/run/systemd.log", "wb") as log:
            self.process = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "--mount", "--cgroup", "sh", "-c", FIRST_PROCESS],
                                            env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.first, = wait_for(lambda: children.read_text().split())
        wait_for(lambda: self.do("systemctl", "is-system-running", check=False) == "running\n", 60, pause=0.5)

    def stop(self):
        """Not politely: the processes in there end with their first."""
        self.process.kill()
        self.process.wait()

    def reboot(self):
        self.stop()
        for folder in VOLATILE:
            shutil.rmtree(folder, ignore_errors=True)
        self.start()

    def do(self, *command, check=True, given=""):
        """What it says, errors included."""
        done = subprocess.run(["nsenter", "-t", self.first, "--pid", "--mount", "--cgroup", "--root", *command], env=self.environment,
                              input=given, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def show(self, unit, *properties):
        lines = self.do("systemctl", "show", unit, *(f"--property={name}" for name in properties)).splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return [values[name] for name in properties]

    def journal(self, *units):
        return self.do("journalctl", "--no-pager", "--output=short-monotonic", *(f"--unit={unit}" for unit in units), check=False)

    def pid(self, unit):
        """Its main process, by the number that it has out here (proc(5): NSpid)."""
        inside, = self.show(unit, "MainPID")
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                numbers = re.search(r"^NSpid:\s+(.*)$", (folder / "status").read_text(), re.M)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if numbers[1:2] == [inside]:
                return int(folder.name)
        raise AssertionError(f"{unit} has no process")

    # ---- the site, for who has a token --------------------------------------------

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path):
        return requests.get(f"http://127.0.0.1{path}", headers=self.headers, timeout=20)

    def is_online(self):
        answer = self.get("/status")
        return answer.status_code == 200 and answer.json()["online"]
