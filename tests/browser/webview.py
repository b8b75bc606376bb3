#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A window with WebKit in it, for WebKitWebDriver to start: no tool bar, so that it can be as
small as a telephone; a new tab comes to the front; and what the system wants is an option
(--dark, --calm, --no-scripts). What the pages complain of goes to standard output."""
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2  # noqa: E402


class Window(Gtk.Window):
    def __init__(self, context):
        super().__init__()
        self.context = context
        self.tabs = Gtk.Notebook(show_tabs=False, show_border=False)
        self.add(self.tabs)
        self.set_default_size(1280, 860)
        self.show_all()

    def add_tab(self):
        view = WebKit2.WebView(web_context=self.context, is_controlled_by_automation=True)
        settings = view.get_settings()
        settings.set_enable_write_console_messages_to_stdout(True)
        settings.set_enable_javascript("--no-scripts" not in sys.argv)
        view.connect("close", Gtk.Widget.destroy)
        view.show()
        self.tabs.append_page(view)
        self.tabs.set_current_page(-1)
        view.grab_focus()
        return view


def automated(_context, session, first):
    windows = [first]

    def add_window(*_):
        """The session's first view is asked for as a window, too: it comes into the one that is there."""
        if first.tabs.get_n_pages() > 0:
            windows.append(Window(first.context))
        return windows[-1].add_tab()

    information = WebKit2.ApplicationInfo()
    information.set_name("MiniBrowser")
    session.set_application_info(information)
    session.connect("create-web-view::tab", lambda *_: windows[-1].add_tab())
    session.connect("create-web-view::window", add_window)


def main():
    settings = Gtk.Settings.get_default()
    settings.set_property("gtk-application-prefer-dark-theme", "--dark" in sys.argv)
    settings.set_property("gtk-enable-animations", "--calm" not in sys.argv)
    context = WebKit2.WebContext.new_ephemeral()
    context.set_automation_allowed(True)
    context.set_preferred_languages(["en-GB"])
    window = Window(context)
    window.connect("destroy", Gtk.main_quit)
    context.connect("automation-started", automated, window)
    Gtk.main()


if __name__ == "__main__":
    main()
