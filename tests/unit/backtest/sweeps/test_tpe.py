import sys

import pytest

from tidemark.backtest.sweeps.search import search_of
from tidemark.backtest.sweeps.space import axes_of
from tidemark.errors import SettingsError

AXES = axes_of(["kind=a,b"], ["fast=1:100", "stop=log:0.001:0.1"])


def worth(tried: dict[str, str]) -> float | None:
    """Best at 30; of some there is none."""
    fast = int(tried["fast"])
    return None if fast > 90 else -abs(fast - 30) - (tried["kind"] == "b")


def found(trials: int, at_once: int, *, backwards: bool = False, seed: int = 1) -> list[dict[str, str]]:
    search = search_of("tpe", AXES, trials, seed, at_once)
    drawn: dict[int, dict[str, str]] = {}
    while not search.is_over:
        some = []
        while (one := search.ask()) is not None:
            some.append(one[0])
            drawn[one[0]] = dict(one[1])
        for number in reversed(some) if backwards else some:
            search.tell(number, worth(drawn[number]))
    return [drawn[number] for number in sorted(drawn)]


def test_it_learns_where_trials_did_well() -> None:
    drawn = found(60, at_once=4)

    first, last = ([abs(int(one["fast"]) - 30) for one in part] for part in (drawn[:12], drawn[-12:]))
    assert sum(last) < sum(first) / 2
    assert all(0.001 <= float(one["stop"]) <= 0.1 for one in drawn)


def test_in_which_order_it_is_told_changes_nothing() -> None:
    assert found(30, at_once=7) == found(30, at_once=7, backwards=True)
    assert found(30, at_once=7) != found(30, at_once=7, seed=2)


def test_it_waits_for_what_a_round_was_worth() -> None:
    search = search_of("tpe", AXES, 5, 1, at_once=3)
    drawn = [search.ask() for _ in range(4)]

    assert [one[0] if one is not None else None for one in drawn] == [1, 2, 3, None]
    for number in (3, 1):
        search.tell(number, 1.0)
        assert search.ask() is None
    search.tell(2, None)
    assert search.ask() is not None


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)

    with pytest.raises(SettingsError, match=r"pip install 'tidemark\[sweeps\]'"):
        search_of("tpe", AXES, 5, 1, 1)
