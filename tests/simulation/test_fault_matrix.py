"""Each fault on each channel of each venue, in a world of its own.

Nothing crashes, nothing is invented, every loss is in the gap ledger, and the candles that closed equal the exchange's
own except where the ledger says otherwise. What was recorded of it replays to the same candles.
"""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.integration.service import ROW, closed_rows, replayed_rows

from tidemark.proof.simulation.outcome import Outcome, differences
from tidemark.proof.simulation.schedule import CHANNELS, SWITCHES, Fault
from tidemark.proof.simulation.world import Plan, World, settings_of

SYMBOLS = 4
VENUES = tuple(CHANNELS)
# The fault is on for so long, and then there is time to notice, to close the minute and to mend it.
BEGINS_S, FAULT_S, AFTER_S = 20.0, 40.0, 150.0
NARROWED = ("silent", "duplicate", "reorder", "delay", "gap", "malformed")
ONCE = {"cut": 1.0, "freeze": 1.0, "burst": 5.0, "clock jump": -90.0, "stall": 40.0, "restart": 0.0}


class Cell(NamedTuple):
    """One fault of one venue."""

    venue: str
    fault: Fault

    @property
    def id(self) -> str:
        return " ".join((self.venue, self.fault.kind, *self.fault.channels))


def faults(venue: str) -> Iterator[list[Fault]]:
    """All of them; those that differ by the channel that they touch are together."""
    for kind in SWITCHES:
        touched = [(channel,) for channel in CHANNELS[venue]] if kind in NARROWED else [()]
        yield [Fault(kind=kind, at_s=BEGINS_S, for_s=FAULT_S, channels=channels) for channels in touched]
    yield [Fault(kind="down", at_s=BEGINS_S, for_s=FAULT_S)]
    for kind, amount in ONCE.items():
        yield [Fault(kind=kind, at_s=BEGINS_S, amount=amount)]


def sampled(venue: str) -> Iterator[Fault]:
    """Each fault on one channel, another one for each venue; where there is nothing to choose, at one of the venues."""
    turn = VENUES.index(venue)
    for number, alike in enumerate(faults(venue)):
        if len(alike) > 1:
            yield alike[(number + 2 * turn) % len(alike)]
        elif (number + turn) % 2 == 0:
            yield alike[0]


def lived(cell: Cell, folder: Path) -> tuple[Plan, Outcome]:
    plan = Plan(
        seed=5, venue=cell.venue, symbols=SYMBOLS, rate=40.0, length_s=BEGINS_S + FAULT_S + AFTER_S,
        faults=(cell.fault,), records=True,
    )  # fmt: skip
    return plan, World(plan, folder).live()


# All of them take five minutes: they are lived through where TIDEMARK_ALL_CELLS is set.
CELLS = [
    Cell(venue, fault)
    for venue in VENUES
    for fault in (chain(*faults(venue)) if os.environ.get("TIDEMARK_ALL_CELLS") else sampled(venue))
]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_a_fault_costs_nothing_that_the_ledger_does_not_name(cell: Cell, tmp_path: Path) -> None:
    plan, outcome = lived(cell, tmp_path)

    assert outcome.broken == ()
    assert differences(outcome, None) == []
    minutes = [key for key in outcome.kept.rows if key[0] == "1m" and key in outcome.kept.truth]
    assert len(minutes) >= 2 * SYMBOLS
    if cell.fault.kind == "restart":
        # A restart is two recordings, and what the second begins with is not in it.
        return
    rows = closed_rows(tmp_path / "life-0")
    replayed = replayed_rows(tmp_path / "recording-0", settings_of(plan, tmp_path))
    assert len(rows) > SYMBOLS * 6
    assert {key: replayed.get(key) for key in rows} == {
        key: [row[name].item() for name in ROW] for key, row in rows.items()
    }
