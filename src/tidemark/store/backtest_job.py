"""What the processes of backtests are told, and what they say. Shared with the monitor that begins them.

Each does one thing and ends: it carries out a run, or answers a question about strategies and candles. Its job comes as
one line of JSON over standard input; for a run, CANCEL may follow as another one. It says lines of JSON.
"""

import msgspec

from tidemark.memory.ledger import Reservation
from tidemark.units import KIB, MIB

MODULE = "tidemark.backtest.process"
# Whoever answers a question loads the libraries and the files of strategies, each in a process of its own.
ASKED_BYTES = 256 * MIB
# Of what is said, as one line: the choices that there are, at most.
LINE_BYTES = 256 * KIB
# A question is answered within so long, with what there is by then.
ANSWER_S = 7.0
CANCEL = b"cancel\n"
# What is listed at most, of each kind.
MOST_STRATEGIES, MOST_DATA = 100, 100
MOST_REMOVED = 100


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is asked for, by names. begin, end: ns since the epoch, None for all that there is.

    See backtest.runs.request for the others.
    """

    strategy: str
    parameters: dict[str, str]
    models: dict[str, str]
    data: str
    markets: tuple[str, ...]
    timeframe: str | None
    begin: int | None
    end: int | None
    cash: float
    name: str | None
    shuffles: int | None = None


class Listing(msgspec.Struct, frozen=True, kw_only=True, tag="listing"):
    """Say which strategies, candles and models there are."""


class Checking(msgspec.Struct, frozen=True, kw_only=True, tag="checking"):
    """Say whether this can be run, and by which id it would be."""

    asked: Asked


class Finding(msgspec.Struct, frozen=True, kw_only=True, tag="finding"):
    """Say whether the run of that id can be gone on with."""

    run: str


class Removing(msgspec.Struct, frozen=True, kw_only=True, tag="removing"):
    """Remove these runs, by their ids."""

    runs: tuple[str, ...]


class Running(msgspec.Struct, frozen=True, kw_only=True, tag="running"):
    """Carry out a run by that id; asked: None goes on with the one that there is."""

    run: str
    asked: Asked | None


Order = Listing | Checking | Finding | Removing | Running


class BacktestJob(msgspec.Struct, frozen=True, kw_only=True):
    """One job. database: a URL, None for the file of SQLite in `folder`, which also has the locks of runs.

    strategies, data, archive: folders; `archive` is that of the monitor. memory_bytes: what the process may have
    resident.
    """

    database: str | None
    folder: str
    strategies: str
    data: str
    archive: str
    memory_bytes: int
    order: Order


class ParameterChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter. kind: integer, number, boolean, text or choice. default: in words, as it would be given.

    minimum, maximum: null where there is no bound. choices: of a choice, what it may be.
    """

    name: str
    kind: str
    default: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    text: str = ""


class StrategyChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy by the name that a run is asked for with. text: what it says of itself.

    error: why it cannot be run, in one line; it has no parameters then.
    """

    name: str
    text: str = ""
    parameters: tuple[ParameterChoice, ...] = ()
    error: str | None = None


class TimeframeChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Candles of one timeframe. markets: how many; sample: the first of them. begin_ms, end_ms: of their open times.

    candles: null where that is not known without reading all files.
    """

    timeframe: str
    markets: int
    sample: tuple[str, ...]
    begin_ms: int
    end_ms: int
    candles: int | None


class DataChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A data set by its name; error: why it has no candles that can be read, in one line."""

    name: str
    timeframes: tuple[TimeframeChoice, ...] = ()
    error: str | None = None


class ModelChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A model of the broker. A parameter is set as `<kind>.<model>.<parameter>`, the model as `<kind>.use`."""

    name: str
    text: str
    parameters: tuple[ParameterChoice, ...] = ()


class KindOfModel(msgspec.Struct, frozen=True, kw_only=True):
    """What of a broker has models, such as fees, and which one holds where nobody chooses."""

    kind: str
    default: str
    models: tuple[ModelChoice, ...]


class Listed(msgspec.Struct, frozen=True, kw_only=True, tag="listed"):
    """What there is. note: what is missing, and why."""

    strategies: tuple[StrategyChoice, ...] = ()
    data: tuple[DataChoice, ...] = ()
    models: tuple[KindOfModel, ...] = ()
    note: str | None = None


class Accepted(msgspec.Struct, frozen=True, kw_only=True, tag="accepted"):
    """It can be run. run: its id; the others as it will be shown; candles: None where that is not known."""

    run: str
    name: str
    strategy: str
    data: str
    candles: int | None


class Removed(msgspec.Struct, frozen=True, kw_only=True, tag="removed"):
    """These runs are gone."""

    runs: tuple[str, ...]


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """It cannot be done. status: as the API answers it; why: in one line."""

    status: int
    why: str


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """How far a run is. candles: how many there are to take, those of shuffled markets included, about."""

    done: int
    candles: int
    trips: int


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """What became of a run: done, failed, interrupted or cancelled; why it failed, in one line."""

    state: str
    error: str | None = None


Said = Listed | Accepted | Removed | Refused | Progress | Ended


def reserve(memory_bytes: int) -> tuple[Reservation, ...]:
    """What they take beside the service: one that runs, and one that answers."""
    return (
        Reservation(
            owner="backtest", kind="external", capacity=memory_bytes, item_bytes=1, policy="fails the run, in words"
        ),
        Reservation(
            owner="backtest questions", kind="external", capacity=ASKED_BYTES, item_bytes=1,
            policy="ends with each answer",
        ),
    )  # fmt: skip
