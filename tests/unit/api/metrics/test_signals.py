import errno
import os
from pathlib import Path

import pytest
from tests.api_process import Lived
from tests.scraped import scraped, value
from tests.signal_records import moved, signal, story

from tidemark.api.metrics.exposition import Exposition
from tidemark.api.metrics.signals import tell_signals
from tidemark.api.routes.health import Status, parts_of
from tidemark.store import segments


def figures(process: Lived) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    to = Exposition()
    tell_signals(to, process.parts)
    return scraped(to.text())


def test_records_are_told_by_rule_and_kind_and_what_is_lost_is_red(own: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = own.parts.signal_log
    assert kept is not None
    before = figures(own)
    kept.offer(story(1))

    found = figures(own)

    name = "tidemark_signal_records_total"
    for record, count in (("signal", 1), ("transition", 3), ("outcome", 1), ("random", 0)):
        labels = {"rule": "confluence", "record": record}
        assert (value(found, name, **labels) or 0) - (value(before, name, **labels) or 0) == count
    assert value(found, "tidemark_signals_followed_capacity") == 2048
    assert (value(found, "tidemark_signal_log_waiting_bytes"), value(found, "tidemark_signal_log_lost_total")) == (0, 0)
    (part,) = [one for one in parts_of(own.monitor) if one.name == "signals"]
    assert part.status is Status.OK

    def refuse(path: Path, data: bytes, size: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(segments, "append_whole", refuse)
    kept.offer([signal(2)])
    (waits,) = [one for one in parts_of(own.monitor) if one.name == "signals"]
    assert (waits.status, waits.detail.partition(":")[0]) == (Status.DOWN, "records wait for the disk")
    wide = [moved(signal(number), 1) for number in range(500)]
    while not kept.lost:
        kept.offer(wide)

    lost = figures(own)
    assert (value(lost, "tidemark_signal_log_lost_total") or 0) > 0
    assert (value(lost, "tidemark_signal_log_waiting_bytes") or 0) > 0
    (part,) = [one for one in parts_of(own.monitor) if one.name == "signals"]
    assert part.status is Status.DOWN
    assert "were lost since the start" in part.detail
