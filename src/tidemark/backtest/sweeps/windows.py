"""Windows of a walk forward: parameters are chosen over one stretch of days and tested over the next.

    train ........ | purge | test ....
                   train ........ | purge | test ....

Tests adjoin. Between a training and its test lie the days of the purge, which belong to neither: what is still held or
remembered at the end of the training has no part in the test. No training begins less than the embargo behind the end
of a test: what moved the last days of that does not decide the first days of this.
"""

import msgspec

from tidemark.errors import SettingsError
from tidemark.units import DAY, SECOND, parse_seconds

MOST_WINDOWS = 1000
_EXAMPLE = "train=180d,test=30d,purge=1d,embargo=1d"


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """How long each part is, in days (UTC). is_anchored: every training begins with the first day."""

    train: int
    test: int
    purge: int = 0
    embargo: int = 0
    is_anchored: bool = False


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A training and its test, each from an open time (ns) to before another one."""

    number: int
    train_begin: int
    train_end: int
    test_begin: int
    test_end: int


def walk_of(text: str) -> Walk:
    """A walk forward out of words; SettingsError that says what is wrong with them.

    >>> walk_of("train=180d,test=30d,purge=1d,anchored")
    Walk(train=180, test=30, purge=1, embargo=0, is_anchored=True)
    """
    given: dict[str, int] = {}
    is_anchored = False
    for part in text.split(","):
        name, equals, length = part.strip().partition("=")
        if name in {"anchored", "rolling"} and not equals:
            is_anchored = name == "anchored"
            continue
        if name not in {"train", "test", "purge", "embargo"} or not length:
            raise SettingsError(f"--walk {text!r}: {part!r} is not understood; write it like {_EXAMPLE}")
        given[name] = _days(text, name, length)
    for name in ("train", "test"):
        if not given.get(name):
            raise SettingsError(f"--walk {text!r} does not say how long a {name} is; write it like {_EXAMPLE}")
    return Walk(
        train=given["train"], test=given["test"], purge=given.get("purge", 0), embargo=given.get("embargo", 0),
        is_anchored=is_anchored,
    )  # fmt: skip


def windows(walk: Walk, begin: int, end: int) -> list[Window]:
    """All windows whose test lies wholly before *end* (ns), from the first whole day that is not before *begin*.

    SettingsError where there is none, or more than MOST_WINDOWS.
    """
    if walk.embargo >= walk.test and not walk.is_anchored:
        raise SettingsError(
            f"an embargo of {walk.embargo} days is not shorter than a test, and tests adjoin: no later training could"
            " begin; make it shorter, or anchor the trainings"
        )
    first = -(-begin // DAY) * DAY
    train, test, purge = walk.train * DAY, walk.test * DAY, walk.purge * DAY
    count = (end - first - train - purge) // test
    if count < 1:
        raise SettingsError(
            f"the candles last {(end - first) // DAY} whole days, and one window takes"
            f" {walk.train + walk.purge + walk.test}; make train or test shorter"
        )
    if count > MOST_WINDOWS:
        raise SettingsError(f"these are {count:,} windows, and {MOST_WINDOWS:,} is the most; make the test longer")
    return [_window(walk, first, number) for number in range(count)]


def _window(walk: Walk, first: int, number: int) -> Window:
    train, test, purge, embargo = (days * DAY for days in (walk.train, walk.test, walk.purge, walk.embargo))
    end = first + number * test + train
    begin = first if walk.is_anchored else end - train
    # The tests adjoin, and the first of them begins here: so many are over by then.
    tests = first + train + purge
    over = (begin - tests) // test
    if over >= 1:
        begin = max(begin, tests + over * test + embargo)
    if begin >= end:
        raise SettingsError(f"an embargo of {walk.embargo} days leaves nothing of a training of {walk.train}")
    return Window(
        number=number, train_begin=begin, train_end=end, test_begin=end + purge, test_end=end + purge + test
    )  # fmt: skip


def _days(text: str, name: str, length: str) -> int:
    days, rest = divmod(parse_seconds(length) * SECOND, DAY)
    if rest:
        raise SettingsError(f"--walk {text!r}: {name}={length} is no number of whole days; write one like 30d")
    return int(days)
