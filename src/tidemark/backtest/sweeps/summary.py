"""What came of a sweep: the best trial, how much of it is luck, and of a walk forward what was left in the tests."""

import msgspec
import sqlalchemy as sa

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.runs.request import DataUsed
from tidemark.backtest.sweeps.asked import Asked, is_highest_best
from tidemark.backtest.sweeps.judging import Judged, judged, not_judged
from tidemark.backtest.sweeps.trial import figures_of
from tidemark.backtest.sweeps.walked import Walked, walked
from tidemark.store.sweep_rows import Trial, best, counts, errors

_MOST_ERRORS = 5


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A trial as it is told: its parameters, the value of the figure that is looked for, and all of its figures."""

    number: int
    parameters: dict[str, str]
    value: float | None
    trips: int
    digest: str
    figures: dict[str, Figure]
    error: str | None = None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """done, failed: how many trials, tests of windows among them; errors: why, the most frequent ones.

    best: of all trials over all candles; None where none has a value, or where it walks forward: `walked` tells that.
    luck: of the best one.
    """

    by: str
    done: int
    failed: int
    errors: dict[str, int]
    best: Told | None
    luck: Judged
    walked: Walked | None


def summary_of(connection: sa.Connection, sweep: str, asked: Asked, used: DataUsed) -> Summary:
    """What the trials in the database come to."""
    done, failed = counts(connection, sweep)
    found = [] if asked.walk is not None else top(connection, sweep, asked, 1)
    if asked.walk is not None:
        luck = not_judged("every window chooses anew; what the tests were worth is the answer")
    elif not found:
        luck = not_judged(f"{asked.by} is not defined for any trial")
    else:
        luck = judged(connection, sweep, used, found[0])
    return Summary(
        by=asked.by,
        done=done,
        failed=failed,
        errors=errors(connection, sweep, _MOST_ERRORS),
        best=told(found[0]) if found else None,
        luck=luck,
        walked=None if asked.walk is None else walked(connection, sweep, asked, used),
    )


def top(connection: sa.Connection, sweep: str, asked: Asked, most: int, window: int = 0) -> list[Trial]:
    """The best trials by the figure that is looked for, the best first."""
    return best(connection, sweep, is_highest=is_highest_best(asked.by), most=most, window=window)


def told(trial: Trial) -> Told:
    """*trial* with its texts as what they say."""
    return Told(
        number=trial.number, parameters=msgspec.json.decode(trial.parameters, type=dict[str, str]), value=trial.value,
        trips=trial.trips, digest=trial.digest, figures=figures_of(trial), error=trial.error,
    )  # fmt: skip
