"""Which values parameters may take: lists and ranges, in words as a strategy is given them."""

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from tidemark.errors import SettingsError

# Of one parameter.
MOST_VALUES = 10_000
# Of one sweep, windows of a walk forward together; each is a row of a few kilobytes in the database.
MOST_TRIALS = 100_000


class Values(msgspec.Struct, frozen=True, tag="values"):
    """A parameter that takes each of these, in words."""

    name: str
    values: tuple[str, ...]


class Span(msgspec.Struct, frozen=True, tag="span"):
    """A parameter between two numbers, both included. is_log: spread evenly over its magnitudes."""

    name: str
    low: float
    high: float
    is_whole: bool
    is_log: bool = False

    def words(self, value: float) -> str:
        """*value* as the strategy is given it.

        >>> Span("fast", 5, 50, is_whole=True).words(7.0), Span("stop", 0, 1, is_whole=False).words(0.25)
        ('7', '0.25')
        """
        return str(round(value)) if self.is_whole else repr(float(value))


Axis = Values | Span


def grid_of(text: str) -> Values:
    """A list out of `NAME=VALUE,VALUE,...`, where FIRST:LAST:STEP stands for all numbers from the first to the last.

    >>> grid_of("slow=50:200:50,500").values
    ('50', '100', '150', '200', '500')
    """
    name, listed = _named("--grid", text, "fast=5,10,20 or slow=50:200:50")
    found: list[str] = []  # bounded: MOST_VALUES
    for item in listed.split(","):
        found.extend(_steps(text, item) if ":" in item else [item.strip()])
        if len(found) > MOST_VALUES:
            raise SettingsError(f"--grid {text!r} has more than {MOST_VALUES:,} values; take larger steps")
    if "" in found:
        raise SettingsError(f"--grid {text!r} has an empty value; write one like fast=5,10,20")
    return Values(name, tuple(dict.fromkeys(found)))


def range_of(text: str) -> Span:
    """A range out of `NAME=LOW:HIGH`, of whole numbers where both are; `NAME=log:LOW:HIGH` over magnitudes.

    >>> range_of("stop=log:0.001:0.1")
    Span(name='stop', low=0.001, high=0.1, is_whole=False, is_log=True)
    """
    name, words = _named("--range", text, "fast=5:50 or stop=log:0.001:0.1")
    is_log = words.startswith("log:")
    parts = words.removeprefix("log:").split(":")
    if len(parts) != 2:
        raise SettingsError(f"--range {text!r} is not understood; write NAME=LOW:HIGH, like fast=5:50")
    low, high = (_number("--range", text, part) for part in parts)
    if not low < high:
        raise SettingsError(f"--range {text!r} is empty; its first number has to be below its second")
    if is_log and low <= 0:
        raise SettingsError(f"--range {text!r}: a range over magnitudes has to begin above 0")
    is_whole = all(
        part == part.to_integral_value() and "." not in word for part, word in zip((low, high), parts, strict=True)
    )
    return Span(name, float(low), float(high), is_whole=is_whole, is_log=is_log)


def axes_of(grids: Sequence[str], ranges: Sequence[str]) -> tuple[Axis, ...]:
    """The parameters that are tried, in the order in which they were given; SettingsError where one is named twice."""
    axes: tuple[Axis, ...] = (*map(grid_of, grids), *map(range_of, ranges))
    names = [axis.name for axis in axes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingsError(f"the parameter {twice!r} is given twice; name it once, with all its values")
    if not axes:
        raise SettingsError("nothing is to be tried; say --grid fast=5,10,20 or --range fast=5:50")
    return axes


def size(axes: Sequence[Axis]) -> int:
    """How many points a grid has; 0 where one of its axes is a range.

    >>> size(axes_of(["fast=5,10,20", "slow=50:200:50"], []))
    12
    """
    return math.prod(len(axis.values) if isinstance(axis, Values) else 0 for axis in axes)


def point(axes: Sequence[Values], number: int) -> dict[str, str]:
    """Point *number* of a grid, counted from 0; the last axis changes first.

    >>> axes = [grid_of("fast=5,10"), grid_of("slow=50,100")]
    >>> [point(axes, number) for number in (0, 1, 2)]
    [{'fast': '5', 'slow': '50'}, {'fast': '5', 'slow': '100'}, {'fast': '10', 'slow': '50'}]
    """
    found: dict[str, str] = {}
    for axis in reversed(axes):
        number, place = divmod(number, len(axis.values))
        found[axis.name] = axis.values[place]
    return dict(reversed(found.items()))


def _named(option: str, text: str, example: str) -> tuple[str, str]:
    name, equals, words = text.partition("=")
    if not equals or not name.strip() or not words.strip():
        raise SettingsError(f"{option} {text!r} is not understood; write one like {example}")
    return name.strip(), words.strip()


def _steps(text: str, item: str) -> list[str]:
    parts = item.split(":")
    if len(parts) != 3:
        raise SettingsError(f"--grid {text!r}: {item!r} is not understood; write FIRST:LAST:STEP, like 50:200:50")
    first, last, step = (_number("--grid", text, part) for part in parts)
    if step <= 0 or last < first:
        raise SettingsError(f"--grid {text!r}: {item!r} has no values; the step has to be above 0 and lead upwards")
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise SettingsError(f"--grid {text!r} has more than {MOST_VALUES:,} values; take larger steps")
    # Decimals add up to what was meant: 0.1 three times is 0.3.
    return [str(first + step * number) for number in range(count)]


def _number(option: str, text: str, word: str) -> Decimal:
    try:
        made = Decimal(word.strip())
    except InvalidOperation:
        raise SettingsError(f"{option} {text!r}: {word!r} is no number") from None
    if not made.is_finite():
        raise SettingsError(f"{option} {text!r}: {word!r} is no finite number")
    return made
