from pathlib import Path

import msgspec
import pytest
from tests.served_jobs import asked, job

from tidemark.store.backtest_job import (
    ASKED_BYTES,
    BacktestJob,
    Checking,
    Finding,
    Listing,
    Order,
    Removing,
    Running,
    reserve,
)
from tidemark.units import MIB


@pytest.mark.parametrize(
    "order",
    [
        Listing(), Checking(asked=asked()), Finding(run="a"), Removing(runs=("a",)), Running(run="a", asked=asked()),
        Running(run="a", asked=None),
    ],
)  # fmt: skip
def test_an_order_arrives_as_it_was_given(order: Order, tmp_path: Path) -> None:
    given = job(tmp_path, order)
    line = msgspec.json.encode(given)

    assert b"\n" not in line
    assert msgspec.json.decode(line, type=BacktestJob) == given


def test_what_they_take_stands_beside_the_plan() -> None:
    assert [(one.owner, one.bytes) for one in reserve(200 * MIB)] == [
        ("backtest", 200 * MIB), ("backtest questions", ASKED_BYTES),
    ]  # fmt: skip
