# SPDX-License-Identifier: ISC
"""Behind a proxy that the server does not know: requests look as if another site's page had sent them."""
import pytest

from browser import NAME
from oriel import free_port, wait_for

PROXY = """
daemon off; pid %(folder)s/proxy.pid; error_log stderr; worker_processes 1; %(user)s
events {}
http {
    access_log off; proxy_buffering off; proxy_http_version 1.1;
    client_body_temp_path %(folder)s/p1; proxy_temp_path %(folder)s/p2; fastcgi_temp_path %(folder)s/p3;
    uwsgi_temp_path %(folder)s/p4; scgi_temp_path %(folder)s/p5;
    server {
        listen 127.0.0.1:%(port)d;
        location / {
            proxy_pass http://127.0.0.1:%(site)d;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
        }
    }
    map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
}
"""


@pytest.fixture
def behind(make_site, browse):
    """The dashboard through a proxy that passes on a name of its own making (Host of what it asks)."""
    def begin(**kw):
        port = free_port()
        kw = {name: value.format(port=port) for name, value in kw.items()}
        site = make_site(**kw and {"fcgi": [kw["origins"]], "ws": [kw["origins"]]})
        (site.folder / "proxy.conf").write_text(PROXY % dict(
            folder=site.folder, port=port, site=site.port, user="user root;" if "user root" in (site.folder / "nginx.conf").read_text() else ""))
        site.add("proxy", ["nginx", "-e", "stderr", "-p", site.folder, "-c", site.folder / "proxy.conf"])
        site["proxy"].start()
        page = browse(site)
        page.allow_outage().open(f"http://{NAME}:{port}/")
        return site, page, f"http://{NAME}:{port}"
    return begin


def test_the_page_says_what_to_set(behind):
    site, page, origin = behind()
    words = f"the server refuses pages from {origin}, as it knows itself as http://127.0.0.1:{site.port}. " \
            f"Behind a proxy, set trusted_proxies; else add {origin} to allow_origins"
    page.wait_text("link-words", "Live")
    page.wait_movement()
    page.wait_text("no-commands", f"Saving and resetting: {words}.")
    assert page["no-commands"].is_displayed()
    page["snap-btn"].click()
    page.wait_text("notice-words", f"Not saved: {words}")
    page.run("const slider = document.getElementById('threshold'); slider.value = 40; slider.dispatchEvent(new Event('input'));")
    page.wait_text("notice-words", f"Not changed: {words}")
    wait_for(lambda: page.text("threshold-value") == "12")


def test_it_works_once_that_is_set(behind):
    _, page, _ = behind(origins=f"--allow-origins=http://{NAME}:{{port}}")
    page.live()
    assert page.text("no-commands") == ""
    page["snap-btn"].click()
    page.wait_text("notice-words", "Saved manual-")
