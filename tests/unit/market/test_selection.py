from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from tests.build import MIDNIGHT, instrument

from tidemark.market.selection import Candidate, Decision, Reason, Rules, evaluate
from tidemark.model.instrument import Status
from tidemark.units import DAY


def candidate(symbol: str, turnover: float | None = 100.0, age_d: float | None = None, **facts: Any) -> Candidate:
    launched_at = None if age_d is None else MIDNIGHT - int(age_d * DAY)
    status = facts.pop("status", Status.TRADING)
    made = msgspec.structs.replace(instrument(symbol), launched_at=launched_at, status=status)
    return Candidate(instrument=made, turnover=turnover, **facts)


def ranked(count: int) -> list[Candidate]:
    """S1 trades the most, then S2, and so on."""
    return [candidate(f"S{n}", 1000.0 - n) for n in range(1, count + 1)]


def decide(
    candidates: Sequence[Candidate], members: Sequence[str] = (), *, seats: int = 100, **rules: Any
) -> dict[str, Decision]:
    found = evaluate(candidates, dict.fromkeys(members, 0), Rules(**rules), seats=seats, now_ns=MIDNIGHT)
    return {one.symbol: one for one in found}


def watched(decisions: dict[str, Decision]) -> list[str]:
    return sorted(symbol for symbol, one in decisions.items() if one.is_watched)


def test_without_filters_all_that_trade_are_watched_the_most_traded_first() -> None:
    found = decide([candidate("A", 1.0), candidate("B", 2.0), candidate("C", None), candidate("D", 2.0)])

    assert list(found) == ["B", "D", "A", "C"]
    assert [one.rank for one in found.values()] == [1, 2, 3, 4]
    assert all(one.is_watched and one.reason is Reason.WATCHED for one in found.values())


def test_what_is_excluded_not_included_or_halted_leaves_at_once() -> None:
    found = decide(
        [candidate("A"), candidate("B"), candidate("C", status=Status.CLOSING), candidate("D")],
        ["A", "B", "C", "D"],
        include=frozenset("ABC"),
        exclude=frozenset("A"),
    )

    assert watched(found) == ["B"]
    assert {symbol: one.reason for symbol, one in found.items() if not one.is_watched} == {
        "A": Reason.EXCLUDED,
        "C": Reason.STATUS,
        "D": Reason.NOT_INCLUDED,
    }


def test_a_member_that_is_no_longer_listed_leaves_at_once() -> None:
    found = decide([candidate("A")], ["A", "GONE"])

    assert found["GONE"] == Decision(symbol="GONE", is_watched=False, was_watched=True, reason=Reason.UNLISTED)


@pytest.mark.parametrize(
    ("facts", "rules", "value", "limit", "words"),
    [
        ({"turnover": 99.0}, {"min_turnover": 100.0}, 99.0, 100.0, "24 h turnover: 99 USDT, at least 100 USDT"),
        ({"turnover": None}, {"min_turnover": 100.0}, None, 100.0, "24 h turnover: not known, at least 100 USDT"),
        ({"trades_1h": 9}, {"min_trades_1h": 10}, 9, 10, "trades in the last hour: 9, at least 10"),
        ({"trades_24h": 9.0}, {"min_trades_1h": 10}, 9.0, 10, "trades in the last hour: 9, at least 10"),
        ({"age_d": 1.0}, {"min_age_ns": 2 * DAY}, 86400.0, 172800.0, "age of listing: 86,400 s, at least 172,800 s"),
        ({"age_d": None}, {"min_age_ns": DAY}, None, 86400.0, "age of listing: not known, at least 86,400 s"),
    ],
)
def test_a_stranger_below_a_filter_is_refused_with_its_figure_and_the_bound(
    facts: dict[str, Any], rules: dict[str, Any], value: float | None, limit: float, words: str
) -> None:
    found = decide([candidate("A", **facts)], **rules)["A"]

    assert (found.is_watched, found.value, found.limit) == (False, value, limit)
    assert str(found) == words


def test_what_is_not_known_of_the_last_hour_is_not_judged() -> None:
    found = decide([candidate("A"), candidate("B", trades_24h=500.0), candidate("C", is_quiet=True)], min_trades_1h=10)

    assert watched(found) == ["A", "B"]
    assert found["C"].reason is Reason.QUIET


def test_who_is_always_watched_passes_every_filter_but_the_status_and_comes_first() -> None:
    found = decide(
        [candidate("BIG", 900.0), candidate("A", 1.0), candidate("B", 1.0, status=Status.PENDING)],
        seats=1,
        min_turnover=100.0,
        always=frozenset("AB"),
    )

    assert watched(found) == ["A"]
    assert found["A"].reason is Reason.ALWAYS
    assert found["B"].reason is Reason.STATUS
    assert (found["BIG"].reason, found["BIG"].value, found["BIG"].limit) == (Reason.RANK, 2, 1)


def test_a_member_stays_above_80_percent_of_a_filter_and_a_stranger_needs_all_of_it() -> None:
    candidates = [candidate("IN", 81.0), candidate("OUT", 99.0)]

    assert watched(decide(candidates, ["IN"], min_turnover=100.0)) == ["IN"]


def test_a_member_leaves_after_two_evaluations_in_a_row_and_not_before() -> None:
    low, high = [candidate("A", 79.0)], [candidate("A", 80.0)]
    rules = Rules(min_turnover=100.0)
    members = {"A": 0}
    seen = []
    for candidates in (low, high, low, low):
        (one,) = evaluate(candidates, members, rules, seats=10, now_ns=MIDNIGHT)
        members = {"A": one.strikes}
        seen.append((one.is_watched, one.strikes, one.reason))

    assert seen == [
        (True, 1, Reason.TURNOVER),
        (True, 0, Reason.WATCHED),
        (True, 1, Reason.TURNOVER),
        (False, 0, Reason.TURNOVER),
    ]


def test_a_member_whose_turnover_is_not_known_is_not_judged() -> None:
    assert watched(decide([candidate("A", None)], ["A"], min_turnover=100.0)) == ["A"]


def test_the_age_of_a_member_is_no_longer_asked_for() -> None:
    assert watched(decide([candidate("A", age_d=1.0)], ["A"], min_age_ns=2 * DAY)) == ["A"]


def test_of_ten_seats_a_member_keeps_its_own_down_to_rank_eleven() -> None:
    members = [f"S{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11)]

    found = decide(ranked(12), members, seats=10)

    assert watched(found) == sorted(members)
    assert (found["S10"].reason, found["S10"].value, found["S10"].limit) == (Reason.RANK, 10, 10)


def test_a_stranger_that_is_clearly_in_takes_the_seat_of_the_last() -> None:
    members = [f"S{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11)]

    found = decide(ranked(12), members, seats=10)

    assert found["S9"].is_watched
    assert not found["S11"].is_watched
    assert str(found["S11"]) == "rank by turnover: 11, at most 10"


def test_a_member_past_rank_eleven_leaves_in_time_and_its_seat_goes_to_who_is_next() -> None:
    members = {f"S{n}": 0 for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 12)}
    first = evaluate(ranked(12), members, Rules(), seats=10, now_ns=MIDNIGHT)
    members = {one.symbol: one.strikes for one in first if one.is_watched}
    second = evaluate(ranked(12), members, Rules(), seats=10, now_ns=MIDNIGHT)

    assert members["S12"] == 1
    assert "S10" not in members
    assert {one.symbol for one in second if one.is_watched} == {f"S{n}" for n in range(1, 11)}


def test_fewer_seats_hold_at_once_whatever_the_margins_say() -> None:
    assert watched(decide(ranked(10), [f"S{n}" for n in range(1, 11)], seats=4)) == ["S1", "S2", "S3", "S4"]
