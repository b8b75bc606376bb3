# SPDX-License-Identifier: ISC
"""The dashboard as a person and a screen reader find it, in a window of any engine."""
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from oriel import wait_for


class Page:
    def __init__(self, window):
        self.window = window
        self.allowed = []

    @property
    def driver(self):
        """Selenium's driver, on the tab that is driven."""
        return self.window.driver

    def open(self, url):
        self.driver.get(url)
        return self

    def live(self):
        self.wait_text("link-words", "Live")
        wait_for(lambda: self.attribute("snap-btn", "aria-disabled") == "false")
        return self

    def allow_outage(self):
        """Until the end of this test, the engine may complain of one."""
        self.allowed += self.window.browser.outage
        return self

    # ---- what is there ----------------------------------------------------

    def __getitem__(self, id):
        return self.driver.find_element(By.CSS_SELECTOR, f"#{id}")

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
        def look():
            try:
                return self.text(id).startswith(start) and self.text(id)
            except WebDriverException:      # between two pages
                return False
        return wait_for(look, patience)

    def pixels(self, id="stream"):
        """A small copy of the picture that the element shows: 64 × 36 grey levels."""
        return self.run("""
            const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
            const small = canvas.getContext('2d');
            small.drawImage(document.getElementById(arguments[0]), 0, 0, 64, 36);
            return [...small.getImageData(0, 0, 64, 36).data].filter((_, at) => at % 4 === 1);""", id)

    def wait_movement(self, id="stream"):
        first = self.pixels(id)
        wait_for(lambda: max(abs(a - b) for a, b in zip(first, self.pixels(id))) > 32)
        return self

    def save(self, path):
        self.driver.save_screenshot(str(path))
