import math

import pytest

from tidemark.cli.sim import _faults, _speed
from tidemark.errors import SettingsError
from tidemark.sim.faults import Faults


def test_a_speed_is_a_factor_or_as_fast_as_it_goes() -> None:
    assert (_speed("1"), _speed("0.5"), _speed("max")) == (1.0, 0.5, None)
    with pytest.raises(SettingsError, match="'quick' is not understood"):
        _speed("quick")


def test_faults_are_read_by_their_kind() -> None:
    assert _faults([]) == Faults()
    assert _faults(["duplicate=0.05", "silent=true", "answer_pings=false", "reorder_ms=50"]) == Faults(
        duplicate=0.05, silent=True, answer_pings=False, reorder_ms=50
    )


@pytest.mark.parametrize("kinds", [("truncated",), ("truncated", "binary")])
def test_kinds_of_malformed_frames_are_a_list_of_one_or_more(kinds: tuple[str, ...]) -> None:
    assert _faults([f"malformed_kinds={','.join(kinds)}"]) == Faults(malformed_kinds=kinds)


@pytest.mark.parametrize(
    ("pair", "words"),
    [("nosuch=1", "nosuch"), ("duplicate", "NAME=VALUE"), ("duplicate=x", "duplicate"), ("duplicate=1.5", "0 to 1"),
     ("delay_ms=-1", "negative"), ("malformed_kinds=", "malformed_kinds"), ("silent=maybe", "silent")],
)  # fmt: skip
def test_a_fault_that_cannot_be_is_refused_with_its_name(pair: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        _faults([pair])


def test_a_share_is_a_number() -> None:
    with pytest.raises(SettingsError, match="duplicate"):
        _faults([f"duplicate={math.nan}"])


def test_channels_and_symbols_are_lists() -> None:
    assert _faults(["channels=book,trade", "symbols=BTCUSDT", "silent=true"]) == Faults(
        channels=("book", "trade"), symbols=("BTCUSDT",), silent=True
    )
