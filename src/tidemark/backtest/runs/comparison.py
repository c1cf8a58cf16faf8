"""Two runs side by side: what they were asked differently, and what came of each."""

import msgspec

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.runs.request import DataUsed, Settings
from tidemark.backtest.runs.result import Result
from tidemark.errors import StoreError
from tidemark.store.backtest_rows import Run


class Difference(msgspec.Struct, frozen=True):
    """What is not the same in two runs, as words; None where only one of them has it."""

    name: str
    first: str | None
    second: str | None


class Pair(msgspec.Struct, frozen=True):
    """A figure of both, None where it is not defined."""

    name: str
    first: float | None
    second: float | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """asked: what they were asked differently; figures: all that both have; same: whether all round trips are equal."""

    first: str
    second: str
    asked: tuple[Difference, ...]
    figures: tuple[Pair, ...]
    same: bool


def compared(first: Run, second: Run) -> Comparison:
    """*first* and *second*, which are over; StoreError for one that has no result."""
    one, other = result_in(first), result_in(second)
    told = [_asked(run) for run in (first, second)]
    names = sorted(told[0].keys() | told[1].keys())
    figures = [_figures(one), _figures(other)]
    return Comparison(
        first=first.id,
        second=second.id,
        asked=tuple(
            Difference(name, told[0].get(name), told[1].get(name))
            for name in names
            if told[0].get(name) != told[1].get(name)
        ),
        figures=tuple(Pair(name, value, figures[1].get(name)) for name, value in figures[0].items()),
        same=one.digest == other.digest,
    )


def result_in(run: Run) -> Result:
    """What came of *run*; StoreError where nothing has."""
    if run.result is None:
        raise StoreError(
            f"run {run.id} is {run.state.value} and has no result{': ' * bool(run.error)}{run.error or ''}"
        )
    return msgspec.json.decode(run.result, type=Result)


def _asked(run: Run) -> dict[str, str]:
    settings = msgspec.json.decode(run.settings, type=Settings)
    data = msgspec.json.decode(run.data, type=DataUsed)
    told: dict[str, str] = {
        "strategy": settings.strategy, "code": settings.code.sha256[:12], "data": data.digest[:12],
        "instruments": data.instruments[:12], "timeframe": data.timeframe, "markets": ", ".join(data.markets),
        "candles": f"{data.candles:,}", "cash": f"{settings.request.cash:g}",
    }  # fmt: skip
    told |= {f"param {name}": str(value) for name, value in settings.parameters.items()}
    return told | {f"model {name}": value for name, value in settings.models.items()}


def _figures(result: Result) -> dict[str, float | None]:
    made: dict[str, float | None] = {"round trips": float(result.trips), "final equity": result.end}
    for part in (result.curve, result.all):
        for name in part.__struct_fields__:
            value = getattr(part, name)
            if isinstance(value, Figure):
                made[name.replace("_", " ")] = value.value
    return made
