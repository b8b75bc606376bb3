# SPDX-License-Identifier: ISC
"""The sides that are compared: Oriel, the floor server, plain files, and peers where they are installed."""
import contextlib
import pathlib
import resource
import shutil
import subprocess
import tempfile

from rig import BUILD, Front, Process, family, oriel

FOLDER = pathlib.Path("/dev/shm")       # tmpfs, for frames and files: no disk in any figure
FILES = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 40000)
resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))     # for what we start


class Camera:
    """The synthetic V4L2 camera: pictures of an exact size, or raw ones, at an exact rate."""

    def __init__(self, width=1280, height=720, fps=30, size=100000, raw=None, still=False):
        self.width, self.height, self.fps, self.size, self.raw = width, height, fps, size, raw
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oriel-bench-", dir=FOLDER))
        self.frames = self.folder / "frames.mjpeg"
        mode = f"{raw or 'mjpeg'}:{width}x{height}@{fps}"
        if not raw:
            subprocess.run([BUILD / "tests/bench/bare", "make", str(width), str(height), str(size), self.frames],
                           check=True)
        if still:               # one picture over and over: no motion
            self.frames.write_bytes(self.one())
        (self.folder / "video0").write_text(f"modes={mode}" + ("" if raw else f" frames={self.frames}"))
        self.env = {"LD_PRELOAD": str(BUILD / "tests/preload/camera.so"), "ORIEL_FAKE_DEV": str(self.folder)}

    def one(self):
        pictures = self.frames.read_bytes()
        return pictures[:pictures.index(b"\xff\xd9\xff\xd8") + 2]

    def still(self):
        """One picture as a file."""
        path = self.folder / "still.jpg"
        path.write_bytes(self.one())
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


class Site(oriel.Site):
    """Oriel with a synthetic camera, and nginx with room for thousands of clients."""

    def __init__(self, camera, *options, fcgi=(), state=None, login=False, addresses=("127.0.0.1",), sndbuf=None):
        """sndbuf: as the site was before it bounded what is unsent."""
        self.sndbuf = sndbuf
        super().__init__(addresses=addresses, cameras={"cam": ["--source=v4l2", "--device=/dev/video0", "--motion=no", *options]},
                         state=state or tempfile.mkdtemp(prefix="oriel-bench-", dir=FOLDER),
                         fcgi=["--max-streams=1000", "--max-share=100", *fcgi], login=login)
        self["orield"].env = dict(self.env, **camera.env)
        self.path = "/stream.jpg"
        self.name = "Oriel"

    def render(self):
        super().render()
        conf = self.folder / "nginx.conf"
        text = conf.read_text().replace("worker_processes 1;", "worker_processes 2;")
        text = text.replace("worker_rlimit_nofile 16384;", f"worker_rlimit_nofile {FILES};")
        text = text.replace("worker_connections 8192;", f"worker_connections {FILES - 100};")
        conf.write_text(text.replace(f"access_log {self.folder}/access.log;", "access_log off;"))
        if self.sndbuf:
            conf = self.folder / "oriel.conf"
            conf.write_text(conf.read_text().replace(" backlog=4096", f" backlog=4096 sndbuf={self.sndbuf}"))

    def __enter__(self):
        try:
            self.start()
            return self if self.sndbuf else self.bound_unsent()
        except BaseException as failure:
            self.__exit__(failure)
            raise

    def __exit__(self, kind, *_):
        if kind:                # the first failure counts
            with contextlib.suppress(AssertionError):
                self.stop()
        else:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)

    def watch(self):
        """Who spends: nginx, and the process in front of the viewers; orield is the camera's side."""
        return {"nginx": list(family(self["nginx"].pid)), "server": list(family(self["oriel-fcgi"].pid))}


class Behind:
    """A server that speaks HTTP on a Unix socket, behind nginx with its own recommended lines."""

    def __init__(self, name, argv, path, env=None, buffer="128k", wait=None):
        self.name, self.path = name, path
        self.socket = pathlib.Path(tempfile.mktemp(prefix="oriel-bench-", suffix=".sock", dir="/tmp"))
        self.server = Process([str(a).replace("SOCKET", str(self.socket)) for a in argv], env=env)
        self.front = Front(upstream=f"http://unix:{self.socket}:", buffer=buffer)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.server)
            oriel.wait_for(self.socket.exists)
            stack.enter_context(self.front)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *exc):
        self.stack.__exit__(*exc)
        self.socket.unlink(missing_ok=True)
        shutil.rmtree(self.front.run, ignore_errors=True)

    @property
    def port(self):
        return self.front.port

    def watch(self):
        return {"nginx": self.front.pids, "server": self.server.pids}


def floor(size, fps=30, path="/stream"):
    return Behind("floor", [BUILD / "tests/bench/floor", "SOCKET", size, fps, 600], path)


def ustreamer(camera, buffer="128k"):
    """MJPEG passed through, as its README says for cameras that compress."""
    argv = ["ustreamer", "--device=/dev/video0", "--format=MJPEG", "--encoder=HW", "--persistent",
            f"--resolution={camera.width}x{camera.height}", f"--desired-fps={camera.fps}", "--unix=SOCKET", "--unix-rm",
            "--unix-mode=666"]
    return Behind("ustreamer" if buffer == "128k" else f"ustreamer, {buffer} buffers", argv, "/stream",
                  env=camera.env, buffer=buffer)


class Static(Front):
    """nginx and a file."""

    def __init__(self, file):
        super().__init__(files=file.parent)
        self.name, self.path = "static file", f"/static/{file.name}"

    def __exit__(self, *exc):
        super().__exit__(*exc)
        shutil.rmtree(self.run, ignore_errors=True)

    def watch(self):
        return {"nginx": self.pids}


def version(program):
    """The Debian package's version, or None when it is not installed."""
    if not shutil.which(program):
        return None
    answer = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", program], stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL, check=False)
    return answer.stdout or "of unknown version"
