# SPDX-License-Identifier: ISC
import pytest


@pytest.fixture
def history(site):
    """At least five events, three of them manual saves."""
    for _ in range(3):
        assert site.command({"cmd": "snapshot_now"})["ok"]
    with site.events() as events:
        events.wait("motion")
    return site


def events(answer):
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    return answer.json()


def test_newest_first(history):
    listed = events(history.get("/history"))
    ids = [event["id"] for event in listed]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == len(ids)
    assert 4 <= len(listed) <= 50
    assert all({"id", "type", "ts", "data"} <= set(event) for event in listed)


def test_pages(history):
    listed = events(history.get("/history?limit=4"))
    assert len(listed) == 4
    older = events(history.get(f"/history?before={listed[1]['id']}&limit=2"))
    assert older == listed[2:4]
    newer = events(history.get(f"/history?after={listed[3]['id']}&limit=2"))
    assert newer == [listed[2], listed[1]]      # oldest first


def test_type(history):
    listed = events(history.get("/history?type=motion"))
    assert listed and all(event["type"] == "motion" for event in listed)
    assert {"ts", "count", "change"} <= set(listed[0]["data"])


@pytest.mark.parametrize("query, name", [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"),
                                         ("before=x", "before"), ("after=-1", "after"), ("before=1.5", "before")])
def test_bad_query(site, query, name):
    answer = site.get(f"/history?{query}")
    assert answer.status_code == 400 and name in answer.json()["error"]


def test_method(site):
    answer = site.request("DELETE", "/history")
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]
