import pytest

from tidemark.errors import SettingsError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Endpoints


def test_venues_are_found_by_their_folders() -> None:
    assert registry.names() == ("binance", "bybit")
    assert [registry.find(name).name for name in registry.names()] == ["binance", "bybit"]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        SettingsError, match=r"venue 'Bybyt' is not known; did you mean 'bybit'\? known: binance, bybit"
    ):
        registry.find("Bybyt")


def test_a_name_like_no_other_is_answered_with_the_list() -> None:
    with pytest.raises(SettingsError, match=r"venue 'x' is not known; known: binance, bybit"):
        registry.find("x")


def test_endpoints_can_be_replaced() -> None:
    endpoints = Endpoints("http://127.0.0.1:1", "ws://127.0.0.1:2")

    assert registry.find("bybit", endpoints).endpoints == endpoints
