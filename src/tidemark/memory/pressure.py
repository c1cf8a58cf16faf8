"""How near the process is to its budget, and what is done about it, with hysteresis on the way back."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum

import msgspec

from tidemark.units import SECOND

HYSTERESIS_POINTS = 5
CALM_NS = 30 * SECOND
_HISTORY = 64


class Level(IntEnum):
    """How near; since everything is allocated beforehand, any level but NORMAL is itself a finding."""

    NORMAL = 0
    ELEVATED = 1
    HIGH = 2
    CRITICAL = 3


# Percent of the budget at which a level is entered.
_ENTER_AT = {Level.ELEVATED: 80, Level.HIGH: 90, Level.CRITICAL: 95}


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What is done on entering a level, and undone on leaving it."""

    name: str
    enter: Callable[[], None]
    leave: Callable[[], None]


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One step from a level to the next; `actions` are those that ran, in order. `rss` in bytes."""

    at_ns: int
    before: Level
    after: Level
    rss: int
    actions: tuple[str, ...]


class Pressure:
    """The level of pressure of a process with *budget* bytes.

    A level is entered at once, and left after 30 s at least 5 points below the mark where it was entered. Steps go
    through every level between, so that each level's actions run: on the way up in order, on the way back in reverse.

    Memory: the 64 latest transitions, and one counter an action.
    """

    def __init__(self, budget: int, actions: Mapping[Level, Sequence[Action]]) -> None:
        self.level = Level.NORMAL
        self._budget = budget
        self._actions = {level: tuple(actions.get(level, ())) for level in _ENTER_AT}
        self._calm_since: dict[Level, int | None] = dict.fromkeys(_ENTER_AT)
        self._counts = {action.name: 0 for group in self._actions.values() for action in group}
        self._history: deque[Transition] = deque(maxlen=_HISTORY)

    def observe(self, rss: int, now_ns: int) -> list[Transition]:
        """Take one measurement of *rss* bytes; give the steps it caused, after their actions have run."""
        steps = []
        percent = 100 * rss / self._budget
        for level, mark in _ENTER_AT.items():
            if percent >= mark - HYSTERESIS_POINTS:
                self._calm_since[level] = None
            elif self._calm_since[level] is None:
                self._calm_since[level] = now_ns
            if level > self.level and percent >= mark:
                steps.append(self._step(level, rss, now_ns))
        while self.level > Level.NORMAL:
            since = self._calm_since[self.level]
            if since is None or now_ns - since < CALM_NS:
                break
            steps.append(self._step(Level(self.level - 1), rss, now_ns))
        return steps

    def _step(self, after: Level, rss: int, now_ns: int) -> Transition:
        before, self.level = self.level, after
        if after > before:
            group = self._actions[after]
            for action in group:
                self._counts[action.name] += 1
                action.enter()
        else:
            group = self._actions[before][::-1]
            for action in group:
                action.leave()
        step = Transition(
            at_ns=now_ns, before=before, after=after, rss=rss, actions=tuple(action.name for action in group)
        )
        self._history.append(step)
        return step

    @property
    def history(self) -> tuple[Transition, ...]:
        """The latest transitions, oldest first."""
        return tuple(self._history)

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each action was entered, by its name."""
        return dict(self._counts)
