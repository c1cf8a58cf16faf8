from pathlib import Path
from random import Random

import msgspec
from tests.alerting import AT, alerts

from tidemark.alerts.sinks.base import Place
from tidemark.alerts.trial import trial
from tidemark.clock import EventClock
from tidemark.model.notification import Notification
from tidemark.settings.alerting import check


def test_each_sink_is_tried_and_says_what_became_of_it(tmp_path: Path) -> None:
    specs = check(alerts("log file:a.jsonl", "bad nothing://hidden", "screens browser:", "off file:log/x/"))

    tried = trial(specs, Place(folder=tmp_path, clock=EventClock(AT)), "http://here", Random(1))

    assert [(one.sink, one.scheme, one.is_sent) for one in tried] == [
        ("log", "file", True), ("bad", "nothing", False), ("screens", "browser", None), ("off", "file", False),
    ]  # fmt: skip
    assert "only the monitor" in tried[2].detail
    assert not any("hidden" in one.detail for one in tried)
    told = msgspec.json.decode((tmp_path / "a.jsonl").read_bytes(), type=Notification)
    assert (told.channel, told.at, told.link, told.count) == ("log", AT, "http://here", 0)
    assert "trial of the sink log" in told.text


def test_where_the_monitor_listens_browsers_are_tried_too(tmp_path: Path) -> None:
    said: list[Notification] = []
    place = Place(folder=tmp_path, clock=EventClock(AT), say=said.append)

    (tried,) = trial(check(alerts("screens browser:")), place, None, Random(1))

    assert tried.is_sent is True
    assert [(told.channel, told.group) for told in said] == [("screens", "trial")]
