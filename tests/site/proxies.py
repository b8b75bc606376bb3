# SPDX-License-Identifier: ISC
"""Other proxies before the site: the blocks of docs/proxies.md as they stand there, or the least that a proxy needs to pass anything on
(`plain`). Each has a folder and a port of its own and never uses the system's."""
import os
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile

import oriel

DOCS = oriel.SOURCE / "docs/proxies.md"
MODULES = "/usr/lib/apache2/modules"

NGINX = """daemon off; user root; worker_processes 1; pid {folder}/pid; error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
	access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fcgi;
	uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
	{text}
}}
"""
HAPROXY = """defaults
	timeout connect 5000
	timeout client 50000
	timeout server 50000
{text}
"""
APACHE = """ServerRoot {folder}
PidFile {folder}/pid
Listen 127.0.0.1:{port}
User www-data
Group www-data
ServerName camera.example
ErrorLog {folder}/error.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule ssl_module {modules}/mod_ssl.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
LoadModule proxy_wstunnel_module {modules}/mod_proxy_wstunnel.so
Mutex file:{folder} default
{text}
"""
CADDY = """{{
	admin off
	auto_https off
	servers {{
		protocols h1 h2
	}}
}}
{text}
"""
PLAIN = {
    "nginx": "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{oriel}; }} }}",
    "haproxy": "frontend all\n\tmode http\n\tbind 127.0.0.1:{port}\n\tdefault_backend oriel\n"
               "backend oriel\n\tmode http\n\tserver oriel 127.0.0.1:{oriel}\n",
    "apache": "ProxyPass / http://127.0.0.1:{oriel}/\n",
    "caddy": "http://:{port} {{\n\tbind 127.0.0.1\n\treverse_proxy 127.0.0.1:{oriel}\n}}\n",
}
# What docs/proxies.md says of a prefix: (block, prefix, our port) -> block.
BELOW = {
    "nginx": lambda text, below, port: text.replace("location / {", f"location {below}/ {{").replace(f":{port};", f":{port}/;")
    .replace('Prefix "";', f"Prefix {below};"),
    "haproxy": lambda text, below, port: text.replace("http-request del-header X-Forwarded-Prefix", f"http-request set-header X-Forwarded-Prefix "
                                                      f"{below}\n\thttp-request replace-path {below}(/.*) \\1"),
    "apache": lambda text, below, port: text.replace("ProxyPass / ", f"ProxyPass {below}/ ").replace('"^/(', f'"^{below}/(')
    .replace("unset X-Forwarded-Prefix", f"set X-Forwarded-Prefix {below}"),
    "caddy": lambda text, below, port: text.replace("\treverse_proxy", f"\thandle_path {below}/* {{\n\treverse_proxy")
    .replace("-X-Forwarded-Prefix", f"X-Forwarded-Prefix {below}").rstrip() + "\n}\n",
}
NAMES = ["nginx", "haproxy", "apache", "caddy", "varnish"]


def block(name):
    """The lines of docs/proxies.md for it."""
    section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", DOCS.read_text(), re.S | re.M | re.I)[1]
    return "\n".join(line[4:] for line in section.split("\n") if line.startswith("    "))


class Front:
    """A proxy before `site`, over TLS (not Varnish, which speaks none) unless `plain`."""

    def __init__(self, name, site, plain=False, below=""):
        self.name, self.site, self.below, self.port = name, site, below, oriel.free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oriel-front-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.tls = None
        text = PLAIN[name].format(port=self.port, oriel=site.port) if plain else self.documented()
        conf = self.folder / "conf"
        argv = getattr(self, f"make_{name}")(conf, text)
        env = {k: v for k, v in os.environ.items() if k != "ORIEL_TEST"} | {
            "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        self.daemon = oriel.Daemon(name, argv, self.folder, env)

    def documented(self):
        """As documented, but for addresses, port and certificate of this test."""
        text = block(self.name).replace("192.0.2.8:80", f"127.0.0.1:{self.site.port}").replace("192.0.2.8", "127.0.0.1")
        text = text.replace('.port = "80"', f'.port = "{self.site.port}"').replace("/etc/ssl/camera.pem", f"{self.folder}/camera.pem")
        text = text.replace("listen 443", f"listen 127.0.0.1:{self.port}").replace("bind :443", f"bind 127.0.0.1:{self.port}")
        text = text.replace("*:443", f"127.0.0.1:{self.port}")
        if self.below:
            text = BELOW[self.name](text, self.below, self.site.port)
        if self.name != "varnish":
            self.make_certificate()
        if self.name == "caddy":
            text = text.replace("camera.example {", f"https://camera.example:{self.port} {{\n\tbind 127.0.0.1\n\ttls {self.folder}/camera.pem "
                                f"{self.folder}/camera.pem", 1)
        return text

    def make_certificate(self):
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=camera.example", "-addext", "subjectAltName=DNS:camera.example,IP:127.0.0.1", "-keyout", key,
                        "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        (self.folder / "camera.pem").write_text(certificate.read_text() + key.read_text())
        self.tls = ssl.create_default_context(cafile=certificate)
        self.tls.check_hostname = False

    def make_nginx(self, conf, text):
        conf.write_text(NGINX.format(folder=self.folder, text=text))
        return ["nginx", "-e", "stderr", "-p", self.folder, "-c", conf]

    def make_haproxy(self, conf, text):
        conf.write_text(HAPROXY.format(text=text))
        return ["haproxy", "-db", "-f", conf]

    def make_apache(self, conf, text):
        conf.write_text(APACHE.format(folder=self.folder, port=self.port, modules=MODULES, text=text))
        return ["apache2", "-D", "FOREGROUND", "-f", conf]

    def make_caddy(self, conf, text):
        conf.write_text(CADDY.format(text=text))
        return ["caddy", "run", "--config", conf, "--adapter", "caddyfile"]

    def make_varnish(self, conf, text):
        conf.write_text(text)
        return ["varnishd", "-F", "-j", "none", "-a", f"127.0.0.1:{self.port}", "-f", conf, "-n", self.folder / "work", "-s", "malloc,16m"]

    def start(self):
        self.daemon.start()
        oriel.wait_for(self.listens)
        return self

    def listens(self):
        assert self.daemon.process.poll() is None, self.daemon.log.read_text()[-3000:]
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self):
        """How other programs end is not our business. Their children have nobody else to end them."""
        if self.daemon.process.poll() is None:
            self.daemon.process.terminate()
            try:
                self.daemon.process.wait(5)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
