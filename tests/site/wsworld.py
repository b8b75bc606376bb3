# SPDX-License-Identifier: ISC
"""Starts the programs that the WebSocket tests need, each in a folder of its own."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD_DIR", os.getcwd()))

# What matters to a WebSocket of the site's own location, around the echo program.
NGINX_CONF = """
{user} worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  map $http_upgrade $ws_upgrade {{ default ""; websocket websocket; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_http_version 1.1;
      proxy_set_header Upgrade $ws_upgrade; proxy_set_header Connection upgrade;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Sec-WebSocket-Extensions "";
      proxy_read_timeout 75s; proxy_send_timeout 20s; send_timeout 20s;
      proxy_buffer_size 1k; proxy_buffers 2 1k; proxy_busy_buffers_size 1k;
      proxy_pass http://unix:{upstream}:;
    }}
  }}
}}
"""


def wait_for(address, process, log, seconds=10):
    """Until somebody answers at `address`."""
    until = time.monotonic() + seconds
    while True:
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        with socket.socket(family) as probe:
            try:
                probe.connect(address)
                return
            except OSError:
                assert process.poll() is None, f"it ended: {log.read_text()}"
                assert time.monotonic() < until, f"nobody answers at {address}: {log.read_text()}"
        time.sleep(0.01)


@contextlib.contextmanager
def program(folder, name, *arguments, address, log=None, quiet=True):
    """Run one of our programs until the block ends; then it must end by itself, with status 0
    and, unless `quiet` is false, without a warning or a sanitizer's line."""
    log = log or folder / f"{pathlib.Path(name).name}.log"
    with open(log, "a") as out:
        process = subprocess.Popen([name, *map(str, arguments)], stdout=out, stderr=out)
    try:
        wait_for(address, process, log)
        yield process
        if process.poll() is None:
            process.terminate()
        assert process.wait(10) == 0, log.read_text()
        text = log.read_text()
        assert "Sanitizer" not in text and "runtime error" not in text, text
        assert not quiet or (" error: " not in text and " warning: " not in text), text
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextlib.contextmanager
def echo(folder):
    path = str(folder / "echo.sock")
    with program(folder, BUILD / "oriel-ws-echo", path, address=path):
        yield path
    assert not os.path.exists(path)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def nginx(folder, upstream):
    """nginx in front of one Unix socket; yields (host, port)."""
    binary = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    assert binary, "nginx is missing (Debian: apt-get install nginx-light)"
    port = free_port()
    conf = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""      # its workers have to reach our sockets
    conf.write_text(NGINX_CONF.format(folder=folder, port=port, upstream=upstream, user=user))
    log = folder / "nginx.log"
    with program(folder, binary, "-p", folder, "-e", log, "-c", conf, address=("127.0.0.1", port), log=log):
        yield ("127.0.0.1", port)
