"""How near the process is to its budget, and what is given up about it, one thing at a time, with hysteresis back."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum

import msgspec

from tidemark.units import MILLISECOND, SECOND

HYSTERESIS_POINTS = 5
CALM_NS = 30 * SECOND
# Between two sacrifices the process is measured again; nearer to the end less time is left for it.
PACE_NS = SECOND
_CRITICAL_PACE_NS = 200 * MILLISECOND
_HISTORY = 64
# One line a sacrifice that can be repeated: an action that has nothing left to give ends the list long before.
_APPLIED = 1024


class Level(IntEnum):
    """How near; since everything is allocated beforehand, any level but NORMAL is itself a finding."""

    NORMAL = 0
    ELEVATED = 1
    HIGH = 2
    CRITICAL = 3


# Percent of the budget at which a level is entered.
_ENTER_AT = {Level.ELEVATED: 80, Level.HIGH: 90, Level.CRITICAL: 95}


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One sacrifice.

    enter: makes it, and gives the bytes that it gave back and that undoing it will take; None when there is nothing
    (more) to give, and the next action's turn has come. An action may be entered again and again. leave: undoes the
    latest one that was not undone yet.
    """

    name: str
    enter: Callable[[], int | None]
    leave: Callable[[], None]


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """What one measurement caused: another level, something given up, or something that came back.

    `bytes` is what `given_up` gave back, or what `taken_back` is going to take. `rss` in bytes, before it.
    """

    at_ns: int
    before: Level
    after: Level
    rss: int
    given_up: str = ""
    taken_back: str = ""
    bytes: int = 0


class _Applied(msgspec.Struct, frozen=True):
    level: Level
    action: Action
    bytes: int


class Pressure:
    """The level of pressure of a process with *budget* bytes, and what was given up because of it.

    A level is entered at once, and left after 30 s at least 5 points below the mark where it was entered. At or above
    a level's mark its actions are tried, those of lower levels first, each level's in order, one at a time with a
    second (near the end, 200 ms) between, in which the process is measured again. They come back in reverse order, one
    every 30 s, and only while what they will take leaves the process 5 points below the mark of their level: what was
    given up does not come back only to be given up again.

    Memory: the 64 latest transitions, one counter an action, and one entry a sacrifice that holds, at most 1,024.
    """

    def __init__(self, budget: int, actions: Mapping[Level, Sequence[Action]]) -> None:
        self.level = Level.NORMAL
        self._budget = budget
        self._actions = [(level, action) for level in _ENTER_AT for action in actions.get(level, ())]
        self._calm_since: dict[Level, int | None] = dict.fromkeys(_ENTER_AT)
        self._counts = {action.name: 0 for _, action in self._actions}
        self._returns = dict(self._counts)
        self._applied: list[_Applied] = []  # bounded: `_APPLIED`, then nothing more is given up
        self._acted_ns: int | None = None
        self._returned_ns: int | None = None
        self._history: deque[Transition] = deque(maxlen=_HISTORY)

    def observe(self, rss: int, now_ns: int) -> list[Transition]:
        """Take one measurement of *rss* bytes; give what it caused, after that was done."""
        steps = self._follow(rss, now_ns)
        step = self._give_up(rss, now_ns) or self._take_back(rss, now_ns)
        if step is not None:
            steps.append(step)
        self._history.extend(steps)
        return steps

    def _follow(self, rss: int, now_ns: int) -> list[Transition]:
        steps = []
        percent = 100 * rss / self._budget
        for level, mark in _ENTER_AT.items():
            if percent >= mark - HYSTERESIS_POINTS:
                self._calm_since[level] = None
            elif self._calm_since[level] is None:
                self._calm_since[level] = now_ns
            if level > self.level and percent >= mark:
                steps.append(self._move(level, rss, now_ns))
        while self.level > Level.NORMAL:
            since = self._calm_since[self.level]
            if since is None or now_ns - since < CALM_NS:
                break
            steps.append(self._move(Level(self.level - 1), rss, now_ns))
        return steps

    def _move(self, after: Level, rss: int, now_ns: int) -> Transition:
        before, self.level = self.level, after
        return Transition(at_ns=now_ns, before=before, after=after, rss=rss)

    def _give_up(self, rss: int, now_ns: int) -> Transition | None:
        percent = 100 * rss / self._budget
        pace_ns = _CRITICAL_PACE_NS if percent >= _ENTER_AT[Level.CRITICAL] else PACE_NS
        if self._acted_ns is not None and now_ns - self._acted_ns < pace_ns:
            return None
        for level, action in self._actions:
            if percent < _ENTER_AT[level] or len(self._applied) == _APPLIED:
                break
            given = action.enter()
            if given is None:
                continue
            self._acted_ns = now_ns
            self._counts[action.name] += 1
            self._applied.append(_Applied(level, action, given))
            return Transition(
                at_ns=now_ns, before=self.level, after=self.level, rss=rss, given_up=action.name, bytes=given
            )
        return None

    def _take_back(self, rss: int, now_ns: int) -> Transition | None:
        if not self._applied:
            return None
        last = self._applied[-1]
        since = self._calm_since[last.level]
        recent = max((at for at in (self._acted_ns, self._returned_ns) if at is not None), default=None)
        room = self._budget * (_ENTER_AT[last.level] - HYSTERESIS_POINTS) / 100
        if (
            since is None
            or now_ns - since < CALM_NS
            or (recent is not None and now_ns - recent < CALM_NS)
            or rss + last.bytes >= room
        ):
            return None
        self._applied.pop()
        self._returned_ns = now_ns
        self._returns[last.action.name] += 1
        last.action.leave()
        return Transition(
            at_ns=now_ns,
            before=self.level,
            after=self.level,
            rss=rss,
            taken_back=last.action.name,
            bytes=last.bytes,
        )

    @property
    def given_up(self) -> tuple[str, ...]:
        """What is given up at the moment, in the order in which it was; repeated ones once."""
        return tuple(dict.fromkeys(entry.action.name for entry in self._applied))

    @property
    def history(self) -> tuple[Transition, ...]:
        """The latest transitions, oldest first."""
        return tuple(self._history)

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each action was entered, by its name."""
        return dict(self._counts)

    @property
    def returns(self) -> Mapping[str, int]:
        """How often each action was undone, by its name."""
        return dict(self._returns)
