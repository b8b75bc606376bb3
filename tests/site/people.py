# SPDX-License-Identifier: ISC
"""Users, sessions and tokens of a site with log-in, made as an administrator makes them, and
requests in their name."""
import concurrent.futures
import contextlib
import json
import sqlite3
import subprocess
import time
import urllib.parse

import requests

import fcgiclient
import oriel

PASSWORD = "correct horse battery"


@contextlib.contextmanager
def inhabited(sites, **kw):
    """A site with an operator (anna), a viewer (vic) and a program's token, all of it warm."""
    site = sites.new(login=True, **kw).start(ready=False)
    people = People(site)
    people.add("anna", "operator")
    people.add("vic", "viewer")
    people.warm_up(bearer(people.token("keeper")))
    yield people
    sites.end(site)


class People:
    def __init__(self, site):
        self.site = site
        site.wait_up()

    def warm_up(self, headers):
        """What the programs open once and keep: nginx's 16 kept connections, SQLite's files."""
        oriel.wait_for(lambda: self.site.get("/snapshot.jpg", headers=headers).status_code == 200)
        generation, sequence = map(int, self.site.get("/snapshot.jpg", headers=headers).headers["ETag"].strip('"').split("-"))
        future = self.site.url(f"/snapshot.jpg?after={generation}-{sequence + 10000}&wait=300")
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = pool.map(lambda _: requests.get(future, headers=headers, timeout=20).status_code, range(20))
            assert set(answers) == {204}
        # Each worker has a connection to orield from its first request on.
        workers = len(self.site["oriel-fcgi"].workers())
        oriel.wait_for(lambda: self.site.get("/status", headers=headers).ok and self.asked_by() >= workers)
        # oriel-ws keeps its connection to orield for some seconds; while this one is open, for ever.
        self.keeper = self.site.control(headers=headers)
        assert self.keeper.ask({"cmd": "status"})["camera"]

    def asked_by(self):
        """How many connections orield has from workers: sockets beside the one that listens."""
        with fcgiclient.Client(self.site.folder / "fcgi.sock") as client:
            client.get("/status", ORIEL_ROLE="viewer")
        return sum("socket" in link for link in self.site["orield"].descriptors()) - 1

    # ---- the administrator's side ---------------------------------------------

    def ctl(self, *arguments, given="", code=0):
        """orielctl on this site's files; what it said."""
        done = subprocess.run([oriel.BUILD / "orielctl", "--json",
                               f"--accounts={self.site.auth}", f"--run-dir={self.site.folder}", *arguments],
                              input=given.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, env=self.site.env)
        assert done.returncode == code, (arguments, done)
        return json.loads(done.stdout)

    def add(self, name, role="viewer", password=PASSWORD):
        self.ctl("user", "add", name, "--role", role, given=password + "\n")
        return name

    def token(self, name, role="viewer"):
        return self.ctl("token", "add", name, "--role", role)["token"]

    def age(self, table, seconds, **where):
        """As if so much time had gone by for these rows of auth.db."""
        column, value = next(iter(where.items()))
        with sqlite3.connect(self.site.auth / "auth.db") as db:
            columns = {"session": ("made", "seen", "expires"), "token": ("made", "expires")}[table]
            changes = ", ".join(f"{name} = {name} - {seconds}" for name in columns)
            assert db.execute(f"UPDATE {table} SET {changes} WHERE {column} = ?", [value]).rowcount > 0
        db.close()

    # ---- people -------------------------------------------------------------------

    def post(self, path, fields, address="192.0.2.1", kind="application/x-www-form-urlencoded", **more):
        """Straight to the worker, from any address and as often as one likes."""
        body = fields if isinstance(fields, bytes) else urllib.parse.urlencode(fields).encode()
        with fcgiclient.Client(self.site.folder / "fcgi.sock") as client:
            return client.get(path, method="POST", body=body, CONTENT_TYPE=kind, REMOTE_ADDR=address,
                              REQUEST_SCHEME="http", HTTP_HOST="x", **more)

    def log_in(self, name, password=PASSWORD, **more):
        """The headers of a browser that has logged in, on our own pages."""
        answer = self.post("/login", {"user": name, "pass": password}, **more)
        assert answer.status == 303, answer.body
        return self.browser(f"oriel={answer.cookies['oriel'][0]}")

    def browser(self, cookie):
        return {"Cookie": cookie, "Origin": self.site.origin, "Sec-Fetch-Site": "same-origin"}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def ended(connection, patience=5):
    """Seconds until nothing comes from it any more; AssertionError when it goes on for longer."""
    began = time.monotonic()
    connection.socket.settimeout(patience)
    while time.monotonic() - began < patience:
        try:
            if not connection.socket.recv(65536):
                break
        except ConnectionError:
            break
    took = time.monotonic() - began
    assert took < patience
    return took
