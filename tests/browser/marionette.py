# SPDX-License-Identifier: ISC
"""Selenium's commands in Firefox's own words, so that no geckodriver is needed (Debian has none).

Marionette is WebDriver over TCP: a message is its length in decimal, a colon and JSON. A command
is [0, id, name, parameters], its answer [1, id, error, result]; the names are WebDriver's.
"""
import json
import socket

from selenium.webdriver.remote.command import Command

NAMES = {
    Command.NEW_SESSION: "NewSession",
    Command.GET: "Navigate",
    Command.REFRESH: "Refresh",
    Command.GO_BACK: "Back",
    Command.GO_FORWARD: "Forward",
    Command.GET_CURRENT_URL: "GetCurrentURL",
    Command.GET_TITLE: "GetTitle",
    Command.GET_PAGE_SOURCE: "GetPageSource",
    Command.W3C_GET_CURRENT_WINDOW_HANDLE: "GetWindowHandle",
    Command.W3C_GET_WINDOW_HANDLES: "GetWindowHandles",
    Command.SWITCH_TO_WINDOW: "SwitchToWindow",
    Command.FIND_ELEMENT: "FindElement",
    Command.FIND_ELEMENTS: "FindElements",
    Command.FIND_CHILD_ELEMENT: "FindElement",
    Command.FIND_CHILD_ELEMENTS: "FindElements",
    Command.CLICK_ELEMENT: "ElementClick",
    Command.CLEAR_ELEMENT: "ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "ElementSendKeys",
    Command.GET_ELEMENT_TEXT: "GetElementText",
    Command.GET_ELEMENT_TAG_NAME: "GetElementTagName",
    Command.GET_ELEMENT_ATTRIBUTE: "GetElementAttribute",
    Command.IS_ELEMENT_SELECTED: "IsElementSelected",
    Command.IS_ELEMENT_ENABLED: "IsElementEnabled",
    Command.W3C_EXECUTE_SCRIPT: "ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "ExecuteAsyncScript",
    Command.SET_TIMEOUTS: "SetTimeouts",
    Command.SCREENSHOT: "TakeScreenshot",
    Command.ELEMENT_SCREENSHOT: "TakeScreenshot",
    Command.W3C_ACTIONS: "PerformActions",
    Command.W3C_CLEAR_ACTIONS: "ReleaseActions",
}


class Marionette:
    """What selenium takes for its connection to a driver."""

    w3c = True

    def __init__(self, port, timeout=120):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer = b""
        self.calls = 0
        assert self.receive()["marionetteProtocol"] == 3

    def receive(self):
        while b":" not in self.buffer:
            self.more()
        length, _, rest = self.buffer.partition(b":")
        self.buffer = rest
        while len(self.buffer) < int(length):
            self.more()
        message, self.buffer = self.buffer[:int(length)], self.buffer[int(length):]
        return json.loads(message)

    def more(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise ConnectionError("Firefox has closed the connection")
        self.buffer += piece

    def ask(self, name, **parameters):
        """(error, result) of one command; one of the two is None."""
        self.calls += 1
        message = json.dumps([0, self.calls, name, parameters]).encode()
        self.socket.sendall(b"%d:%b" % (len(message), message))
        _, number, error, result = self.receive()
        assert number == self.calls
        return error, result

    def execute(self, command, parameters):
        parameters = {key: value for key, value in (parameters or {}).items() if key != "sessionId"}
        if command == Command.NEW_SESSION:
            parameters = parameters["capabilities"]["alwaysMatch"]
        if command in (Command.FIND_CHILD_ELEMENT, Command.FIND_CHILD_ELEMENTS):
            parameters["element"] = parameters.pop("id")
        if NAMES[command] == "TakeScreenshot":
            parameters["full"] = False
        error, result = self.ask(f"WebDriver:{NAMES[command]}", **parameters)
        if error:
            return {"status": 500, "value": json.dumps({"value": error})}
        if isinstance(result, dict) and set(result) == {"value"}:
            return result
        return {"value": result}

    def close(self):
        self.socket.close()
