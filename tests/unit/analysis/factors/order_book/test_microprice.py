import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.books import empty, put
from tests.markets import markets

from tidemark.analysis.factors.order_book.microprice import READS, value
from tidemark.analysis.sources.book import Source
from tidemark.memory.ledger import Ledger


@given(bid_size=st.integers(1, 99), ask_size=st.integers(1, 99), width=st.integers(1, 50))
def test_it_is_half_the_imbalance_of_the_best_sizes_however_wide_the_spread(
    bid_size: int, ask_size: int, width: int
) -> None:
    books = empty()
    put(books, ((100.0, float(bid_size)),), ((round(100.0 + width / 10, 1), float(ask_size)),))

    columns = Source.open(markets(books=books), series=2, ledger=Ledger()).read(1)
    figure = value(*(columns[name].values[:1] for name in READS))[0]

    assert figure == pytest.approx(0.5 * (bid_size - ask_size) / (bid_size + ask_size), abs=1e-9)


def test_a_book_without_a_spread_is_no_figure() -> None:
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(value(np.array([5.0]), np.array([5.0]), np.array([0.0]))).any()
