from tests.build import MIDNIGHT

from tidemark.market.five_minutes import ROWS
from tidemark.market.open_interest import OpenInterestSeries
from tidemark.memory.ledger import Ledger


def test_large_figures_are_exact_and_the_memory_is_what_is_stated() -> None:
    ledger = Ledger()
    made = OpenInterestSeries(series=2, ledger=ledger)

    made.add(1, 123_456_789_012.345, MIDNIGHT, MIDNIGHT)

    assert made.points(1).values.tolist() == [123_456_789_012.345]
    ring, latest = OpenInterestSeries.reserve_series(series=2)
    assert [line.owner for line in ledger.report() if line.owner != "transient"] == [ring.owner, latest.owner]
    assert (ring.owner, latest.owner) == ("open_interest", "open_interest/latest")
    assert ring.item_bytes * ROWS + latest.item_bytes == 289 * 12 + 24 == 3492
