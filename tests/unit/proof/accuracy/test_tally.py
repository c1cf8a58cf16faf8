"""Counts, and figures of them."""

from pathlib import Path

import numpy as np
import pytest
from tests.wyckoff_truth import found, label

from tidemark.errors import StoreError
from tidemark.proof.accuracy.matching import Pair
from tidemark.proof.accuracy.tally import MOST_CASES, MOST_DELAY, Case, Cases, EventScore, Tally, share_of
from tidemark.signals.statistics import wilson


def score(tally: Tally, event: str, direction: int) -> EventScore:
    return next(one for one in tally.events() if (one.event, one.direction) == (event, direction))


def test_precision_recall_and_f1_follow_from_the_counts() -> None:
    tally = Tally(Cases())
    for delay in (2, 4, 6, 8):
        tally.pair(Pair(label("SPRING", 1, 50), found("SPRING", 1, 50, 50 + delay), 3), "A")
    tally.pair(Pair(label("SPRING", -1, 50), found("SPRING", -1, 50, 60), 3), "A")
    tally.pair(Pair(None, found("SPRING", 1, 90), 0), "A")
    for _ in range(4):
        tally.pair(Pair(label("SPRING", 1, 99), None, 3), "A")

    both, up, down = (score(tally, "SPRING", direction) for direction in (0, 1, -1))

    assert (up.hits, up.false, up.missed) == (4, 1, 4)
    assert (up.precision.value, up.recall.value) == (0.8, 0.5)
    # Of 2 x 4 hits, 1 false and 4 missed.
    assert up.f1.value == pytest.approx(8 / 13)
    assert (up.precision.low, up.precision.high) == wilson(4, 5)
    assert (up.delay_median, up.delay_p90) == (4.0, 8.0)
    assert (down.hits, down.f1.value, down.delay_median) == (1, 1.0, 10.0)
    assert (both.hits, both.false, both.missed) == (5, 1, 4)


def test_what_never_came_has_no_figure() -> None:
    nothing = score(Tally(Cases()), "BACKUP", 0)

    assert nothing.precision.value is nothing.recall.value is nothing.f1.value is nothing.delay_median is None
    assert (nothing.f1.low, nothing.f1.high) == (0.0, 1.0)
    assert share_of(0, 4).value == 0.0


def test_a_delay_beyond_the_last_place_is_counted_there() -> None:
    tally = Tally(Cases())
    tally.pair(Pair(label("TEST", 1, 1), found("TEST", 1, 1, 10 * MOST_DELAY), 3), "A")

    assert score(tally, "TEST", 0).delay_p90 == MOST_DELAY


def test_phases_are_right_of_all_bars_and_of_those_within_ranges() -> None:
    tally = Tally(Cases())
    tally.phases("known", np.array([0, 0, 1, 2, 2, 3], np.int8), np.array([0, 1, 1, 2, 3, 0], np.int8))

    told = tally.phase_score("known")

    assert told.accuracy == pytest.approx(3 / 6)
    assert told.within == pytest.approx(2 / 4)
    assert told.confusion[2] == (0, 0, 1, 1, 0, 0)
    assert tally.phase_score("drawn").accuracy == 0.0


def test_a_negative_is_counted_by_thousand_and_ten_thousand_bars() -> None:
    tally = Tally(Cases())
    tally.bars = 20_000
    for side in (1, 1, -1):
        tally.pair(Pair(None, found("CLIMAX", side, 5), 0), "A")
    tally.false_schematics = 3

    told = tally.negative("random walk")

    assert told.alarms["CLIMAX"] == told.alarms_in_all == pytest.approx(0.15)
    assert told.schematics_per_10k == pytest.approx(1.5)


def case(at: int) -> Case:
    return Case(kind="false", event="CLIMAX", direction=1, symbol="A", at=at)


def test_a_hundred_examples_are_kept_and_the_rest_is_written(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    with Cases(file) as cases:
        for at in range(MOST_CASES + 7):
            cases.add(case(at))

    assert len(cases.kept["false", "CLIMAX"]) == MOST_CASES
    assert cases.written == len(file.read_text().splitlines()) == 7
    assert '"at":106' in file.read_text()


def test_without_a_file_the_rest_is_counted() -> None:
    with Cases() as cases:
        for at in range(MOST_CASES + 7):
            cases.add(case(at))

    assert (len(cases.kept["false", "CLIMAX"]), cases.left_out) == (MOST_CASES, 7)


def test_a_file_that_cannot_be_written_says_which(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nosuch.*cannot be written"), Cases(tmp_path / "nosuch" / "x.jsonl"):
        pass
