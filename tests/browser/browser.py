# SPDX-License-Identifier: ISC
"""What the three engines have in common. A Browser is started once. Each of its windows has cookies, cache and connections of its own, as
if it were in a browser of its own; they end with it. A window has tabs, one of which is in front; `driver` is selenium's, on the tab
that is being driven.

The tests find the site by a name, as visitors do: plain HTTP from another machine is no secure context, but 127.0.0.1 is one. The name has
a dot, because WebKitGTK's libsoup takes no cookie from a host whose name is one word: it believes that this is a top-level domain."""
import os
import shutil
import signal
import subprocess
import tempfile

from selenium.webdriver.remote.remote_connection import RemoteConnection

from oriel import free_port, wait_for
from wsclient import answers

NAME = "camera.test"
RemoteConnection.set_timeout(120)       # a driver that never answers fails its test, not the whole run


class Browser:
    # The engine's own complaints about an outage: no page can prevent them.
    outage = []

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="oriel-browser-")
        self.processes = []

    def window(self, scripts=True, **screen):
        """A new window; `scripts`: may its pages run JavaScript; `screen` as of Window.screen."""
        raise NotImplementedError

    def complaints(self):
        """The complaints of the engine about the pages since the last call."""
        raise NotImplementedError

    # ---- processes ------------------------------------------------------------

    def start(self, *command, **how):
        """A process that resolves names by our own hosts file (mount_namespaces(7)), and ends with us."""
        hosts = os.path.join(self.folder, "hosts")
        with open(hosts, "w") as file:
            file.write(f"127.0.0.1 localhost {NAME}\n")
        unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        script = 'mount --bind "$0" /etc/hosts && exec "$@"'
        environment = dict(os.environ, HOME=self.folder, LC_ALL="C.UTF-8") | how.pop("env", {})
        process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *unshare, "sh", "-c", script, hosts, *command], env=environment, start_new_session=True,
                                   stdin=subprocess.DEVNULL, **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | how)
        self.processes.append(process)
        return process

    def serve(self, program, **how):
        """A WebDriver's address, once it listens there."""
        port = free_port()
        self.start(program, f"--port={port}", **how)
        wait_for(lambda: answers(("127.0.0.1", port)))
        return f"http://127.0.0.1:{port}"

    def quit(self):
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            except ProcessLookupError:
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Window:
    def __init__(self, browser, tab):
        self.browser = browser
        self.tab = tab          # the one that is driven

    @property
    def driver(self):
        """Selenium's, on our tab."""
        raise NotImplementedError

    def screen(self, width=1280, height=860, dark=False, calm=False):
        """The size of the page in CSS pixels; the system's colours, and whether it asks for less motion."""
        raise NotImplementedError

    def new_tab(self):
        """A further tab, in front of the others; it is not yet driven."""
        raise NotImplementedError

    def new_window(self):
        """A tab in a further window of the same browser: both are seen."""
        raise NotImplementedError

    def close_tab(self, tab):
        """The driven one is in front again, if it was there before the other."""
        raise NotImplementedError

    def close(self):
        raise NotImplementedError
