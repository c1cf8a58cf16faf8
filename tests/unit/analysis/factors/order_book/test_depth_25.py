import numpy as np
from tests.books import empty, put
from tests.markets import markets

from tidemark.analysis.factors.order_book.depth_25 import READS, value
from tidemark.analysis.sources.book import Source
from tidemark.memory.ledger import Ledger


def test_only_what_lies_within_the_distance_counts() -> None:
    books = empty()
    # Mid 1000: 25 bps are 2.5; one level of each side stands just within, one just beyond.
    put(books, ((997.6, 3.0), (997.4, 9.0)), ((1002.4, 1.0), (1002.6, 9.0)))

    columns = Source.open(markets(books=books), series=2, ledger=Ledger()).read(1)
    figure = value(*(columns[name].values[:1] for name in READS))

    # 3 x 997.6 against 1 x 1002.4.
    assert np.isclose(figure[0], (3.0 * 997.6 - 1002.4) / (3.0 * 997.6 + 1002.4))


def test_a_book_of_one_side_within_the_distance_is_all_of_that_side_and_an_empty_one_is_no_figure() -> None:
    with np.errstate(invalid="ignore"):
        figures = value(np.array([2.0, 0.0, 0.0]), np.array([0.0, 2.0, 0.0]))

    assert figures[:2].tolist() == [1.0, -1.0]
    assert np.isnan(figures[2])
