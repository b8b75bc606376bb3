# SPDX-License-Identifier: ISC
"""WebKit, which is what Safari and every browser on an iPhone show pages with: WebKitWebDriver
and a window of ours (webview.py), on an X server without a screen."""
import os
import pathlib

from selenium import webdriver

from browser import Browser, Window

SCREEN = 1600, 1200
VIEW = pathlib.Path(__file__).with_name("webview.py")


class WebKit(Browser):
    outage = ["Failed to load resource", "WebSocket connection to", "EventSource", "cannot load", "could not connect", "network error"]

    def __init__(self):
        super().__init__()
        self.log = pathlib.Path(self.folder) / "console"
        self.seen = 0
        reading, writing = os.pipe()
        self.start("Xvfb", "-displayfd", str(writing), "-screen", "0", "%dx%dx24" % SCREEN, "-nolisten", "tcp", pass_fds=[writing])
        os.close(writing)
        with open(reading) as display:
            self.display = f":{display.readline().strip()}"
        self.free = []          # a driver has one window at a time

    def vacant(self):
        """The address of a driver that has no window."""
        if self.free:
            return self.free.pop()
        with self.log.open("ab") as log:
            return self.serve("WebKitWebDriver", stdout=log, env={"DISPLAY": self.display, "GDK_BACKEND": "x11"})

    def window(self, scripts=True, **screen):
        return WebKitWindow(self, self.vacant(), scripts, screen)

    def complaints(self):
        with self.log.open(errors="replace") as log:
            log.seek(self.seen)
            lines = log.read().splitlines()
            self.seen = log.tell()
        return [line for line in lines if line.startswith("CONSOLE") and any(f" {word}" in line for word in ("ERROR", "WARN"))]


class WebKitWindow(Window):
    def __init__(self, webkit, address, scripts, screen):
        self.address, self.scripts = address, scripts
        self.selenium = None
        super().__init__(webkit, None)
        self.screen(**screen)

    @property
    def driver(self):
        if self.selenium.current_window_handle != self.tab:
            self.selenium.switch_to.window(self.tab)
        return self.selenium

    def screen(self, width=1280, height=860, dark=False, calm=False):
        """Another system is another window: what was open in it is opened again."""
        wishes = ["--dark"] * dark + ["--calm"] * calm + ["--no-scripts"] * (not self.scripts)
        if self.selenium is None or self.wishes != wishes:
            self.begin(wishes)
        # Below the pointer, in the middle: without a window manager that window has the focus.
        self.selenium.set_window_rect((SCREEN[0] - width) // 2, (SCREEN[1] - height) // 2, width, height)

    def begin(self, wishes):
        before = self.selenium and self.selenium.current_url
        self.end()
        options = webdriver.WebKitGTKOptions()
        options.binary_location = str(VIEW)
        for wish in wishes:
            options.add_argument(wish)
        self.wishes = wishes
        self.selenium = webdriver.Remote(self.address, options=options)
        self.selenium.set_script_timeout(30)
        self.tab = self.selenium.current_window_handle
        if before:
            self.selenium.get(before)

    def new_window(self):
        return self.new_tab("window")

    def new_tab(self, kind="tab"):
        known = set(self.selenium.window_handles)
        self.selenium.switch_to.new_window(kind)        # and stays there: who is driven comes to the front
        return next(iter(set(self.selenium.window_handles) - known))

    def close_tab(self, tab):
        self.selenium.switch_to.window(tab)
        self.selenium.close()
        self.selenium.switch_to.window(self.tab)

    def end(self):
        if self.selenium:
            self.selenium.quit()
            self.selenium = None

    def close(self):
        self.end()
        self.browser.free.append(self.address)
