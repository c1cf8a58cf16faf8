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


@given(
    st.lists(st.one_of(st.none(), st.floats(0.0, 200.0)), max_size=30),
    st.floats(0.0, 0.9),
    st.integers(1, 4),
)
def test_a_market_never_turns_twice_without_crossing_both_borders(
    course: list[float | None], margin: float, leave_after: int
) -> None:
    rules = Rules(min_turnover=100.0, filter_margin=margin, leave_after=leave_after)
    low, high = 100.0 * (1.0 - margin), 100.0
    members: dict[str, int] = {}
    below = 0
    for turnover in course:
        (decision,) = evaluate(candidates({"S0": turnover}), members, rules, seats=5, now_ns=MIDNIGHT)
        was = "S0" in members
        # Not known is no reason to leave, and none to join.
        is_above = turnover is not None and turnover >= high
        below = below + 1 if turnover is not None and turnover < low and was else 0
        if was:
            assert decision.is_watched == (below < leave_after)
        else:
            assert decision.is_watched == is_above
        members = {"S0": decision.strikes} if decision.is_watched else {}


@given(st.lists(st.permutations(SYMBOLS), max_size=12), st.integers(2, 10), st.sampled_from([0.1, 0.25, 0.5]))
def test_whoever_ranks_within_the_band_keeps_the_seat_unless_a_market_that_is_clearly_in_needs_it(
    orders: list[list[str]], seats: int, margin: float
) -> None:
    rules = Rules(rank_margin=margin)
    members: dict[str, int] = {}
    for order in orders:
        market: dict[str, float | None] = {symbol: 100.0 - rank for rank, symbol in enumerate(order)}
        decisions = {one.symbol: one for one in evaluate(candidates(market), members, rules, seats=seats, now_ns=0)}
        for symbol, decision in decisions.items():
            rank = decision.rank
            assert rank is not None
            if symbol not in members and decision.is_watched and len(members) == seats:
                gone = [one for one in members if not decisions[one].is_watched]
                assert rank <= seats * (1 - margin) or any(decisions[one].rank > seats for one in gone)  # type: ignore[operator]
            if symbol in members and rank <= seats * (1 - margin):
                assert decision.is_watched, "the best are never put out"
        left = [symbol for symbol in members if not decisions[symbol].is_watched]
        struck = [symbol for symbol in left if members[symbol] + 1 >= rules.leave_after
                  and decisions[symbol].rank > seats * (1 + margin)]  # type: ignore[operator]  # fmt: skip
        pushed = len(left) - len(struck)
        joined = [one for one in decisions.values() if one.is_watched and one.symbol not in members]
        assert pushed <= sum(one.rank <= seats * (1 - margin) for one in joined if one.rank is not None)
        members = {one.symbol: one.strikes for one in decisions.values() if one.is_watched}
