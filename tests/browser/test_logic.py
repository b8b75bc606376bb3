# SPDX-License-Identifier: ISC
"""The page's pure parts, called in the browser."""
import pytest

pytestmark = pytest.mark.only("chromium", "arithmetic is the same in all of them")



@pytest.fixture
def page(site, browse):
    return browse(site)


def reduce(page, *actions):
    """The state after these actions."""
    return page.module(
        "const { initial, reduce } = await import('./state.js');"
        f"return [{', '.join(actions)}].reduce(reduce, initial);")


def test_events_are_bounded_sorted_and_told_apart(page):
    state = reduce(page, *("{type: 'motion', id: %d, data: {ts: %d, change: 20, count: 1}}" % (id, id) for id in range(1, 80)),
                   "{type: 'history', events: [{id: 70, type: 'motion', ts: 70, data: {}}, {id: 71, type: 'saved', ts: 71}]}",
                   "{type: 'motion', id: null, data: {ts: 90.5, change: 9, count: 2, stored: false}}")
    ids = [event["id"] for event in state["events"]]
    assert ids == [None, *range(79, 30, -1)]


def test_pulses_are_bounded(page):
    state = reduce(page, *("{type: 'pulse', now: %d, data: {ts: %d, online: true, change: 1, threshold: 12}}" % (ts, ts)
                           for ts in range(400)))
    assert len(state["pulses"]) == 300 and state["pulses"][-1]["ts"] == 399


def test_what_was_asked_for_shows_until_it_is_answered(page):
    ask = "{type: 'want', scope: 'config', values: {threshold: 30}}"
    told = "{type: 'state', data: {threshold: 12, cooldown: 5, online: true}}"
    assert reduce(page, told, ask, told)["wanted"]["config"] == {"threshold": 30}
    kept = reduce(page, told, ask, "{type: 'kept', scope: 'config', values: {threshold: 30}}")
    assert kept["wanted"]["config"] == {} and kept["config"]["threshold"] == 30
    overtaken = reduce(page, told, ask, told.replace("12", "30"), told, "{type: 'kept', scope: 'config', values: {threshold: 30}}")
    assert overtaken["wanted"]["config"] == {} and overtaken["config"]["threshold"] == 12
    refused = reduce(page, told, ask, "{type: 'refused', scope: 'config', values: {threshold: 30}, reason: 'no'}")
    assert refused["wanted"]["config"] == {} and refused["config"]["threshold"] == 12
    assert refused["notice"]["text"] == "Not changed: no"
    newer = reduce(page, ask, "{type: 'want', scope: 'config', values: {threshold: 31}}",
                   "{type: 'kept', scope: 'config', values: {threshold: 30}}")
    assert newer["wanted"]["config"] == {"threshold": 31}


def test_settings_are_not_taken_for_facts(page):
    state = reduce(page, "{type: 'status', data: {camera: 'cam', name: 'Card', online: true, source: 'testcard', width: 320, height: 240, snaps: {count: 1, bytes: 2}}}",
                   "{type: 'state', data: {online: false, reason: 'gone', source: 'auto', width: 0, height: 0}}")
    assert state["camera"] == {"online": False, "reason": "gone", "id": "cam", "name": "Card", "source": "testcard", "width": 320, "height": 240}


def test_saved_pictures_are_counted(page):
    saved = "{type: 'saved', id: 5, data: {ts: 1, name: 'a.jpg', url: 'snaps/a.jpg', size: 10}}"
    assert reduce(page, saved, saved)["snaps"]["count"] == 1
    deleted = "{type: 'deleted', data: {name: 'a.jpg'}}"
    gone = reduce(page, saved, deleted, deleted)["snaps"]
    assert (gone["count"], gone["bytes"], gone["list"]) == (0, 0, [])


def test_saved_pictures_are_bounded_and_paged(page):
    saved = ["{type: 'saved', id: %d, data: {ts: %d, name: '%d.jpg', url: '', size: 1}}" % (id, id, id) for id in range(40)]
    snaps = reduce(page, *saved)["snaps"]
    assert [snap["name"] for snap in snaps["list"]] == [f"{id}.jpg" for id in range(39, 27, -1)]
    assert snaps["more"] and snaps["count"] == 40
    older = "{type: 'snaps', older: true, list: [%s]}" % ", ".join("{id: %d, name: '%d.jpg'}" % (id, id) for id in range(28, 16, -1))
    snaps = reduce(page, *saved, older, "{type: 'saved', id: 41, data: {ts: 41, name: '41.jpg', url: '', size: 1}}")["snaps"]
    assert [snap["name"] for snap in snaps["list"]] == ["41.jpg", *(f"{id}.jpg" for id in range(39, 17, -1))]


def test_the_wait_between_attempts_grows_and_is_bounded(page):
    waits = page.module(
        "const { backoff } = await import('./retry.js');"
        "return [0, 1, 4, 5, 60].map((failures) => [backoff(failures, () => 0), backoff(failures, () => 1)])")
    assert waits == [[250, 500], [500, 1000], [4000, 8000], [7500, 15000], [7500, 15000]]


STREAM = """
    const { Parts } = await import('./multipart.js');
    const whole = new TextEncoder().encode(%r);
    const parts = new Parts();
    const found = [];
    try {
        for (let at = 0; at < whole.length; at += %d)
            for (const { headers, body } of parts.push(whole.slice(at, at + %d)))
                found.push([headers.get('x-timestamp'), new TextDecoder().decode(body)]);
    } catch (why) { found.push(why.message); }
    return [...found, parts.over];"""


def pictures(page, text, size):
    return page.module(STREAM % (text, size, size))


def test_the_stream_is_read_in_pieces_of_any_size(page):
    text = ("--frame\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: 5\\r\\nX-Timestamp: 1.5\\r\\n\\r\\nab\\r\\nc\\r\\n"
            "--frame\\r\\nContent-Length: 0\\r\\n\\r\\n\\r\\n--frame--\\r\\n").encode().decode("unicode_escape")
    for size in (1, 2, 7, 1000):
        assert pictures(page, text, size) == [["1.5", "ab\r\nc"], [None, ""], True]


def test_a_picture_is_handed_on_at_its_last_byte(page):
    """Before the delimiter behind it, which may come with the next one."""
    assert pictures(page, "--frame\nContent-Length: 3\n\nabc", 10) == [[None, "abc"], False]


def test_a_broken_stream_ends_in_words(page):
    assert pictures(page, "<html>", 10) == [False]
    assert pictures(page, "<html>\n", 10) == ["Not a stream of pictures", False]
    assert pictures(page, "x" * 5000, 100) == ["Not a stream of pictures", False]
    assert pictures(page, "--frame\n\n", 10) == ["A picture without a length", False]
    assert pictures(page, "--frame\nContent-Length: 99999999999\n\n", 10) == ["A picture without a length", False]
    assert pictures(page, "--frame\nContent-Length: 9\n\nabc", 10) == [False]


def test_text_from_outside_stays_text(page):
    """A reason with markup in it is shown as it is."""
    assert page.module("""
        const { recentView } = await import('./recent.js');
        const reason = '<img src=x onerror=alert(1)>';
        recentView(new URL('.', location.href), () => {})({
            events: [{ key: 'x', id: 1, type: 'camera', ts: 1, data: { online: false, reason } }] });
        const item = document.querySelector('[data-key=x]');
        return [item.textContent.endsWith(`Camera offline: ${reason}`), item.querySelector('img')];""") == [True, None]


CONTROLS = """
    const { controlsForm } = await import('./controls.js');
    const { initial, reduce } = await import('./state.js');
    const asked = [];
    const form = controlsForm({ want: (values) => asked.push(values) }, new URL('.', location.href), () => {});
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
