from pathlib import Path
from random import Random

import msgspec
from tests.alerting import AT, alerts

from tidemark.alerts.trial import trial
from tidemark.clock import EventClock
from tidemark.model.notification import Notification
from tidemark.settings.alerting import check


def test_each_sink_is_tried_and_says_what_became_of_it(tmp_path: Path) -> None:
    specs = check(alerts("log file:a.jsonl", "bad nothing://hidden", "screens browser:", "off file:log/x/"))

    tried = trial(specs, tmp_path, "http://here", EventClock(AT), Random(1))

    assert [(one.sink, one.scheme, one.is_sent) for one in tried] == [
        ("log", "file", True), ("bad", "nothing", False), ("screens", "browser", None), ("off", "file", False),
    ]  # fmt: skip
    assert "only the monitor" in tried[2].detail
    assert not any("hidden" in one.detail for one in tried)
    told = msgspec.json.decode((tmp_path / "a.jsonl").read_bytes(), type=Notification)
    assert (told.channel, told.at, told.link, told.count) == ("log", AT, "http://here", 0)
    assert "trial of the sink log" in told.text
