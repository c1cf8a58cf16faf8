"""The vectorised mode over one drawn market, in both modes; that it is the broker is a property."""

import numpy as np
import pytest
from tests.brokers import VECTORISED, free, made

from tidemark.kernels import vector_run
from tidemark.units import HOUR, MINUTE


@pytest.mark.parametrize("mode", VECTORISED)
def test_a_million_steps_and_one_step_are_the_same(mode: str) -> None:
    rng = np.random.default_rng(3)
    count = 2000
    close = 100.0 + np.cumsum(rng.integers(-2, 3, count)) * 0.5
    opened = np.append(100.0, close[:-1])
    high, low = np.maximum(opened, close) + 0.5, np.minimum(opened, close) - 0.5
    want = np.repeat(rng.choice([1, -1, 0, 2], count // 10), 10).astype(np.int8)
    columns = (want, MINUTE * np.arange(count), opened, high, low, close, np.full(count, 10.0))
    models = free(fees__use="venue", funding__use="constant", funding__constant__hours="1", slippage__use="fixed")
    whole, cut = made(models, mode=mode, cash=1e4), made(models, mode=mode, cash=1e4)
    run = VECTORISED[mode].run
    trips = []
    for account, step in ((whole, count), (cut, 7)):
        told, at = [], 0
        while at < count:
            at = run(account.kernel, 0, *columns, 2.0, 0, 0.05, 0.1, 0, at, min(at + step, count), np.zeros(0))
            told += account.drain()
        trips.append(told)

    assert trips[0] == trips[1]
    assert len(trips[0]) > 20
    assert any(trip.funding for trip in trips[0])
    assert whole.kernel.drawdown == cut.kernel.drawdown > 0.0
    assert whole.kernel.now == cut.kernel.now == MINUTE * (count - 1)
    assert count * MINUTE > 24 * HOUR


def test_the_words_of_an_array_are_those_of_the_kernel() -> None:
    assert (vector_run.LONG, vector_run.SHORT, vector_run.FLAT, vector_run.NOTHING) == (1, -1, 0, 2)
