# SPDX-License-Identifier: ISC
"""The panel of the camera's own controls, with orield on a driver (the synthetic V4L2 camera of tests/preload)."""
import pathlib
import shutil
import tempfile

import pytest

from conftest import warm_up
from oriel import wait_for


@pytest.fixture(scope="module")
def driver():
    """Stands for /dev, and lies below it, as orield is confined; `set` in it is somebody else who changes a control."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="oriel-", dir="/dev/shm"))
    (folder / "video0").write_text("modes=yuyv:320x240@15")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def watched(sites, driver):
    site = sites.new(cameras={"cam": ["--source=v4l2", "--device=/dev/video0", "--motion=no"]})
    site.preload("orield", "camera.so", ORIEL_FAKE_DEV=driver)
    warm_up(site.start())
    yield site
    sites.end(site)


@pytest.fixture
def panel(watched, browse):
    assert watched.command({"cmd": "control", "white_balance_automatic": True, "contrast": 50, "power_line_frequency": 1, "brightness": 50})["ok"]
    page = browse(watched).live()
    wait_for(lambda: page["controls"].is_displayed())
    page["controls"].find_element("tag name", "summary").click()
    return page


def told(site, name):
    return next(control for control in site.get("/controls").json()["controls"] if control["name"] == name)


def value(page, name):
    return page.run("const input = document.getElementById(arguments[0]); return input.type === 'checkbox' ? input.checked : input.value",
                    f"control-{name}")


def test_it_shows_what_the_driver_says(watched, panel):
    assert panel.all("#controls-fields .field")[0].text.startswith("Brightness")
    for control in watched.get("/controls").json()["controls"]:
        field = panel[f"control-{control['name']}"]
        assert field.is_enabled() == (not control["inactive"] and not control["read_only"]), control
        if control["type"] == "integer":
            assert [field.get_attribute(name) for name in ("min", "max", "step")] == [
                str(control[name]) for name in ("min", "max", "step")]
        if control["type"] == "menu":
            assert panel.run("return [...arguments[0].options].map((option) => option.text)", field) == [
                item["label"] for item in control["menu"]]
        if "value" in control:
            assert value(panel, control["name"]) in (control["value"], str(control["value"]))


def test_each_kind_is_set(watched, panel):
    panel.run("const input = document.getElementById('control-contrast'); input.value = 75; input.dispatchEvent(new Event('input'))")
    wait_for(lambda: told(watched, "contrast")["value"] == 75)
    panel.run("const menu = document.getElementById('control-power_line_frequency'); menu.value = 2; menu.dispatchEvent(new Event('change'))")
    wait_for(lambda: told(watched, "power_line_frequency")["value"] == 2)
    panel["control-pan_reset"].click()
    assert not panel["control-white_balance_temperature"].is_enabled()
    panel["control-white_balance_automatic"].click()
    wait_for(lambda: told(watched, "white_balance_automatic")["value"] is False)
    wait_for(lambda: panel["control-white_balance_temperature"].is_enabled())     # it was inactive because of the other
    assert not panel.text("notice").startswith("Not changed")


def test_what_others_set_shows_up(watched, panel, driver, browse):
    other = browse(watched).live()
    wait_for(lambda: other["controls"].is_displayed())
    panel.run("const input = document.getElementById('control-brightness'); input.value = 33; input.dispatchEvent(new Event('input'))")
    wait_for(lambda: value(other, "brightness") == "33")
    (driver / "new").write_text("brightness=77")
    (driver / "new").rename(driver / "video0.set")           # not by us at all; whole at once, as it is looked at once
    wait_for(lambda: value(other, "brightness") == value(panel, "brightness") == "77")
