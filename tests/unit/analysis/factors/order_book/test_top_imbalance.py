import pytest
from tests.books import empty, ladder, put
from tests.markets import markets

from tidemark.analysis.factors.order_book.top_imbalance import READS, value
from tidemark.analysis.sources.walls import Source
from tidemark.memory.ledger import Ledger


def test_the_sixth_level_does_not_count() -> None:
    books = empty()
    put(books, (*ladder(100.0, 5, 3.0, -0.1), (99.5, 500.0)), ladder(100.1, 20, 1.0, 0.1))

    columns = Source.open(markets(books=books), series=2, ledger=Ledger()).read(1)

    # 15 against 5.
    assert value(*(columns[name].values[:1] for name in READS))[0] == pytest.approx(0.5)
