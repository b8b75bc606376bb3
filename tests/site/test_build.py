# SPDX-License-Identifier: ISC
"""From a clone to all tests, in whatever order the commands are called, and on a machine where things are missing."""
import os
import re
import shutil
import subprocess

import pytest

import oriel

# A configure that writes down what it was asked for, and the Makefile of something that counts how often it is built.
CONFIGURE = """#!/bin/sh
[ "$1" = --quiet ] && shift
printf '#!/bin/sh\\necho "%s"\\n' "$*" >config.status
chmod +x config.status
printf 'all: thing\\nthing:\\n\\techo >>built\\n\\ttouch thing\\nclean:\\n\\trm -f thing\\n' >Makefile
echo "$*" >>configured
"""


def packages(name):
    """A list of packages in bootstrap."""
    return set(re.search(rf'^{name}="([^"]*)"', (oriel.SOURCE / "bootstrap").read_text(), re.M)[1].split())


@pytest.fixture
def clone(tmp_path):
    shutil.copy(oriel.SOURCE / "bootstrap", tmp_path)
    (tmp_path / "configure").write_text(CONFIGURE)
    (tmp_path / "configure").chmod(0o755)

    def build(*options):
        subprocess.run([tmp_path / "bootstrap", "build", *options], check=True, timeout=oriel.PATIENCE)
        return [(tmp_path / "build" / name).read_text().splitlines() for name in ("configured", "built")]
    return build


def test_a_tree_configured_for_less_is_configured_for_both(clone):
    """`run` before `check`, and the other way round."""
    assert clone() == [[""], [""]]
    assert clone("--enable-werror", "CC=my gcc") == [["", "--enable-werror CC=my gcc"], [""] * 2]
    assert clone("--enable-tests")[1] == [""] * 3


def test_a_tree_configured_for_enough_is_left_alone(clone):
    once = clone("--enable-werror", "--enable-tests")
    assert clone("--enable-tests") == clone() == once


def counted(folder, *logs):
    """What the closing lines of check say of a tree with one program in tests/unit, one in tests/fuzz, one test in tests/js."""
    for name in ("tests/unit/test_a.c", "tests/fuzz/fuzz_b.c"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "tests/js").mkdir()
    (folder / "tests/js/c.test.js").write_text("import test from 'node:test';\n\ntest('c', () => {\n});\n")
    (folder / "logs").mkdir()
    for number, text in enumerate(logs):
        (folder / "logs" / f"{number}.log").write_text(text)
    (folder / "logs/collect-site.log").write_text("a\nb\n\n120 tests collected in 1.20s\n")
    (folder / "logs/collect-guest.log").write_text("1 test collected in 0.20s\n")
    script = f"top={folder} build={folder}; . {oriel.SOURCE}/tests/check.sh; count"
    return subprocess.run(["sh", "-euc", script], stdout=subprocess.PIPE, text=True, timeout=oriel.PATIENCE)


UNIT = "# TOTAL: 7\n# PASS:  7\n# SKIP:  0\n# FAIL:  0\n"
SANITIZED = "# TOTAL: 4\n# PASS:  4\n# SKIP:  0\n# FAIL:  0\n"
SCRIPTS = "ok 1 - c\n# tests 1\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n# duration_ms 5.25\n"
PYTEST = ("120 passed in 70.12s (0:01:10)\n", "= 1 passed in 0.1s =\n")


def test_all_tests_have_run(tmp_path):
    told = counted(tmp_path, UNIT, SANITIZED, SCRIPTS, *PYTEST)
    assert (told.stdout, told.returncode) == ("133 of 133 tests have run\n133 passed, 0 failed\n", 0)


@pytest.mark.parametrize("unit, scripts, passed", [
    ("# PASS:  2\n", SCRIPTS, 128), (UNIT.replace("SKIP:  0", "SKIP:  1"), SCRIPTS, 133), (UNIT, SCRIPTS.replace("# fail 0", "# fail 1"), 133),
    (UNIT, "", 132)])
def test_tests_that_did_not_run_are_missed(tmp_path, unit, scripts, passed):
    told = counted(tmp_path, unit, SANITIZED, scripts, *PYTEST)
    assert told.returncode == 1 and f"\n{passed} passed" in told.stdout


def test_configure_names_all_packages_it_misses(tmp_path):
    told = subprocess.run([oriel.SOURCE / "configure", "--enable-tests", "--enable-systemd"], cwd=tmp_path, text=True,
                          env=dict(os.environ, PKG_CONFIG="/bin/false"), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    named = set(re.search(r"On Debian: apt-get install (.*)", told.stdout)[1].split())
    assert told.returncode == 1
    assert {"libcmocka-dev", "libsystemd-dev", "libevent-dev", "libsodium-dev"} <= named
    assert named <= packages("build_packages") | {"libcmocka-dev"}


def test_the_manual_has_the_same_packages():
    line = re.search(r"apt-get install --no-install-recommends (.*?)\n    autoreconf", (oriel.SOURCE / "docs/install.md").read_text(), re.S)[1]
    assert set(line.replace("\\", " ").split()) == packages("build_packages") | {"libcmocka-dev", "nginx"}
