# SPDX-License-Identifier: ISC
"""Headless Chromium, and dashboards in it. Each is in a browser context of its own, as if in a
browser of its own: nothing is shared, and with the context its connections end."""
import os
import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

import wire
from oriel import wait_for

FLAGS = ["--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars"]

# What an outage makes Chromium itself write: the page cannot keep it from doing so.
OUTAGE = ["Failed to load resource", "WebSocket connection to", "net::ERR_"]


class Chromium:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="oriel-chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--user-data-dir={self.profile}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_script_timeout(30)
        self.home = self.driver.current_window_handle
        with open(f"{self.profile}/DevToolsActivePort") as file:
            port, path = file.read().split()
        self.devtools = wire.WebSocket(int(port), path, headers={"Origin": None})
        self.calls = 0

    def call(self, method, **parameters):
        """One command of the DevTools protocol to the browser as a whole."""
        self.calls += 1
        answer = self.devtools.ask({"id": self.calls, "method": method, "params": parameters})
        assert answer["id"] == self.calls and "result" in answer, answer
        return answer["result"]

    def complaints(self, allowed):
        return [f"{entry['level']} {entry['message']}" for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING") and not any(word in entry["message"] for word in allowed)]

    def quit(self):
        self.devtools.close()
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    """One tab; `scripts`: may it run JavaScript."""

    def __init__(self, chromium, scripts=True, **screen):
        self.chromium = chromium
        self.allowed = []
        self.context = chromium.call("Target.createBrowserContext")["browserContextId"]
        self.target = self.new_tab()
        self.screen(**screen)
        self.devtools("Emulation.setLocaleOverride", locale="en-GB")
        self.devtools("Emulation.setScriptExecutionDisabled", value=not scripts)

    def screen(self, width=1280, height=860, dark=False, calm=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=width < 500)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}])

    @property
    def driver(self):
        """Selenium's driver, with this tab as the one that it drives."""
        driver = self.chromium.driver
        if driver.current_window_handle != self.target:
            driver.switch_to.window(self.target)
        return driver

    def devtools(self, method, **parameters):
        return self.driver.execute_cdp_cmd(method, parameters)

    def new_tab(self):
        """A further tab in the same window, in front of the others."""
        return self.chromium.call("Target.createTarget", url="about:blank", browserContextId=self.context)["targetId"]

    def close_tab(self, target):
        self.chromium.call("Target.closeTarget", targetId=target)
        self.chromium.call("Target.activateTarget", targetId=self.target)

    def close(self):
        self.chromium.driver.switch_to.window(self.chromium.home)
        self.chromium.call("Target.disposeBrowserContext", browserContextId=self.context)

    def open(self, url):
        self.driver.get(url)
        return self

    def live(self):
        self.wait_text("link-words", "Live")
        wait_for(lambda: self.attribute("snap-btn", "aria-disabled") == "false")
        return self

    def allow_outage(self):
        self.allowed += OUTAGE
        return self

    # ---- what is there ----------------------------------------------------

    def __getitem__(self, id):
        return self.driver.find_element(By.ID, id)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def module(self, script):
        """The value of an async function's body, in which the page's modules can be imported."""
        answer = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            f"(async () => {{ {script} }})().then((value) => done({{value}}), (why) => done({{why: String(why.stack)}}));")
        assert "why" not in answer, answer["why"]
        return answer.get("value")

    def text(self, id):
        return self.run("return document.getElementById(arguments[0]).textContent", id)

    def attribute(self, id, name):
        return self.run("return document.getElementById(arguments[0]).getAttribute(arguments[1])", id, name)

    def wait_text(self, id, start, patience=20):
        """Until the element's text begins like that; returns the text."""
        return wait_for(lambda: self.text(id).startswith(start) and self.text(id), patience)

    def pixels(self, id="stream"):
        """A small copy of the picture that the element shows: 64 × 36 grey levels."""
        return self.run("""
            const small = new OffscreenCanvas(64, 36).getContext('2d');
            small.drawImage(document.getElementById(arguments[0]), 0, 0, 64, 36);
            return [...small.getImageData(0, 0, 64, 36).data].filter((_, at) => at % 4 === 1);""", id)

    def wait_movement(self, id="stream"):
        first = self.pixels(id)
        wait_for(lambda: max(abs(a - b) for a, b in zip(first, self.pixels(id))) > 32)
        return self

    def save(self, path):
        self.driver.save_screenshot(str(path))
