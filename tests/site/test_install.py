# SPDX-License-Identifier: ISC
"""What make install puts in place, units and manuals included."""
import configparser
import os
import re
import subprocess

import pytest

import oriel

# What there is of each: a manual says no more than the program itself.
UNITS = {"orield@.service": "orield", "oriel-fcgi.service": "oriel-fcgi", "oriel-ws.service": "oriel-ws",
         "oriel-record.service": "oriel-record"}
MANUALS = ["man1/orielctl.1", "man5/oriel.conf.5", "man8/orield.8", "man8/oriel-fcgi.8", "man8/oriel-ws.8",
           "man8/oriel-record.8"]


def run(*argv, **kw):
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kw)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """(root of the installation, prefix below it)"""
    root = tmp_path_factory.mktemp("root")
    # make's jobserver of a surrounding make is none of ours
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    run("make", "-s", "-C", oriel.BUILD, "install", f"DESTDIR={root}", env=environment)
    prefix = re.search(r'^prefix = (.*)$', (oriel.BUILD / "Makefile").read_text(), re.M)[1]
    return root, root / prefix.lstrip("/")


def test_files(installed):
    _, prefix = installed
    for name in ("sbin/orield", "sbin/oriel-fcgi", "sbin/oriel-ws", "sbin/oriel-record", "bin/orielctl", "share/oriel/html/index.html",
                 "share/oriel/schema/openapi.json", "share/oriel/schema/events.schema.json", "share/oriel/nginx/oriel.conf", "share/oriel/nginx/oriel-tls.conf", "lib/sysusers.d/oriel.conf",
                 "lib/tmpfiles.d/oriel.conf", *(f"lib/systemd/system/{unit}" for unit in UNITS),
                 *(f"share/man/{manual}" for manual in MANUALS)):
        assert (prefix / name).is_file(), name
    assert not list(prefix.rglob("*echo*"))


def test_nothing_is_left_to_fill_in(installed):
    root, prefix = installed
    for folder in ("share/oriel/nginx", "lib"):
        for path in (prefix / folder).rglob("*"):
            if path.is_file():
                assert not re.search(r"@[a-z_]+@", path.read_text()), path


@pytest.mark.parametrize("unit", UNITS)
def test_unit_is_a_tight_sandbox(installed, unit, tmp_path):
    _, prefix = installed
    copy = tmp_path / unit.replace("@.", "@cam.")
    copy.write_bytes((prefix / "lib/systemd/system" / unit).read_bytes())
    told = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", copy],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)[1])
    assert exposure <= 1.5 and told.returncode == 0
    assert re.search(r"^✓ PrivateNetwork=", told.stdout, re.M)


@pytest.mark.parametrize("unit", UNITS)
def test_unit_is_never_given_up(installed, unit):
    """systemd's default is five starts in ten seconds, and then none."""
    _, prefix = installed
    sections = configparser.ConfigParser(strict=False, interpolation=None)
    sections.optionxform = str
    sections.read(prefix / "lib/systemd/system" / unit)
    assert sections["Unit"]["StartLimitIntervalSec"] == "0"
    assert sections["Service"]["Restart"] == "always" and sections["Service"]["RestartPreventExitStatus"] == "2"


def test_units_are_understood(installed, tmp_path):
    """systemd knows every line; the programs and users it cannot find here are made up."""
    _, prefix = installed
    for path in (prefix / "lib/systemd/system").iterdir():
        if path.is_dir():
            continue
        name = path.name.replace("@.", "@cam.")
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(), flags=re.M)
        (tmp_path / name).write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.M))
    units = sorted(tmp_path.iterdir())
    assert len(units) == 6
    assert run("systemd-analyze", "verify", "--man=no", *units).strip() == ""


def test_the_lines_for_nginx_are_understood(installed, tmp_path):
    """Of the drop-in for Debian's nginx.service: systemd knows them, and orielctl the command."""
    _, prefix = installed
    text = (prefix / "lib/systemd/system/nginx.service.d/oriel.conf").read_text()
    commands = re.findall(r"^Exec(?:StartPost|Reload)=-(\S+)/orielctl (\S+) \$MAINPID$", text, re.M)
    assert commands == [(str(prefix)[len(str(installed[0])):] + "/bin", "notsent-lowat")] * 2
    assert "no nginx" in subprocess.run([oriel.BUILD / "orielctl", commands[0][1], "1"], stderr=subprocess.PIPE, text=True).stderr
    (tmp_path / "nginx.service.d").mkdir()
    (tmp_path / "nginx.service.d/oriel.conf").write_text(text.replace(commands[0][0] + "/orielctl", "/bin/true"))
    (tmp_path / "nginx.service").write_text("[Service]\nType=forking\nExecStart=/bin/true\nExecReload=/bin/true\n")
    assert run("systemd-analyze", "verify", "--man=no", tmp_path / "nginx.service").strip() == ""


def test_units_take_no_option_that_the_program_has_not(installed):
    _, prefix = installed
    for unit, program in UNITS.items():
        command = re.search(r"^ExecStart=\S+(.*)$", (prefix / "lib/systemd/system" / unit).read_text(), re.M)[1]
        arguments = [a.replace("%i", "cam") for a in command.split() if not a.startswith("--config")]
        run(oriel.BUILD / program, *arguments, "--dump-config")


def test_users_and_folders_are_understood(installed, tmp_path):
    """As systemd-sysusers and systemd-tmpfiles would make them, in an empty root."""
    _, prefix = installed
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/false\n")
    (root / "etc/group").write_text("root:x:0:\nvideo:x:44:\nwww-data:x:33:\n")
    run("systemd-sysusers", f"--root={root}", prefix / "lib/sysusers.d/oriel.conf")
    groups = {line.split(":")[0]: line.split(":")[3] for line in (root / "etc/group").read_text().splitlines()}
    assert groups["oriel-web"] == "www-data" and groups["video"] == "oriel"
    assert set(groups["oriel"].split(",")) == {"oriel-fcgi", "oriel-ws", "oriel-record"}
    if os.geteuid() == 0:
        run("systemd-tmpfiles", f"--root={root}", "--create", prefix / "lib/tmpfiles.d/oriel.conf")
        assert (root / "var/lib/oriel").stat().st_mode & 0o7777 == 0o2750
        grants = (root / "run/oriel/.grants").stat()
        users = dict(line.split(":")[0:3:2] for line in (root / "etc/passwd").read_text().splitlines())
        ids = dict(line.split(":")[0:3:2] for line in (root / "etc/group").read_text().splitlines())
        assert (grants.st_mode & 0o7777, str(grants.st_uid), str(grants.st_gid)) == (0o750, users["oriel-fcgi"], ids["oriel"])


@pytest.mark.parametrize("site", ["oriel.conf", "oriel-tls.conf"])
def test_site_as_installed(installed, site, tmp_path):
    """nginx takes it as it is, but for paths and a certificate of this test."""
    root, prefix = installed
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=camera.example",
        "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem")
    folder = prefix / "share/oriel/nginx"
    for path in folder.iterdir():
        text = path.read_text().replace(f"include {str(folder)[len(str(root)):]}/", f"include {tmp_path}/")
        text = re.sub(r"/etc/letsencrypt/\S*/(full)?(chain|privkey)\.pem",
                      lambda match: str(tmp_path / ("key.pem" if match[2] == "privkey" else "cert.pem")), text)
        text = re.sub(r"listen (\[::\]:)?(80|443)", lambda match: f"listen {'[::1]' if match[1] and oriel.has_ipv6() else '127.0.0.1'}:{oriel.free_port()}", text)
        (tmp_path / path.name).write_text(text)
    values = dict(user="", workers=1, run=tmp_path, error_log="stderr", access_log="off", site=tmp_path / site)
    conf = run(oriel.SOURCE / "nginx/render", oriel.SOURCE / "nginx/nginx.conf.in", *(f"{k}={v}" for k, v in values.items()))
    (tmp_path / "nginx.conf").write_text(conf)
    told = run("nginx", "-t", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf")
    assert "successful" in told and "warn" not in told


@pytest.mark.parametrize("manual", MANUALS)
def test_manual(installed, manual):
    """Without a warning from groff, and with every option of the program."""
    _, prefix = installed
    path = prefix / "share/man" / manual
    assert run("groff", "-man", "-ww", "-z", "-Kutf8", path).strip() == ""
    program = {"oriel.conf": "orield"}.get(path.stem, path.stem)
    if program == "orielctl":
        names = re.findall(r"^  ([a-z]+) ", run(oriel.BUILD / program, "--help"), re.M)
    else:
        names = re.findall(r"^([a-z_]+) =", run(oriel.BUILD / program, "--dump-config"), re.M)
    assert len(names) >= 3
    text = path.read_text().replace("\\-", "-")
    for name in names:
        shown = {"1": f"\n.B {name}", "5": f"\n.B {name} = "}.get(manual[-1], name.replace("_", "-"))
        assert shown in text, name


def test_distribution_is_whole(tmp_path):
    """Every file that git has but its own, and the editor's."""
    if not (oriel.SOURCE / ".git").exists():
        return      # this is the distribution
    tracked = run("git", "-C", oriel.SOURCE, "-c", f"safe.directory={oriel.SOURCE}", "ls-files").splitlines()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    run("make", "-s", "-C", oriel.BUILD, "distdir", f"distdir={tmp_path}/oriel", env=environment)
    missing = [name for name in tracked if not (tmp_path / "oriel" / name).exists()]
    assert [name for name in missing if name not in (".gitignore", ".editorconfig")] == []
