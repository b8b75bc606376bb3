# SPDX-License-Identifier: ISC
"""Headless Chromium: chromedriver, and the DevTools protocol for what WebDriver cannot do."""
import os

from selenium import webdriver
from selenium.webdriver.chromium.remote_connection import ChromiumRemoteConnection

import wire
from browser import Browser, Window

FLAGS = ["--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--disable-features=HttpsUpgrades"]


class Chromium(Browser):
    outage = ["Failed to load resource", "WebSocket connection to", "net::ERR_"]

    def __init__(self):
        super().__init__()
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        profile = f"{self.folder}/profile"
        for flag in [*FLAGS, f"--user-data-dir={profile}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Remote(ChromiumRemoteConnection(self.serve("/usr/bin/chromedriver"), "goog", "chrome"), options=options)
        self.driver.set_script_timeout(30)
        self.home = self.driver.current_window_handle
        with open(f"{profile}/DevToolsActivePort") as file:
            port, path = file.read().split()
        self.devtools = wire.WebSocket(int(port), path, headers={"Origin": None})
        self.calls = 0

    def call(self, method, **parameters):
        """One command of the DevTools protocol to the browser as a whole."""
        self.calls += 1
        answer = self.devtools.ask({"id": self.calls, "method": method, "params": parameters})
        assert answer["id"] == self.calls and "result" in answer, answer
        return answer["result"]

    def window(self, scripts=True, **screen):
        context = self.call("Target.createBrowserContext")["browserContextId"]
        return ChromiumWindow(self, context, scripts, screen)

    def complaints(self):
        return [f"{entry['level']} {entry['message']}" for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def quit(self):
        self.devtools.close()
        self.driver.quit()
        super().quit()


class ChromiumWindow(Window):
    def __init__(self, chromium, context, scripts, screen):
        self.context = context
        self.browser = chromium
        super().__init__(chromium, self.new_tab())
        self.screen(**screen)
        self.devtools("Emulation.setLocaleOverride", locale="en-GB")
        self.devtools("Emulation.setScriptExecutionDisabled", value=not scripts)

    @property
    def driver(self):
        driver = self.browser.driver
        if driver.current_window_handle != self.tab:
            driver.switch_to.window(self.tab)
        return driver

    def devtools(self, method, **parameters):
        """One command of the DevTools protocol to the driven tab."""
        return self.driver.execute("executeCdpCommand", {"cmd": method, "params": parameters})["value"]

    def screen(self, width=1280, height=860, dark=False, calm=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=width < 500)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}])

    def new_tab(self):
        return self.browser.call("Target.createTarget", url="about:blank", browserContextId=self.context)["targetId"]

    def new_window(self):
        return self.browser.call("Target.createTarget", url="about:blank", newWindow=True, browserContextId=self.context)["targetId"]

    def close_tab(self, tab):
        assert self.driver      # not on that one
        self.browser.call("Target.closeTarget", targetId=tab)
        self.browser.call("Target.activateTarget", targetId=self.tab)

    def close(self):
        self.browser.driver.switch_to.window(self.browser.home)
        self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)
