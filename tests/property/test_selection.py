"""The selection over random markets: the bounds hold in every evaluation, and it comes to rest."""

from hypothesis import given
from hypothesis import strategies as st
from tests.build import MIDNIGHT, instrument

from tidemark.market.selection import Candidate, Rules, evaluate

SYMBOLS = [f"S{n}" for n in range(12)]
turnovers = st.one_of(st.none(), st.floats(0.0, 1000.0))
rounds = st.lists(st.dictionaries(st.sampled_from(SYMBOLS), turnovers), min_size=1, max_size=8)
some = st.frozensets(st.sampled_from(SYMBOLS), max_size=2)


def candidates(market: dict[str, float | None]) -> list[Candidate]:
    return [Candidate(instrument=instrument(symbol), turnover=turnover) for symbol, turnover in market.items()]


@given(rounds, some, some, st.integers(1, 12), st.floats(0.0, 500.0))
def test_seats_and_lists_hold_in_every_evaluation_and_the_market_at_rest_comes_to_rest(
    markets: list[dict[str, float | None]], always: frozenset[str], exclude: frozenset[str], seats: int, least: float
) -> None:
    rules = Rules(always=always - exclude, exclude=exclude, min_turnover=least)
    members: dict[str, int] = {}
    for market in [*markets, *[markets[-1]] * 4]:
        before = members
        decisions = evaluate(candidates(market), members, rules, seats=seats, now_ns=MIDNIGHT)
        members = {one.symbol: one.strikes for one in decisions if one.is_watched}
        assert len(members) <= seats
        assert set(members) <= set(market) - exclude
        assert len(always & set(market) - exclude) > seats or set(members) >= always & set(market) - exclude
        assert sorted(one.symbol for one in decisions) == sorted({*market, *before})
        for symbol in set(members) - set(before) - always:
            turnover = market[symbol]
            assert least == 0.0 or (turnover is not None and turnover >= least)
        assert all(strikes < rules.leave_after for strikes in members.values())
    last = members
    decisions = evaluate(candidates(markets[-1]), members, rules, seats=seats, now_ns=MIDNIGHT)
    assert {one.symbol for one in decisions if one.is_watched} == set(last)


@given(st.dictionaries(st.sampled_from(SYMBOLS), turnovers), st.permutations(SYMBOLS))
def test_the_order_in_which_the_exchange_lists_makes_no_difference(
    market: dict[str, float | None], order: list[str]
) -> None:
    shuffled = {symbol: market[symbol] for symbol in order if symbol in market}

    found, again = (
        evaluate(candidates(one), {"S1": 0, "S2": 1}, Rules(), seats=4, now_ns=MIDNIGHT) for one in (market, shuffled)
    )

    assert found == again
