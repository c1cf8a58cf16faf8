"""Who is watched: the filters, the ranking, and the hysteresis between them. Pure: facts in, decisions out."""

from collections.abc import Iterable, Mapping
from enum import Enum
from math import ceil, floor

import msgspec

from tidemark.model.instrument import Instrument, Status


class Reason(Enum):
    """What decided about a market."""

    WATCHED = "watched"
    ALWAYS = "always"
    EXCLUDED = "excluded"
    NOT_INCLUDED = "not included"
    STATUS = "status"
    TURNOVER = "24 h turnover"
    TRADES = "trades in the last hour"
    AGE = "age of listing"
    QUIET = "left for its silence"
    RANK = "rank by turnover"
    UNLISTED = "no longer listed"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The filters; 0 and empty mean none.

    include: only these, empty for all. always: past every filter but the status. min_turnover in quote currency over 24
    hours; min_age_ns since the listing. A member stays while it reaches (1 - filter_margin) of each minimum and ranks
    within (1 + rank_margin) of the seats, and leaves when it has failed in leave_after evaluations in a row.
    """

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()
    min_turnover: float = 0.0
    min_trades_1h: int = 0
    min_age_ns: int = 0
    rank_margin: float = 0.1
    filter_margin: float = 0.2
    leave_after: int = 2


class Candidate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A listed market and what is known of it; None is not known, and never taken for a number.

    turnover: of 24 hours, in quote currency. trades_1h: of the last hour, whole; trades_24h: as the exchange says, who
    had fewer in a day had no more in an hour. is_quiet: it left for too few trades a short while ago, and is not tried
    again yet.
    """

    instrument: Instrument
    turnover: float | None = None
    trades_1h: int | None = None
    trades_24h: float | None = None
    is_quiet: bool = False


class Decision(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One market: whether it is watched, since this evaluation or before, and what decided.

    `value` and `limit` are the figure and the bound that it was held against: quote currency, trades, seconds or a
    rank, as `reason` says; None where the figure is not known. `rank` counts the markets that pass, from 1.
    `strikes` counts the evaluations in a row that a member has failed: it still has time while it is watched.
    """

    symbol: str
    is_watched: bool
    was_watched: bool
    reason: Reason
    value: float | None = None
    limit: float | None = None
    rank: int | None = None
    turnover: float | None = None
    strikes: int = 0

    def __str__(self) -> str:
        if self.reason in {Reason.TURNOVER, Reason.TRADES, Reason.AGE, Reason.RANK}:
            unit = {Reason.TURNOVER: " USDT", Reason.AGE: " s"}.get(self.reason, "")
            value = "not known" if self.value is None else f"{self.value:,.0f}{unit}"
            bound = "at most" if self.reason is Reason.RANK else "at least"
            limit = "" if self.limit is None else f", {bound} {self.limit:,.0f}{unit}"
            return f"{self.reason.value}: {value}{limit}"
        return str(self.reason.value)


class _Failure(msgspec.Struct, frozen=True, gc=False):
    reason: Reason
    value: float | None = None
    limit: float | None = None
    # Nothing to wait for: it goes at once.
    is_final: bool = False


def evaluate(
    candidates: Iterable[Candidate], members: Mapping[str, int], rules: Rules, *, seats: int, now_ns: int
) -> list[Decision]:
    """Decide about every candidate, and about every member that is none any more; the most traded first.

    members: those watched now, and how many evaluations in a row each has failed. seats: how many may be watched.
    Members come before strangers within the margins, so that two markets of like turnover do not take turns. A
    stranger that ranks within (1 - rank_margin) of the seats is clearly in: it takes the last one's seat if need be.
    """
    listed = {candidate.instrument.symbol: candidate for candidate in candidates}
    order = sorted(listed.values(), key=lambda one: (-(one.turnover or 0.0), one.instrument.symbol))
    failures = {one.instrument.symbol: _filter(one, members, rules, now_ns) for one in order}
    strikes = {symbol: members[symbol] for symbol in members if symbol in listed}
    passed = [one for one in order if failures[one.instrument.symbol] is None]
    # Who is past every filter has the first seats, and the others rank behind them.
    passed.sort(key=lambda one: one.instrument.symbol not in rules.always)
    ranks = {one.instrument.symbol: rank for rank, one in enumerate(passed, start=1)}
    stay_rank, join_rank = ceil(seats * (1 + rules.rank_margin)), floor(seats * (1 - rules.rank_margin))
    staying: list[str] = []
    for symbol, count in strikes.items():
        failure = failures[symbol]
        if failure is None and ranks[symbol] > stay_rank:
            failure = failures[symbol] = _Failure(Reason.RANK, ranks[symbol], stay_rank)
        strikes[symbol] = 0 if failure is None else count + 1
        if failure is None or not (failure.is_final or strikes[symbol] >= rules.leave_after):
            staying.append(symbol)
    last = len(listed) + 1
    staying.sort(key=lambda symbol: (ranks.get(symbol, last), symbol))
    strangers = [one.instrument.symbol for one in passed if one.instrument.symbol not in members]
    clear = [symbol for symbol in strangers if ranks[symbol] <= (seats if symbol in rules.always else join_rank)]
    staying = staying[: max(0, seats - len(clear))]
    others = [symbol for symbol in strangers if ranks[symbol] <= seats and symbol not in clear]
    chosen = {*clear, *staying}
    chosen.update(others[: max(0, seats - len(chosen))])
    decisions = [
        _decide(one, one.instrument.symbol in chosen, failures, ranks, strikes, members, rules, seats) for one in order
    ]
    gone = sorted(set(members) - set(listed))
    return decisions + [
        Decision(symbol=symbol, is_watched=False, was_watched=True, reason=Reason.UNLISTED) for symbol in gone
    ]


def _decide(
    one: Candidate,
    is_watched: bool,
    failures: Mapping[str, _Failure | None],
    ranks: Mapping[str, int],
    strikes: Mapping[str, int],
    members: Mapping[str, int],
    rules: Rules,
    seats: int,
) -> Decision:
    symbol = one.instrument.symbol
    failure = failures[symbol]
    if failure is None and not is_watched:
        failure = _Failure(Reason.RANK, ranks[symbol], seats)
    if failure is None:
        failure = _Failure(Reason.ALWAYS if symbol in rules.always else Reason.WATCHED)
    return Decision(
        symbol=symbol,
        is_watched=is_watched,
        was_watched=symbol in members,
        reason=failure.reason,
        value=failure.value,
        limit=failure.limit,
        rank=ranks.get(symbol),
        turnover=one.turnover,
        strikes=strikes.get(symbol, 0) if is_watched else 0,
    )


def _filter(one: Candidate, members: Mapping[str, int], rules: Rules, now_ns: int) -> _Failure | None:
    """The first filter that the market does not pass, None when it passes all of them."""
    symbol = one.instrument.symbol
    if symbol in rules.exclude:
        return _Failure(Reason.EXCLUDED, is_final=True)
    if one.instrument.status is not Status.TRADING:
        return _Failure(Reason.STATUS, is_final=True)
    if symbol in rules.always:
        return None
    if rules.include and symbol not in rules.include:
        return _Failure(Reason.NOT_INCLUDED, is_final=True)
    is_member = symbol in members
    share = 1.0 - rules.filter_margin if is_member else 1.0
    if rules.min_turnover > 0.0 and not (is_member and one.turnover is None):
        limit = rules.min_turnover * share
        if one.turnover is None or one.turnover < limit:
            return _Failure(Reason.TURNOVER, one.turnover, limit)
    if rules.min_age_ns > 0 and not is_member:
        launched_at = one.instrument.launched_at
        age_ns = None if launched_at is None else now_ns - launched_at
        if age_ns is None or age_ns < rules.min_age_ns:
            return _Failure(Reason.AGE, None if age_ns is None else age_ns / 1e9, rules.min_age_ns / 1e9)
    if rules.min_trades_1h > 0:
        if one.is_quiet and not is_member:
            return _Failure(Reason.QUIET)
        limit = rules.min_trades_1h * share
        # Not watched for an hour, and no word of the exchange: it is not judged.
        trades = one.trades_24h if one.trades_1h is None else one.trades_1h
        if trades is not None and trades < limit:
            return _Failure(Reason.TRADES, trades, limit)
    return None
