import pytest

from tidemark.cli.backtest_options import day, pairs
from tidemark.errors import SettingsError
from tidemark.units import DAY, HOUR


def test_pairs_are_names_and_values() -> None:
    assert pairs("--param", ["fast=10", "kind=a=b"]) == {"fast": "10", "kind": "a=b"}
    assert pairs("--param", None) == {}
    with pytest.raises(SettingsError, match="--param 'fast' is not understood"):
        pairs("--param", ["fast"])


def test_a_day_begins_at_midnight_utc() -> None:
    assert day("--from", None) is None
    assert day("--from", "1970-01-03") == 2 * DAY
    assert day("--from", "1970-01-01T12:00+02:00") == 10 * HOUR
    with pytest.raises(SettingsError, match="--to 'soon' is no date"):
        day("--to", "soon")
