# SPDX-License-Identifier: ISC
"""The cost of checking who somebody is: the same requests without log-in, with a token, with a cookie."""
import oriel
import sides
from people import People, bearer
from report import medians
from rig import Load, interleave

CLIENTS, SECONDS, SIZE = 16, 2.5, 100000
PATHS = ["/snapshot.jpg", "/status", "/app.js"]


def get(site, path, headers):
    header = "".join(f"{name}: {value}" for name, value in headers.items())
    run = Load("get", site.port, path, CLIENTS, SECONDS, site.watch(), header=header)
    assert run["errors"] == 0 and run["statuses"]["5xx"] == run["statuses"]["4xx"] == 0, run.result
    return run


def requests(report):
    rows = []
    with sides.Camera(1280, 720, size=SIZE) as camera, sides.Site(camera) as off, sides.Site(camera, login=True) as on:
        people = People(on)
        token, cookie = bearer(people.token("bench")), {"Cookie": people.log_in(people.add("vic"))["Cookie"]}
        oriel.wait_for(lambda: on.get("/snapshot.jpg", headers=token).ok)
        for path in PATHS:
            runs = interleave({"off": lambda: get(off, path, {}), "token": lambda: get(on, path, token),
                               "cookie": lambda: get(on, path, cookie)})
            us, p50, rate = medians(runs, lambda r: r.cpu_each()), medians(runs, lambda r: r["p50_ms"]), medians(runs, lambda r: r["count"])
            nginx, server = (medians(runs, lambda r, n=n: r.cpu_each(n)) for n in ("nginx", "server"))
            for way in runs:
                rows.append((path, way, us[way], us[way] - us["off"], nginx[way] - nginx["off"], server[way] - server["off"],
                             rate[way] / SECONDS, p50[way]))
            report.at_most(f"log-in: CPU more per request, {path}", 150, max(us["token"], us["cookie"]) - us["off"], " µs")
    report.table(f"Log-in: what `auth_request` adds to a request, {SIZE // 1000} KB pictures, {CLIENTS} kept connections",
                 ("path", "log-in", "µs CPU", "more than off", "of it nginx", "of it oriel-fcgi", "a second", "p50 ms"), rows)
