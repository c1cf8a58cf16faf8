import asyncio
from pathlib import Path

import numpy as np
from tests.api_process import SYMBOL, Lived, lived

from tidemark.api.monitor import Monitor
from tidemark.api.score_history import POINTS, ScoreHistory
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Delisting
from tidemark.units import MILLISECOND, MINUTE


def test_a_point_is_the_score_of_its_minute_to_half_a_point(process: Lived, monitor: Monitor) -> None:
    analysis = monitor.analysis()
    slot = monitor.slot(SYMBOL)
    history = ScoreHistory(
        process.parts.engine.universe,
        analysis,
        series=process.parts.engine.universe.reservation.capacity,
        ledger=Ledger(),
    )
    history.take(process.clock.at_ns)

    points = history.points(slot, POINTS)

    assert analysis.scores is not None
    assert analysis.scores.is_known[slot]
    assert points.time_ms == [process.clock.at_ns // MINUTE * MINUTE // MILLISECOND]
    (score,) = points.score
    assert score is not None
    assert abs(score - analysis.scores.score[slot]) <= 0.25
    assert points.components["sentiment"] == [None]
    (volume,) = points.components["volume"]
    assert volume is not None


def test_minutes_that_nobody_saw_are_points_of_which_nothing_is_known(process: Lived, monitor: Monitor) -> None:
    universe = process.parts.engine.universe
    history = ScoreHistory(universe, monitor.analysis(), series=universe.reservation.capacity, ledger=Ledger())
    for minute in (1, 4, 2, 4 + POINTS):
        history.take(10**9 * MINUTE + minute * MINUTE)
        if minute == 4:
            assert [score is None for score in history.points(monitor.slot(SYMBOL), 10).score] == [
                False, True, True, False
            ]  # fmt: skip

    assert len(history.points(monitor.slot(SYMBOL), POINTS).score) == 1


def test_a_market_that_takes_a_slot_has_none_of_the_history_of_the_one_before(tmp_path: Path) -> None:
    process = asyncio.run(lived(tmp_path, 2900))
    slot = process.monitor.slot(SYMBOL)
    assert len(process.history.points(slot, POINTS).time_ms) > 0
    now = process.clock.at_ns
    process.parts.sink.on_event(Delisting(ts_event=now, ts_recv=now, symbol=SYMBOL))
    process.live(70)

    assert process.history.points(slot, POINTS).time_ms == []


def test_nothing_is_known_where_nothing_is_scored(process: Lived) -> None:
    universe = process.parts.engine.universe
    history = ScoreHistory(universe, None, series=universe.reservation.capacity, ledger=Ledger())
    history.take(process.clock.at_ns)

    assert history.points(0, POINTS).score == []


def test_it_takes_what_it_reserved(process: Lived) -> None:
    ledger = Ledger()
    ScoreHistory(process.parts.engine.universe, None, series=20, ledger=ledger)

    (planned,) = ScoreHistory.reserve(series=20)
    assert planned.bytes in {line.bytes_reserved for line in ledger.report()}
    assert planned.item_bytes == np.dtype(np.uint8).itemsize * POINTS * 7 + 8
