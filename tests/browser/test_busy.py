# SPDX-License-Identifier: ISC
"""A page whose script has little time still shows the newest picture: half a second old, plus the two bursts of work that it may have to
wait for. (When reading waited for decoding, it was 6 to 24 s old after 8 s.)"""
import pytest

from oriel import wait_for

# Keeps the main thread busy for four fifths of the time, and notes before each fit of work how old
# the picture is that is shown. Resolves with these ages in ms.
BURN = """
    const [seconds, fit] = [%d, %d];
    const canvas = document.getElementById('stream');
    const ages = [];
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
        ages.push(Math.round(Date.now() - canvas.dataset.taken));
        for (const until = performance.now() + fit; performance.now() < until;);
        await new Promise((resume) => setTimeout(resume, fit / 4));
    }
    return ages;
"""
SECONDS = 8


@pytest.fixture
def watched(make_site, browse):
    """720p at 30 a second, as a common camera sends it."""
    return browse(make_site(cameras={"cam": ["--width=1280", "--height=720", "--fps=30"]})).live()


@pytest.mark.parametrize("fit", [80, 320])
def test_a_busy_page_is_not_behind(watched, fit):
    ages = watched.module(BURN % (SECONDS, fit))
    late = sorted(ages[len(ages) // 2:])        # by now a queue would have grown
    turn = SECONDS * 1000 / len(ages)           # a fit of work and a pause, on a machine that may be busy itself
    assert len(ages) >= 5 and late[len(late) // 2] <= 500 + 2 * turn, ages
    assert watched.wait_text("link-words", "Live")


def test_the_pill_says_how_old_the_picture_is(watched):
    """As long as nothing new is shown, for whatever reason."""
    watched.run("window.createImageBitmap = () => new Promise(() => {});")
    watched.wait_text("link-words", "Picture late")
    wait_for(lambda: watched.text("link-detail") in (", 3 s old", ", 4 s old", ", 5 s old"))
    assert watched.attribute("link", "data-kind") == "busy"
