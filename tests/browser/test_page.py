# SPDX-License-Identifier: ISC
"""What people see and do on the dashboard."""
import json
import re

import pytest

from selenium.webdriver.common.keys import Keys

from oriel import wait_for


def event_changes(page):
    return page.run("return [...document.querySelectorAll('#events .event-change')].map((node) => node.textContent)")


def test_the_picture_moves(page, site):
    """By the stream itself: stills stand in for it only where it does not get through."""
    page.wait_movement()
    wait_for(lambda: site.status()["viewers"]["stream"] == 1)
    assert page.text("link-words") == "Live"
    wait_for(lambda: re.fullmatch(r"320 × 240 · [1-9]\d* fps · \d+ m?s old", page.text("facts")))


def test_the_page_says_which_camera(page, site):
    assert wait_for(lambda: page.text("camera-name")) == site.get("/status").json()["name"]


def test_motion_appears_in_the_list_the_plot_and_the_live_region(page, site):
    first = "return document.getElementById('events').firstElementChild?.dataset.key"
    before = page.run(first)
    wait_for(lambda: page.run(first) != before)
    newest = site.get("/history?type=motion&limit=1").json()[0]
    wait_for(lambda: f"{newest['data']['change']:.1f} %" in event_changes(page))
    assert wait_for(lambda: page.run("return document.querySelector('#plot .plot-dots').getAttribute('d')"))
    assert "of the picture" in page.wait_text("motion-spoken", "")
    assert ", motion fired" in page.wait_text("plot-words", "Since")
    wait_for(lambda: page.run("const img = document.querySelector('#events img'); img.scrollIntoView();"
                              "return img.complete && img.naturalWidth") == 320)


def test_past_events_are_there_at_once(site, browse):
    wait_for(lambda: site.get("/history?type=motion").json())
    newest = site.get("/history?type=motion&limit=1").json()[0]
    page = browse(site).live()
    wait_for(lambda: f"{newest['data']['change']:.1f} %" in event_changes(page))


def test_save_snapshot_says_what_was_saved(page, site):
    page["snap-btn"].click()
    said = page.wait_text("notice-words", "Saved manual-")
    name = re.match(r"Saved (manual-\S+\.jpg), [\d.]+ kB\.", said).group(1)
    assert page["notice-link"].get_attribute("href") == site.url(f"/snaps/{name}")
    assert site.get(f"/snaps/{name}").content[:2] == b"\xff\xd8"
    wait_for(lambda: page.all(f'#saved [data-key="{name}"]'))


def test_a_refused_command_says_why(make_site, browse):
    site = make_site(ready=False, cameras={"cam": ["--source=pipe", "--input=/nonexistent"]})
    wait_for(lambda: site.answers("/status"))
    site.begin()
    site.allow("capture: offline")
    page = browse(site).allow_outage()
    page.wait_text("link-words", "Camera offline: ")
    wait_for(lambda: page.attribute("snap-btn", "aria-disabled") == "false")
    page["snap-btn"].click()
    page.wait_text("notice-words", "Not saved: ")
    assert page.attribute("notice", "data-kind") == "failed"


def test_reset_counter(page, site):
    wait_for(lambda: site.get("/config").json()["trigger_count"] > 0)
    page["reset-btn"].click()
    page.wait_text("notice-words", "Counter reset.")
    wait_for(lambda: page.text("trigger-count") == str(site.get("/config").json()["trigger_count"]))


def test_the_slider_works_in_a_second_browser_too(site, browse):
    one, other = browse(site).live(), browse(site).live()
    other["threshold"].send_keys(Keys.HOME)
    wait_for(lambda: site.get("/config").json()["threshold"] == 0)
    wait_for(lambda: one.text("threshold-value") == "0" and one["threshold"].get_attribute("value") == "0")
    one["threshold"].send_keys(Keys.END)
    wait_for(lambda: other.text("threshold-value") == "100")
    assert site.get("/config").json()["threshold"] == 100
    one["threshold"].send_keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 12)
    wait_for(lambda: other.text("threshold-value") == "12" and site.get("/config").json()["threshold"] == 12)


def test_armed_by_one_click_or_key(page, site):
    wait_for(lambda: page.all("#armed-yes:checked"))
    page.all("#armed-choices label")[1].click()
    wait_for(lambda: site.status()["armed_now"] is False and page.text("armed-words").startswith("Motion is shown"))
    page["armed-no"].send_keys(Keys.ARROW_RIGHT)
    page.wait_text("armed-words", "Not armed now, and never")
    assert page["armed-schedule"].is_selected()
    site.post("/config", json={"schedule": "mon-sun"})
    page.wait_text("armed-words", "Armed now, and always")
    site.post("/config", json={"armed": "yes", "schedule": ""})
    wait_for(lambda: page["armed-yes"].is_selected() and page.text("armed-words") == "")


def test_the_slider_is_live_while_it_is_dragged(page, site):
    """Each step of a drag is sent, as fast as answers come; the last one always is."""
    page.run("""
        const slider = document.getElementById('threshold');
        for (let value = 20; value <= 60; value++) {
            slider.value = value;
            slider.dispatchEvent(new Event('input'));
        }""")
    assert page.text("threshold-value") == "60" or wait_for(lambda: page.text("threshold-value") == "60")
    wait_for(lambda: site.get("/config").json()["threshold"] == 60)
    site.post("/config", json={"threshold": 12})
    wait_for(lambda: page.text("threshold-value") == "12")


def test_a_refused_setting_goes_back_and_says_why(page, site):
    page.run("const slider = document.getElementById('threshold'); slider.max = 300; slider.value = 250;"
             "slider.dispatchEvent(new Event('input'));")
    page.wait_text("notice-words", "Not changed: threshold out of range")
    wait_for(lambda: page.text("threshold-value") == "12" and page["threshold"].get_attribute("value") == "12")


def test_settings_panel(page, site):
    page["settings"].find_element("tag name", "summary").click()
    field = wait_for(lambda: page.all("#set-cooldown"))[0]
    assert wait_for(lambda: field.get_attribute("value")) == str(site.get("/config").json()["cooldown"])
    field.clear()
    field.send_keys("700", Keys.TAB)
    wait_for(lambda: site.get("/config").json()["cooldown"] == 700)
    wait_for(lambda: page.text("source-cooldown") == "set here")
    page["set-save_on_motion"].click()
    wait_for(lambda: site.get("/config").json()["save_on_motion"] is False)
    site.post("/config", json={"cooldown": 500, "save_on_motion": True})
    wait_for(lambda: page["set-save_on_motion"].is_selected() and field.get_attribute("value") == "500")


def test_the_form_is_drawn_from_what_the_camera_says(page, site):
    config = site.get("/config").json()
    live = [setting for setting in config["settings"] if setting["live"]]
    page["settings"].find_element("tag name", "summary").click()
    drawn = wait_for(lambda: page.run("""
        return [...document.querySelectorAll('#settings-fields .group')].flatMap((group) =>
            [...group.querySelectorAll('input, select')].map((input) => [document.getElementById(group.getAttribute('aria-labelledby')).textContent, input.id,
                input.labels[0].textContent, document.getElementById(input.getAttribute('aria-describedby')).textContent]));"""))
    assert drawn == [[setting["group"], f"set-{setting['name']}",
                      setting["label"] + (", exactly" if setting["name"] == "threshold" else ""), setting["help"]] for setting in live]
    for setting in live:
        field = page[f"set-{setting['name']}"]
        if setting["type"] == "boolean":
            assert wait_for(field.is_displayed) and field.is_selected() is config[setting["name"]]
            continue
        if setting["type"] in ("choice", "text"):
            assert wait_for(field.is_displayed) and field.get_attribute("value") == config[setting["name"]]
            continue
        assert [field.get_attribute(name) for name in ("min", "max", "step")] == [
            str(setting[name]) for name in ("min", "max", "step")]
        assert page.run("return arguments[0].parentNode.textContent", field).strip() == setting["unit"]
    threshold = next(setting for setting in live if setting["name"] == "threshold")
    assert page.run("const { min, max, labels } = document.getElementById('threshold'); return [min, max, labels[0].textContent]") == [
        str(threshold["min"]), str(threshold["max"]), threshold["label"]]
    assert page.text("threshold-unit") == threshold["unit"]


@pytest.mark.parametrize("one, change, wanted", [
    ({"type": "boolean"}, "input.checked = false", False),
    ({"type": "integer", "min": 2, "max": 9, "step": 1, "unit": "ms"}, "input.value = 7", 7),
    ({"type": "number", "min": 0, "max": 9, "step": 0.1, "unit": "%"}, "input.value = 0.6", 0.6),
    ({"type": "choice", "choices": ["slow", "fast"]}, "input.value = 'fast'", "fast"),
    ({"type": "text"}, "input.value = 'a b'", "a b"),
], ids=lambda one: one.get("type") if isinstance(one, dict) else "")
def test_each_kind_of_setting_is_drawn_and_set(page, one, change, wanted):
    """Also kinds that no setting has today."""
    before = {"boolean": True, "choice": "slow", "text": "x"}.get(one["type"], 3)
    one = one | {"name": "speed", "label": "Speed", "help": "How fast.", "live": True, "group": "Motion"}
    assert page.module(f"""
        const {{ row }} = await import('./settings.js');
        const {{ initial }} = await import('./state.js');
        const asked = [];
        const {{ node, update }} = row({json.dumps(one)}, (value) => asked.push(value));
        document.body.append(node);
        update(initial);
        const hidden = node.hidden;
        update({{ ...initial, config: {{ speed: {json.dumps(before)}, sources: {{ speed: 'file' }} }} }});
        const input = document.getElementById('set-speed');
        const shown = input.type === 'checkbox' ? input.checked : input.value;
        {change};
        input.dispatchEvent(new Event('change', {{ bubbles: true }}));
        const said = document.getElementById('source-speed').textContent;
        node.remove();
        return [hidden, shown, asked, said];""") == [True, before if isinstance(before, (bool, str)) else str(before), [wanted], "from the file"]


def test_a_value_out_of_range_is_not_sent(page, site):
    page["settings"].find_element("tag name", "summary").click()
    field = wait_for(lambda: page.all("#set-noise"))[0]
    wait_for(lambda: field.get_attribute("value") == "16")
    field.clear()
    field.send_keys("999", Keys.TAB)
    page["set-save_on_motion"].click()          # is sent behind it
    wait_for(lambda: site.get("/config").json()["save_on_motion"] is False)
    site.post("/config", json={"save_on_motion": True})
    assert site.get("/config").json()["noise"] == 16 and not page.text("notice").startswith("Not changed")


def test_saved_pictures_are_shown_downloaded_and_deleted(page, site):
    page["snap-btn"].click()
    name = re.match(r"Saved (\S+),", page.wait_text("notice-words", "Saved manual-")).group(1)
    card = wait_for(lambda: page.all(f'#saved [data-key="{name}"]'))[0]
    assert card.find_element("css selector", "a[download]").get_attribute("download") == name
    card.find_element("css selector", ".card-view").click()
    wait_for(lambda: page["viewer"].get_attribute("open") and
             page.run("return document.getElementById('viewer-img').naturalWidth") == 320)
    page["viewer-delete"].click()
    page.run("document.querySelector('#confirm [value=no]').click()")
    assert site.get(f"/snaps/{name}").status_code == 200
    page["viewer-delete"].click()
    page["confirm-yes"].click()
    page.wait_text("notice-words", f"Deleted {name}")
    site.allow("No such file")
    assert site.get(f"/snaps/{name}").status_code == 404
    assert not page.all(f'#saved [data-key="{name}"]')


def test_what_somebody_else_deletes_goes(page, site):
    name = site.command({"cmd": "snapshot_now"})["name"]
    wait_for(lambda: page.all(f'#saved [data-key="{name}"]'))
    wait_for(lambda: page.run("""
        const picture = document.querySelector(`#saved [data-key="${arguments[0]}"] img`);
        picture.scrollIntoView();
        return picture.complete;""", name))      # else what it asks for may be gone, and the browser complains
    site.request("DELETE", f"/snaps/{name}")
    wait_for(lambda: not page.all(f'#saved [data-key="{name}"]'))


def test_older_pictures_are_paged_in(make_site, browse):
    site = make_site(cameras={"cam": ["--motion=no"]})
    page = browse(site).live()
    names = [site.command({"cmd": "snapshot_now"})["name"] for _ in range(30)]
    wait_for(lambda: page.text("saved-words").startswith("30 pictures"))
    for expected in (24, 30):
        page["older-btn"].click()
        wait_for(lambda: len(page.all("#saved .snap")) == expected)
    shown = page.run("return [...document.getElementById('saved').children].map((item) => item.dataset.key)")
    assert shown == names[::-1] and not page["older-btn"].is_displayed()


def test_a_hidden_tab_holds_no_connection(site, browse):
    page = browse(site).live()
    wait_for(lambda: site.status()["viewers"] == {"stream": 1, "events": 1, "control": 1})
    other = page.window.new_tab()
    wait_for(lambda: site.status()["viewers"] == {"stream": 0, "events": 0, "control": 0}, patience=10)
    site.command({"cmd": "set", "threshold": 13})
    page.window.close_tab(other)
    wait_for(lambda: site.status()["viewers"] == {"stream": 1, "events": 1, "control": 1})
    page.live().wait_movement()
    wait_for(lambda: page.text("threshold-value") == "13")
    site.command({"cmd": "set", "threshold": 12})


def test_here_is_no_secure_context(page):
    """As on anybody's LAN: no service worker, no Web Locks, whatever tests on 127.0.0.1 would find."""
    assert page.run("return [isSecureContext, 'locks' in navigator, 'serviceWorker' in navigator]") == [False] * 3


@pytest.mark.only("chromium", "a matter of the page's address, not of the engine")
def test_on_this_very_machine(site, browse):
    """127.0.0.1 is a secure context, even without TLS."""
    page = browse(site, name="127.0.0.1").live().wait_movement()
    assert page.run("return isSecureContext") is True
    page["snap-btn"].click()
    page.wait_text("notice-words", "Saved manual-")


def test_below_a_prefix(make_site, browse):
    site = make_site(mount="/front-door")
    page = browse(site).live()
    page["snap-btn"].click()
    page.wait_text("notice-words", "Saved manual-")
    assert page["notice-link"].get_attribute("href").startswith(f"{site.origin}/front-door/snaps/manual-")
    page["threshold"].send_keys(Keys.HOME)
    wait_for(lambda: site.get("/config").json()["threshold"] == 0)


def test_a_camera_by_name(make_site, browse):
    site = make_site(cameras={"cam": [], "porch": ["--width=240", "--height=180"]})
    page = browse(site, "/?cam=porch").live()
    assert page.driver.current_url == site.url("/cam/porch/")
    wait_for(lambda: page.text("facts").startswith("240 × 180"))
    assert page.text("camera-name") == "porch · Test card" and page.driver.title == "porch · Test card – Oriel"
    page["snap-btn"].click()
    page.wait_text("notice-words", "Saved manual-")
    assert "/cam/porch/snaps/" in page["notice-link"].get_attribute("href")


def test_a_camera_that_is_not_there(site, browse):
    page = browse(site, "/?cam=shed").allow_outage()
    assert '"unknown camera"' in page.driver.page_source and '"cam"' in page.driver.page_source


def test_a_stream_that_does_not_get_through_is_replaced_by_stills(make_site, browse):
    site = make_site(fcgi=["--max-streams=1"])
    page = browse(site).live()
    other = browse(site).allow_outage()
    other.wait_text("link-words", "Live, as single pictures")
    other.wait_movement()
    assert page.text("link-words") == "Live"


@pytest.mark.only("chromium", "what full screen is to a browser without a screen differs")
def test_full_screen_has_the_picture_and_what_one_does_with_it(page):
    page["full-btn"].click()
    page.wait_text("full-btn", "Leave full screen")
    wait_for(lambda: page.run("""
        const { innerHeight, innerWidth } = window;
        const picture = document.getElementById('stream').getBoundingClientRect();
        const bar = document.querySelector('.toolbar').getBoundingClientRect();
        return picture.top >= 0 && picture.bottom <= bar.top && bar.bottom <= innerHeight
            && (picture.width === innerWidth || Math.abs(picture.height - bar.top) < 1);"""))
    page["snap-btn"].click()
    page.wait_text("notice-words", "Saved manual-")
    page["full-btn"].click()
    page.wait_text("full-btn", "Full screen")
