import pytest
from tests.build import MIDNIGHT

from tidemark.market.five_minutes import ROWS
from tidemark.market.ratio import RatioSeries
from tidemark.memory.ledger import Ledger


def test_four_digits_are_kept_and_the_memory_is_what_is_stated() -> None:
    made = RatioSeries(series=2, ledger=Ledger())

    made.add(0, 0.5643, MIDNIGHT, MIDNIGHT)

    assert made.points(0).values.tolist() == [pytest.approx(0.5643, abs=1e-7)]
    latest = made.latest(0)
    assert latest is not None
    assert latest.value == 0.5643
    ring, newest = RatioSeries.reserve_series(series=2)
    assert ring.owner == "long_short_ratio"
    assert ring.item_bytes * ROWS + newest.item_bytes == 289 * 8 + 24 == 2336
