import msgspec

from tidemark.backtest.metrics.luck.random_entry import Chance
from tidemark.backtest.metrics.luck.shuffled_returns import none
from tidemark.backtest.reports.against import against_of
from tidemark.backtest.runs.comparison import result_in
from tidemark.store.backtest_rows import Run


def test_a_run_is_held_against_holding_random_times_and_shuffled_markets(done: Run) -> None:
    result = result_in(done)
    holding, entries, shuffled = against_of(result)

    assert holding.mean == result.luck.holding.total_return.value
    assert holding.p is None
    assert entries.mean is not None
    # Money becomes a share of what the account began with.
    assert entries.mean * result.start == result.luck.entries.mean.value
    assert entries.p == result.luck.entries.p.value
    assert f"the same {result.trips:,} trips" in entries.said
    assert (shuffled.low, shuffled.high) == (result.luck.shuffled.low.value, result.luck.shuffled.high.value)
    assert "over 2 markets" in shuffled.said


def test_what_there_is_nothing_of_says_why(done: Run) -> None:
    result = result_in(done)
    luck = msgspec.structs.replace(result.luck, entries=Chance.none("no room"), shuffled=none("no time"))
    _, entries, shuffled = against_of(msgspec.structs.replace(result, luck=luck))

    assert (entries.mean, entries.said) == (None, "no room")
    assert (shuffled.mean, shuffled.said) == (None, "no time")
