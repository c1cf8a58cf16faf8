"""Which candles there are: of each data set its timeframes, markets and times, as far as there is time to look."""

from collections.abc import Iterator
from pathlib import Path

from tidemark.backtest.data.dataset import Dataset, datasets
from tidemark.backtest.orders.patience import Deadline, Impatience, patient
from tidemark.backtest.orders.places import data_sets, in_one_line
from tidemark.errors import TidemarkError
from tidemark.store.archive_layout import DAILY, YEARLY, Part, parts
from tidemark.store.backtest_job import MOST_DATA, BacktestJob, DataChoice, TimeframeChoice
from tidemark.units import MILLISECOND

LATE = "there was no time left to look at it; a run can be asked for all the same"
_SAMPLE = 5


def data_choices(job: BacktestJob, deadline: Deadline) -> Iterator[DataChoice]:
    """The data sets that there are. What is not seen before *deadline* says so."""
    for name, path in data_sets(job)[:MOST_DATA]:
        try:
            with patient(deadline.left_s):
                is_archive = (path / DAILY).is_dir() or (path / YEARLY).is_dir()
                found = _of_archive(path) if is_archive else list(map(_choice, datasets(path)))
        except Impatience:
            yield DataChoice(name=name, error=LATE)
        except (TidemarkError, OSError) as error:
            yield DataChoice(name=name, error=in_one_line(error, path))
        else:
            yield DataChoice(name=name, timeframes=tuple(found))


def _choice(dataset: Dataset) -> TimeframeChoice:
    return TimeframeChoice(
        timeframe=dataset.timeframe.value,
        markets=len(dataset.markets),
        sample=dataset.markets[:_SAMPLE],
        begin_ms=dataset.first // MILLISECOND,
        end_ms=dataset.last // MILLISECOND,
        candles=dataset.rows,
    )


def _of_archive(root: Path) -> list[TimeframeChoice]:
    """What its folders say, and of each kind the first and the last file: it may have a hundred thousand."""
    found: list[TimeframeChoice] = []
    held: dict[str, list[Part]] = {DAILY: [], YEARLY: []}
    for part in parts(root):
        if part.kind in held:
            held[part.kind].append(part)
    has_several = len({part.venue for of_kind in held.values() for part in of_kind}) > 1
    for of_kind in held.values():
        if not of_kind:
            continue
        names = sorted({f"{part.venue}:{part.symbol}" if has_several else part.symbol for part in of_kind})
        ends = [
            datasets(one.path)
            for one in (min(of_kind, key=lambda part: part.ends_ns), max(of_kind, key=lambda part: part.ends_ns))
        ]
        begins = {dataset.timeframe: dataset.first for dataset in ends[0]}
        found += [
            TimeframeChoice(
                timeframe=dataset.timeframe.value,
                markets=len(names),
                sample=tuple(names[:_SAMPLE]),
                begin_ms=begins.get(dataset.timeframe, dataset.first) // MILLISECOND,
                end_ms=dataset.last // MILLISECOND,
                candles=None,
            )
            for dataset in ends[1]
        ]
    return found
