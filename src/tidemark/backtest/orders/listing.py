"""Which strategies, candles and models there are: what a form for a run is made of.

Strategies are code of somebody's: each file is loaded in a copy of this process, and for so long at most.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from tidemark.backtest.broker import registry
from tidemark.backtest.broker.base import DEFAULTS, KINDS
from tidemark.backtest.orders.apart import MOST_BYTES, apart
from tidemark.backtest.orders.parameters import choices_of
from tidemark.backtest.orders.patience import Deadline
from tidemark.backtest.orders.places import data_sets, in_one_line, strategy_files
from tidemark.backtest.rules.asked import NAME, Trading, trading_rules
from tidemark.backtest.strategies.base import Strategy
from tidemark.backtest.strategies.loading import parameters_of, strategies_in
from tidemark.errors import SettingsError, StrategyError, TidemarkError
from tidemark.signals.rules import registry as rules
from tidemark.store.backtest_job import (
    ANSWER_S,
    LINE_BYTES,
    MOST_DATA,
    MOST_STRATEGIES,
    BacktestJob,
    KindOfModel,
    Listed,
    ModelChoice,
    StrategyChoice,
)

# One file of strategies may take so long; all of them leave some time for the candles.
_LOADING_S, _ALL_LOADING_S = 2.0, ANSWER_S - 2.0
_SAMPLE = 5
_TEXT = 300
_LATE = "there was no time left to look at it; a run can be asked for all the same"
_FOUND: msgspec.json.Decoder[list[StrategyChoice]] = msgspec.json.Decoder(list[StrategyChoice])


def listed(job: BacktestJob) -> Listed:
    """All that there is, as far as there is time and room to say it."""
    deadline = Deadline(ANSWER_S)
    strategies = [*_rules(), *_strategies(job, Deadline(_ALL_LOADING_S))]
    # Arrow begins threads, after which this process is not to be copied any more.
    from tidemark.backtest.orders.data_sets import data_choices  # noqa: PLC0415

    data = data_choices(job, deadline)
    notes = [
        f"the first {most} {what} are listed, of {count}"
        for what, count, most in (
            ("files of strategies", len(strategy_files(job)), MOST_STRATEGIES),
            ("data sets", len(data_sets(job)), MOST_DATA),
        )
        if count > most
    ]
    found = Listed(strategies=tuple(strategies), data=tuple(data), models=tuple(_models()))
    return _fitting(msgspec.structs.replace(found, note="; ".join(notes) or None))


def _fitting(found: Listed) -> Listed:
    """The same, without the last strategies where one line has no room for all of them."""
    while len(msgspec.json.encode(found)) > LINE_BYTES - MOST_BYTES and found.strategies:
        kept = found.strategies[: len(found.strategies) // 2]
        found = msgspec.structs.replace(found, strategies=kept, note=f"the first {len(kept)} strategies are listed")
    return found


def _strategies(job: BacktestJob, deadline: Deadline) -> Iterator[StrategyChoice]:
    for path in strategy_files(job)[:MOST_STRATEGIES]:
        left = min(_LOADING_S, deadline.left_s)
        if left <= 0.0:
            yield StrategyChoice(name=path.name, error=_LATE)
            continue
        try:
            yield from _FOUND.decode(apart(partial(_encoded, path), left))
        except StrategyError as error:
            yield StrategyChoice(name=path.name, error=str(error))
        except msgspec.DecodeError:
            yield StrategyChoice(name=path.name, error="it has more parameters than can be told")


def _rules() -> Iterator[StrategyChoice]:
    """The rules of signals that trade, one by one."""
    trading = choices_of(Trading)
    for name in trading_rules():
        rule = rules.find(name)
        own = (msgspec.structs.replace(one, name=f"{name}.{one.name}") for one in choices_of(rule.Parameters))
        yield StrategyChoice(name=f"{NAME}:{name}", text=_first(rule.__doc__), parameters=(*trading, *own))


def _encoded(path: Path) -> bytes:
    return msgspec.json.encode(_of_file(path))


def _of_file(path: Path) -> list[StrategyChoice]:
    """In the copy: what a file has."""
    try:
        found = strategies_in(path)
        if not found:
            raise SettingsError("it has no class that is a Strategy; write class Mine(Strategy): ...")
        return [
            StrategyChoice(
                name=path.name if len(found) == 1 else f"{path.name}:{name}",
                text=_text_of(kind),
                parameters=choices_of(parameters_of(kind)),
            )
            for name, kind in found.items()
        ]
    except TidemarkError as error:
        return [StrategyChoice(name=path.name, error=in_one_line(error, path))]


def _text_of(kind: type[Strategy]) -> str:
    text = kind.__doc__ if kind.__doc__ != Strategy.__doc__ else None
    return _first(text)


def _first(text: str | None) -> str:
    """The first paragraph, in one line."""
    return " ".join((text or "").partition("\n\n")[0].split())[:_TEXT]


def _models() -> Iterator[KindOfModel]:
    for kind in KINDS:
        found = [(name, registry.find(kind, name)) for name in registry.names(kind)]
        yield KindOfModel(
            kind=kind,
            default=DEFAULTS[kind],
            models=tuple(
                ModelChoice(name=name, text=model.TITLE, parameters=choices_of(model.Parameters))
                for name, model in found
            ),
        )
