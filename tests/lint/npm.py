# SPDX-License-Identifier: ISC
"""What the tests of the pages have from npm: of the version in package.json, each kept in a folder of its own in the build tree."""
import json
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


def modules(build, name):
    """The node_modules with the package, installed if it is not."""
    version = json.loads((TOP / "package.json").read_text())["devDependencies"][name]
    folder = build / "npm" / f"{name}-{version}"
    done = folder / "installed"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
                        "--loglevel=error", f"{name}@{version}"], check=True, cwd=folder, stdin=subprocess.DEVNULL)
        done.touch()
    return folder / "node_modules"
