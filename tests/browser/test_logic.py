# SPDX-License-Identifier: ISC
"""Parts of the page that need a document, called in the browser. (What needs none is tested in tests/js.)"""
import pytest

pytestmark = pytest.mark.only("chromium", "the same in all of them")


@pytest.fixture
def page(site, browse):
    return browse(site)


def test_text_from_outside_stays_text(page):
    """A reason with markup in it is shown as it is."""
    assert page.module("""
        const { recentView } = await import('./recent-events.js');
        const reason = '<img src=x onerror=alert(1)>';
        recentView(new URL('.', location.href), () => {}, () => {})({
            clips: [], events: [{ key: 'x', id: 1, type: 'camera', ts: 1, data: { online: false, reason } }] });
        const item = document.querySelector('[data-key=x]');
        return [item.textContent.endsWith(`Camera offline: ${reason}`), item.querySelector('img')];""") == [True, None]



def test_a_movie_that_browsers_do_not_play_is_a_download(page):
    assert page.module("""
        const { recentView } = await import('./recent-events.js');
        const clip = { name: 'a.mkv', url: 'clips/a.mkv', poster: 'icon.svg', seconds: 3, ts: 1, bytes: 1, cause: 'manual' };
        recentView(new URL('.', location.href), () => {}, () => {})({ events: [], clips: [clip] });
        const link = document.querySelector('[data-key="clip a.mkv"] .event-clip');
        return [link.textContent, link.download, link.onclick];""") == ["Clip, 3 s: download only (mkv)", "a.mkv", None]


CONTROLS = """
    const { cameraControlsForm } = await import('./camera-controls.js');
    const { initial, reduce } = await import('./state.js');
    const asked = [];
    const form = cameraControlsForm({ want: (values) => asked.push(values) }, new URL('.', location.href), () => {});
    const free = { inactive: false, read_only: false, volatile: false };
    const controls = [
        { name: 'brightness', label: 'Brightness', type: 'integer', min: -64, max: 64, step: 2, default: 0, value: 4, ...free },
        { name: 'awb', label: 'Automatic', type: 'boolean', default: true, value: true, ...free },
        { name: 'line', label: 'Power line', type: 'menu', default: 0, value: 2, ...free, inactive: true,
          menu: [{ value: 0, label: 'Off' }, { value: 2, label: '60 Hz' }] },
        { name: 'focus', label: 'Focus now', type: 'button', ...free },
        { name: 'odd', label: 'Odd', type: 'bitmask', ...free },
    ];
    const state = reduce(initial, { type: 'controls', data: { controls } });
    form.update(state);
    const panel = document.getElementById('controls');
    panel.open = true;
    const by = (name) => document.getElementById(`control-${name}`);
"""


def test_the_cameras_controls_are_built_from_what_the_driver_says(page):
    shown = page.module(CONTROLS + """
        return [panel.hidden, by('brightness').type, by('brightness').min, by('brightness').step, by('brightness').value,
            by('awb').checked, by('line').value, by('line').disabled, by('line').options[1].text, by('odd')];""")
    assert shown == [False, "range", "-64", "2", "4", True, "2", True, "60 Hz", None]


def test_the_cameras_controls_are_set(page):
    asked = page.module(CONTROLS + """
        by('brightness').value = 10;
        by('brightness').dispatchEvent(new Event('input'));
        by('awb').click();
        by('focus').click();
        return asked;""")
    assert asked == [{"brightness": 10}, {"awb": False}, {"focus": True}]


def test_a_camera_without_controls_has_no_panel(page):
    assert page.module(CONTROLS + "form.update(initial); return panel.hidden;") is True
