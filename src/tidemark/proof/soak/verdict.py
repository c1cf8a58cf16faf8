"""What has to be so for a soak to pass, point by point, each with its figures."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np

from tidemark.live.alerts_job import RESIDENT_BYTES
from tidemark.memory.growth import BLOCKS_PER_MILLION, BUDGET_SHARE, LEAST_BYTES, Growth, Verdict, judge
from tidemark.proof.audit import Report as Audit
from tidemark.proof.soak.conductor import Outcome, Sighting
from tidemark.units import MIB, format_bytes

# No soak that is long enough to tell allows for more than this, in MB a simulated hour.
MOST_MIB_PER_HOUR = 0.1
# In its first hour a process fills what it will hold, and the first third of a life is not judged.
_LEAST_HOURS = 2.0
# Who tells people has little to do, and fills what it will hold for hours: four of them, of 60 markets.
_LEAST_TELLING_HOURS = 8.0
_MOST_WORDS = 12
# Who tells people lives by the wall: in the seconds in which it ends minutes pass here.
_ENDS_IN_S = 1800.0
_KILLED = -9


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would be wrong, as a hypothesis, like those of an audit.

    VALID: it is so; INVALID: it is not; INCONCLUSIVE: the soak was too short to tell.
    """

    name: str
    verdict: Growth
    words: str
    details: tuple[str, ...] = ()


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """All points of a soak. It fails when one of them is VALID."""

    points: tuple[Point, ...]

    @property
    def passes(self) -> bool:
        """Whether nothing is wrong, as far as this soak could tell."""
        return all(point.verdict is not Growth.VALID for point in self.points)

    @property
    def is_conclusive(self) -> bool:
        """Whether it was long enough to tell everything."""
        return all(point.verdict is not Growth.INCONCLUSIVE for point in self.points)


def longest_life(outcome: Outcome) -> list[Sighting]:
    """The sightings of the life of which there are most."""
    lives: dict[int, list[Sighting]] = {}
    for one in outcome.sightings:
        lives.setdefault(one.life, []).append(one)
    return max(lives.values(), key=len, default=[])


def longest_telling(outcome: Outcome) -> list[Sighting]:
    """The sightings of that process that told people of which there are most."""
    processes: dict[tuple[int, int], list[Sighting]] = {}
    for one in outcome.sightings:
        if one.facts.alerts_resident:
            processes.setdefault((one.life, one.facts.alerts_begun), []).append(one)
    return max(processes.values(), key=len, default=[])


def judge_soak(outcome: Outcome, audited: Audit | None) -> Judgement:
    """Judge what came of a soak; *audited* is the audit of its longest life."""
    life = longest_life(outcome)
    points = [
        _growth(
            "anonymous memory grows", life, lambda one: one.anonymous, _bytes_threshold(outcome.budget), is_bytes=True
        ),
        _growth("Python's blocks grow", life, lambda one: one.blocks, _blocks_threshold(life)),
        _growth(
            "memory that belongs to no owner grows",
            life,
            lambda one: one.facts.unaccounted,
            _bytes_threshold(outcome.budget),
            is_bytes=True,
        ),
        _budget(outcome),
        _absent("a bound is broken", [*outcome.broken], "every bound of the ledger held at every look"),
        _absent("something is left over", list(_left_over(outcome)), _ends_words(outcome)),
        _candles(outcome),
        *_told(outcome),
        *_teller(outcome),
        _backtests(outcome),
        _absent("something else went wrong", list(outcome.problems), "nothing hung, and nothing ended by itself"),
    ]
    if audited is not None:
        points.append(_audited(audited, life))
    return Judgement(points=tuple(points))


def _hours(life: Sequence[Sighting]) -> float:
    return (life[-1].at_s - life[0].at_s) / 3600 if life else 0.0


def _audited(audited: Audit, life: Sequence[Sighting]) -> Point:
    """What the audit says; of a life that is too short only what is exact."""
    is_exact = any(one.is_exact and one.verdict is Growth.VALID for one in audited.findings)
    verdict = audited.verdict if is_exact or _hours(life) >= _LEAST_HOURS else Growth.INCONCLUSIVE
    return Point(name="the audit finds a cause", verdict=verdict, words=audited.summary)


def _bytes_threshold(budget: int) -> float:
    return max(BUDGET_SHARE * budget, LEAST_BYTES)


def _blocks_threshold(life: Sequence[Sighting]) -> float:
    messages = life[-1].facts.messages - life[0].facts.messages if life else 0
    return BLOCKS_PER_MILLION * max(1.0, messages / 1_000_000)


def _growth(
    name: str,
    life: Sequence[Sighting],
    of: Callable[[Sighting], float],
    threshold: float,
    *,
    is_bytes: bool = False,
    least_hours: float = _LEAST_HOURS,
) -> Point:
    hours = _hours(life)
    verdict: Verdict = judge(np.array([of(one) for one in life], np.float64), threshold)
    if verdict.slope is None or hours < least_hours:
        words = f"{verdict.samples} samples in {hours:.1f} h are too few to tell; it takes 96, and {least_hours:g} h"
        return Point(name=name, verdict=Growth.INCONCLUSIVE, words=words)
    unit = MIB if is_bytes else 1
    value, upper = verdict.slope.value / unit / hours, verdict.slope.upper / unit / hours
    what = "MB" if is_bytes else "blocks"
    figure = ".4f" if is_bytes else ".1f"
    words = (
        f"{value:{figure}} {what} an hour, at most {upper:{figure}}, over {hours:.1f} h and {verdict.samples} samples"
    )
    found = verdict.growth
    # A bound that was asked for, where the soak is long enough to give one.
    if is_bytes and found is Growth.INVALID and upper >= MOST_MIB_PER_HOUR:
        found = Growth.INCONCLUSIVE
        words += f"; a longer soak has to show that it is below {MOST_MIB_PER_HOUR:g}"
    return Point(name=name, verdict=found, words=words)


def _budget(outcome: Outcome) -> Point:
    peak = max((max(one.rss, one.facts.peak_rss) for one in outcome.sightings), default=0)
    over = [one for one in outcome.sightings if max(one.rss, one.facts.peak_rss) > outcome.budget]
    return Point(
        name="the process takes more than its budget",
        verdict=Growth.VALID if over or not outcome.sightings else Growth.INVALID,
        words=f"{format_bytes(peak)} at most, of {format_bytes(outcome.budget)}; {len(outcome.sightings)} samples",
        details=tuple(f"at {one.at_s:.0f} s: {format_bytes(one.facts.peak_rss)}" for one in over[:_MOST_WORDS]),
    )


def _absent(name: str, found: Sequence[str], otherwise: str) -> Point:
    if not found:
        return Point(name=name, verdict=Growth.INVALID, words=otherwise)
    words = f"{len(found)} times, first: {found[0]}"
    return Point(name=name, verdict=Growth.VALID, words=words, details=tuple(found[:_MOST_WORDS]))


def _left_over(outcome: Outcome) -> Iterator[str]:
    for end in outcome.ends:
        where = f"life {end.life}, at {end.at_s:.0f} s"
        if end.left:
            yield f"{where}: tasks {', '.join(end.left)}"
        if end.error:
            yield f"{where}: {end.error}"
        if end.code != (_KILLED if end.is_killed else 0):
            yield f"{where}: it ended with {end.code}"


def _ends_words(outcome: Outcome) -> str:
    killed = sum(end.is_killed for end in outcome.ends)
    return f"{len(outcome.ends)} lives, {killed} of them killed; the others stopped in time, with no task left over"


def _candles(outcome: Outcome) -> Point:
    judged = outcome.candles
    words = (
        f"{judged.compared:,} minutes held against what was traded: {judged.equal:,} equal, {judged.recorded:,} in the"
        f" ledger of gaps, {judged.wrong:,} wrong or missing without a word"
    )
    is_wrong = judged.wrong > 0 or not judged.compared
    return Point(
        name="a candle is wrong and nothing says so",
        verdict=Growth.VALID if is_wrong else Growth.INVALID,
        words=words,
        details=tuple(judged.words[:_MOST_WORDS]),
    )


def _told(outcome: Outcome) -> Iterator[Point]:
    """Of those who are told: what was sent is there, once, in order, in time."""
    delivered, reception = outcome.delivered, outcome.delivered.reception
    failed = ", ".join(f"{kind} {count:,}" for kind, count in sorted(reception.failed.items()))
    words = (
        f"{delivered.sent:,} of {delivered.made:,} notifications of {delivered.events:,} events were sent;"
        f" {reception.taken:,} of them are at the receiver, which failed: {failed or 'never'}"
    )
    arrived = _absent("a notification did not arrive as it was sent", delivered.lost, words)
    if not delivered.made:
        arrived = msgspec.structs.replace(arrived, verdict=Growth.INCONCLUSIVE, words="there was nothing to tell")
    if reception.unkept:
        words = f"the receiver had no place for {reception.unkept:,} of them"
        arrived = msgspec.structs.replace(arrived, verdict=Growth.INCONCLUSIVE, words=words, details=())
    yield arrived
    yield _absent(
        "a notification counts twice",
        list(_twice(outcome)),
        f"{reception.repeated:,} came again with the key that they had, {reception.again:,} of them after an answer",
    )
    yield _absent(
        "a notification is not signed",
        [f"{reception.unsigned:,} were not signed as they should be"] if reception.unsigned else [],
        "the receiver knew whose every one was",
    )
    yield _absent(
        "notifications change their order",
        delivered.disordered,
        "those of a group arrived in the order in which they were made",
    )
    yield _absent(
        "a notification waits for too long or was given up",
        [*delivered.overdue, *delivered.dead],
        "at the end nothing was due, and there are no dead letters",
    )
    yield _absent(
        "something happened and nobody is told", delivered.untold, "every event is in one notification of each channel"
    )


def _twice(outcome: Outcome) -> Iterator[str]:
    reception = outcome.delivered.reception
    yield from outcome.delivered.twice
    if reception.changed:
        yield f"{reception.changed:,} came again with a key that another one had"
    # One that had been answered may come again when its sender ended before it could note that: one an end.
    ends = len(outcome.ends) + sum(end.alerts_killed for end in outcome.ends)
    if reception.again > ends:
        yield f"{reception.again:,} came again after an answer; the process that sends ended {ends:,} times"


def _teller(outcome: Outcome) -> Iterator[Point]:
    """Of the process that tells people: its memory, and that it goes on."""
    told = longest_telling(outcome)
    most = max((one.facts.alerts_resident for one in outcome.sightings), default=0)
    over = [
        f"at {one.at_s:.0f} s: {format_bytes(one.facts.alerts_resident)}"
        for one in outcome.sightings
        if one.facts.alerts_resident > RESIDENT_BYTES
    ]
    yield _absent(
        "the process of the alerts takes more than it may",
        over,
        f"{format_bytes(most)} at most, of {format_bytes(RESIDENT_BYTES)}",
    )
    yield _growth(
        "the process of the alerts grows",
        told,
        lambda one: one.facts.alerts_resident,
        _bytes_threshold(RESIDENT_BYTES),
        is_bytes=True,
        least_hours=_LEAST_TELLING_HOURS,
    )
    yield _absent(
        "the process of the alerts ends by itself",
        list(_ended_by_itself(outcome)),
        f"it was killed {sum(end.alerts_killed for end in outcome.ends):,} times, and ended at no other time",
    )


def _backtests(outcome: Outcome) -> Point:
    """Of the backtests beside the service: that they were done."""
    # The last look at a life has seen all of it.
    lives = {one.life: one.facts for one in outcome.sightings}
    done = sum(one.backtests for one in lives.values())
    wrong = [f"life {life}: {words}" for life, one in lives.items() for words in one.backtests_wrong]
    point = _absent("a backtest was not done", wrong, f"{done} were done, over what the service had archived")
    if not done and not wrong:
        words = "the soak was over before there was an archive to run one over"
        return msgspec.structs.replace(point, verdict=Growth.INCONCLUSIVE, words=words)
    return point


def _ended_by_itself(outcome: Outcome) -> Iterator[str]:
    killed = {end.life: end.alerts_killed for end in outcome.ends}
    full = [(one.at_s, one.at_s + one.for_s + _ENDS_IN_S) for one in outcome.plan.faults if one.kind == "disk full"]
    begun: dict[int, int] = {}
    since_s = 0.0
    for one in outcome.sightings:
        # The first process of a life follows none that ended. A look may come before it is begun.
        ended = one.facts.alerts_begun - begun.get(one.life, 1)
        begun[one.life] = max(1, one.facts.alerts_begun)
        before_s, since_s = since_s, one.at_s
        # One that begins and cannot open the database, which takes some pages, ends at once.
        if ended <= 0 or any(since <= one.at_s and before_s <= until for since, until in full):
            continue
        ours = min(ended, killed.get(one.life, 0))
        killed[one.life] = killed.get(one.life, 0) - ours
        if ended > ours:
            yield f"between {before_s:.0f} and {one.at_s:.0f} s: {ended - ours} times"
