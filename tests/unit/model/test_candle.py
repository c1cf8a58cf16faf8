import dataclasses

import pytest
from tests.build import MIDNIGHT

from tidemark.kernels import candles as kernel
from tidemark.model.candle import Candle, Origin


def test_the_codes_of_the_origins_never_change_since_journals_hold_them() -> None:
    assert {origin.name: origin.value for origin in Origin} == {
        "ABSENT": 0,
        "TRADES": 1,
        "EXCHANGE": 2,
        "REPAIRED": 3,
        "FILLED": 4,
        "PROVISIONAL": 5,
        "PARTIAL": 6,
    }


def test_every_origin_fits_the_three_bits_that_a_row_has_for_it() -> None:
    assert max(Origin) <= 7
    assert kernel.__doc__ is not None
    assert "origin | revised << 3 | trades << 4" in kernel.__doc__


def test_a_candle_cannot_be_changed() -> None:
    candle = Candle(
        open_time=MIDNIGHT, open=1.0, high=2.0, low=0.5, close=1.5, volume=3.0, turnover=4.0, buy_volume=1.0, trades=2,
        origin=Origin.TRADES,
    )  # fmt: skip

    assert not candle.revised
    with pytest.raises((AttributeError, dataclasses.FrozenInstanceError)):
        candle.close = 9.0  # type: ignore[misc]
