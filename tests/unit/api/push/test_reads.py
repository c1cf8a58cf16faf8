import numpy as np
import pytest
from tests.build import T
from tests.unit.api.push.made import Market

from tidemark.api.push.reads import Columns
from tidemark.errors import OwnerError
from tidemark.model.timeframe import Timeframe


def test_the_columns_of_an_owner_are_those_that_the_engine_writes() -> None:
    market = Market()
    tape = Columns(market.ledger, "tape/series")

    market.trade(T(1, 100.5, slot=1))

    assert tape.now["last_price"].tolist() == [0.0, 100.5, 0.0, 0.0]


def test_the_columns_of_a_ring_are_looked_up_anew_after_it_gave_memory_back() -> None:
    market = Market()
    ring = Columns(market.ledger, "candles/1m")
    before = ring.now["open"]

    market.engine.candles.shed(Timeframe.M1, is_shed=True)

    assert before.shape == (4, 1440)
    assert ring.now["open"].shape == (4, 4)
    assert ring.head.tolist() == [-1] * 4
    assert not np.shares_memory(ring.head, before)


@pytest.mark.parametrize("owner", ["nobody", "universe"])
def test_an_owner_without_columns_is_refused(owner: str) -> None:
    with pytest.raises(OwnerError, match=owner):
        Columns(Market().ledger, owner)


def test_a_table_has_no_newest_row() -> None:
    with pytest.raises(OwnerError, match="no ring"):
        _ = Columns(Market().ledger, "tickers").head
