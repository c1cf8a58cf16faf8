from collections.abc import Callable

from tidemark.live.place import find_venue, folder_name
from tidemark.settings.settings import Settings


def test_the_venues_own_addresses_hold_where_none_are_given(settings: Callable[..., Settings]) -> None:
    own = find_venue(settings()).endpoints
    other = find_venue(settings(venue__rest_url="http://127.0.0.1:9")).endpoints

    assert own.rest.startswith("https://")
    assert other.rest == "http://127.0.0.1:9"
    assert other.stream == own.stream


def test_each_address_has_a_folder_of_its_own(settings: Callable[..., Settings]) -> None:
    assert folder_name(settings()) == "bybit"
    assert folder_name(settings(venue__rest_url="http://127.0.0.1:9")) == "bybit@127.0.0.1_9"
