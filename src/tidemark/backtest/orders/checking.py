"""Whether a run can be carried out, before it waits for its turn: whoever asks for it is told at once what is wrong."""

from functools import partial
from pathlib import Path

from tidemark.backtest.broker.models import Models
from tidemark.backtest.driver import asked_of
from tidemark.backtest.orders.apart import apart
from tidemark.backtest.orders.patience import Deadline, Impatience, patient
from tidemark.backtest.orders.places import data_at, in_one_line, strategy_at
from tidemark.backtest.rules.asked import asked as rules_of
from tidemark.backtest.rules.asked import is_rules
from tidemark.backtest.runs.shelf import new_id
from tidemark.backtest.strategies.loading import load
from tidemark.errors import DataError, TidemarkError
from tidemark.model.timeframe import Timeframe
from tidemark.store.backtest_job import ANSWER_S, Accepted, Asked, BacktestJob, Refused

_LOADING_S = 3.0
_WRONG, _NOTHING = 422, "nothing is wrong"


def checked(job: BacktestJob, asked: Asked) -> Accepted | Refused:
    """What is wrong with it, or by which id it will be run.

    Candles that take too long to look at are taken for right: the run itself will say what is wrong.
    """
    deadline = Deadline(ANSWER_S)
    path: Path | None = None
    try:
        where = strategy_at(job, asked.strategy)
        if is_rules(where):
            rules_of(where, asked.parameters)
        else:
            wrong = apart(partial(_wrong_with, where, asked.parameters), _LOADING_S).decode()
            if wrong != _NOTHING:
                return Refused(status=_WRONG, why=wrong)
        Models.load(asked.models)
        path = data_at(job, asked.data)
        candles = _candles(path, asked, deadline)
    except TidemarkError as error:
        return Refused(status=_WRONG, why=in_one_line(error, path))
    name = asked.name or asked.strategy.removeprefix("rules:").partition(".py")[0]
    return Accepted(run=new_id(name), name=name, strategy=asked.strategy, data=asked.data, candles=candles)


def _wrong_with(where: str, parameters: dict[str, str]) -> bytes:
    """In a copy of this process, which has to say something."""
    path = Path(where.partition(".py:")[0])
    try:
        asked_of(load(where, parameters))
    except TidemarkError as error:
        return in_one_line(error, path).encode()
    return _NOTHING.encode()


def _candles(path: Path, asked: Asked, deadline: Deadline) -> int | None:
    """About how many there are; None where that takes too long. DataError where there are none."""
    # Arrow begins threads, after which this process is not to be copied any more.
    from tidemark.backtest.data.dataset import find  # noqa: PLC0415

    timeframe = None if asked.timeframe is None else Timeframe(asked.timeframe)
    try:
        with patient(deadline.left_s):
            found = find(path, timeframe=timeframe, markets=asked.markets)
    except Impatience:
        return None
    except DataError as error:
        raise DataError(str(error).replace("say --timeframe", "choose a timeframe")) from None
    if (asked.begin or 0) > found.last or (asked.end is not None and asked.end <= found.first):
        raise DataError(f"{path} has no candles between the two dates")
    return found.rows
