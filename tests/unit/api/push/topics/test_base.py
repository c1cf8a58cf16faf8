import doctest

import pytest
from tests.unit.api.push.made import Market

from tidemark.api.push.topics import base
from tidemark.api.push.topics.base import slot_of
from tidemark.errors import RequestError


def test_the_examples_hold() -> None:
    assert doctest.testmod(base).failed == 0


def test_a_market_that_is_not_watched_has_no_slot() -> None:
    market = Market()

    assert slot_of(market.reads, "ETHUSDT") == 1
    with pytest.raises(RequestError, match="DOGEUSDT is not watched"):
        slot_of(market.reads, "DOGEUSDT")
