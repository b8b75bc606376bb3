# SPDX-License-Identifier: ISC
"""Headless Firefox ESR: Marionette for what WebDriver can do, WebDriver BiDi for windows of their own."""
import pathlib

from selenium import webdriver

import wire
from browser import Browser, Window
from marionette import Marionette
from oriel import wait_for

PREFERENCES = {
    "marionette.port": 0,
    "network.trr.mode": 5,                          # names by /etc/hosts, not by HTTPS
    "dom.security.https_first": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "services.settings.server": "data:,",           # nothing is fetched from Mozilla
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "extensions.update.enabled": False,
    "browser.tabs.unloadOnLowMemory": False,
}


class Firefox(Browser):
    outage = ["establish a connection", "was interrupted", "NetworkError", "Failed to load", "Loading failed"]

    def __init__(self):
        super().__init__()
        profile = pathlib.Path(self.folder) / "profile"
        profile.mkdir()
        (profile / "user.js").write_text("".join(
            f'user_pref("{name}", {str(value).lower() if not isinstance(value, str) else repr(value)});\n'
            for name, value in PREFERENCES.items()))
        self.start("firefox-esr", "--headless", "--no-remote", "--marionette", "--remote-debugging-port=0",
                   "--remote-allow-system-access", "--profile", str(profile))
        active = profile / "MarionetteActivePort"
        port = int(wait_for(lambda: active.exists() and active.read_text().strip(), patience=60))
        self.marionette = Marionette(port)
        options = webdriver.FirefoxOptions()
        options.set_capability("webSocketUrl", True)
        self.driver = webdriver.Remote(self.marionette, options=options)
        self.driver.set_script_timeout(30)
        address, _, path = self.driver.caps["webSocketUrl"].removeprefix("ws://").partition("/")
        self.bidi = wire.WebSocket(int(address.rpartition(":")[2]), f"/{path}", headers={"Origin": None})
        self.calls = 0
        self.home = self.driver.current_window_handle

    def call(self, method, **parameters):
        """One command of WebDriver BiDi."""
        self.calls += 1
        answer = self.bidi.ask({"id": self.calls, "method": method, "params": parameters})
        assert answer["id"] == self.calls and "result" in answer, answer
        return answer["result"]

    def chrome(self, script, *arguments):
        """In the browser's own process, where everything may be done."""
        self.marionette.ask("Marionette:SetContext", value="chrome")
        try:
            return self.driver.execute_script(script, *arguments)
        finally:
            self.marionette.ask("Marionette:SetContext", value="content")

    def window(self, scripts=True, **screen):
        return FirefoxWindow(self, self.call("browser.createUserContext")["userContext"], scripts, screen)

    def complaints(self):
        self.driver.switch_to.window(self.home)
        return self.chrome("""
            const found = Services.console.getMessageArray()
                .filter((entry) => entry instanceof Ci.nsIScriptError && !(entry.flags & Ci.nsIScriptError.warningFlag))
                .filter((entry) => entry.sourceName.startsWith('http') || entry.isFromPrivateWindow)
                .map((entry) => `${entry.category} ${entry.errorMessage} ${entry.sourceName}`);
            Services.console.reset();
            return found;""")

    def quit(self):
        self.bidi.close()
        self.marionette.ask("Marionette:Quit", flags=["eForceQuit"])
        self.marionette.close()
        super().quit()


class FirefoxWindow(Window):
    def __init__(self, firefox, context, scripts, screen):
        self.browser = firefox
        self.context = context
        super().__init__(firefox, self.new_tab("window"))
        self.screen(**screen)
        if not scripts:
            self.chrome("gBrowser.selectedBrowser.browsingContext.allowJavascript = false")

    @property
    def driver(self):
        driver = self.browser.driver
        if driver.current_window_handle != self.tab:
            self.browser.marionette.ask("WebDriver:SwitchToWindow", handle=self.tab, focus=False)
        return driver

    def chrome(self, script, *arguments):
        """In the window of our tab."""
        assert self.driver
        return self.browser.chrome(script, *arguments)

    def screen(self, width=1280, height=860, dark=False, calm=False):
        self.browser.call("browsingContext.setViewport", context=self.tab, devicePixelRatio=1,
                          viewport={"width": width, "height": height})
        self.chrome("""
            gBrowser.selectedBrowser.browsingContext.prefersColorSchemeOverride = arguments[0] ? 'dark' : 'light';
            Services.prefs.setIntPref('ui.prefersReducedMotion', arguments[1] ? 1 : 0);""", dark, calm)

    def new_tab(self, kind="tab"):
        tab = self.browser.call("browsingContext.create", type=kind, userContext=self.context)["context"]
        self.browser.call("emulation.setLocaleOverride", locale="en-GB", contexts=[tab])
        return tab

    def new_window(self):
        return self.new_tab("window")

    def close_tab(self, tab):
        assert self.driver      # not on that one
        self.browser.call("browsingContext.close", context=tab)
        self.browser.call("browsingContext.activate", context=self.tab)

    def close(self):
        self.browser.driver.switch_to.window(self.browser.home)
        self.browser.call("browser.removeUserContext", userContext=self.context)
        self.browser.chrome("Services.obs.notifyObservers(null, 'net:prune-all-connections')")     # those kept for later
