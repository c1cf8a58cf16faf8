import numpy as np
from tests.books import empty, put
from tests.markets import markets

from tidemark.analysis.factors.order_book.depth_50 import READS, value
from tidemark.analysis.sources.book import Source
from tidemark.memory.ledger import Ledger


def test_only_what_lies_within_the_distance_counts() -> None:
    books = empty()
    # Mid 1000: 50 bps are 5.0; one level of each side stands just within, one just beyond.
    put(books, ((995.1, 3.0), (994.9, 9.0)), ((1004.9, 1.0), (1005.1, 9.0)))

    columns = Source.open(markets(books=books), series=2, ledger=Ledger()).read(1)
    figure = value(*(columns[name].values[:1] for name in READS))

    # 3 x 995.1 against 1 x 1004.9.
    assert np.isclose(figure[0], (3.0 * 995.1 - 1004.9) / (3.0 * 995.1 + 1004.9))


def test_a_book_of_one_side_within_the_distance_is_all_of_that_side_and_an_empty_one_is_no_figure() -> None:
    with np.errstate(invalid="ignore"):
        figures = value(np.array([2.0, 0.0, 0.0]), np.array([0.0, 2.0, 0.0]))

    assert figures[:2].tolist() == [1.0, -1.0]
    assert np.isnan(figures[2])
