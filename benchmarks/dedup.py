"""Knowing duplicates: nanoseconds a row, where the exchange numbers its trades and where ids are hashed."""

from collections.abc import Iterator
from random import Random
from statistics import median
from time import process_time

import numpy as np

from benchmarks.base import Gate, Plan, Result
from benchmarks.material.frames import SYMBOLS
from tidemark.engine.intake import BATCH_TRADES
from tidemark.memory.window import DedupWindow, Numbering

IS_CHEAP = True
GATE: Gate = "quick"
_DUPLICATED = 0.01


def run(plan: Plan) -> Iterator[Result]:
    """Both kinds over 560 series by a Zipf law, in whole batches."""
    batches, repetitions = plan.choose(200, 20), plan.choose(9, 3)
    for numbering in Numbering:
        seconds = [_once(numbering, batches) for _ in range(repetitions)]
        rows = batches * BATCH_TRADES
        yield Result(
            name=f"dedup/{numbering.value}",
            value=round(median(seconds) / rows * 1e9, 2),
            unit="ns/row",
            n=repetitions,
            best=round(min(seconds) / rows * 1e9, 2),
        )


def _once(numbering: Numbering, batches: int) -> float:
    series = len(SYMBOLS)
    window = DedupWindow("dedup", numbering=numbering, series=series)
    rng = np.random.default_rng(Random(1).getrandbits(32))
    odds = 1 / np.arange(1, series + 1)
    fresh = np.zeros(BATCH_TRADES, np.uint8)
    next_id = np.ones(series, np.uint64)
    spent, seen = 0.0, 0
    for _ in range(batches):
        slot = rng.choice(series, BATCH_TRADES, p=odds / odds.sum()).astype(np.int32)
        if numbering is Numbering.NUMBERED:
            trade_id = np.empty(BATCH_TRADES, np.uint64)
            for one in np.unique(slot):
                at = np.flatnonzero(slot == one)
                trade_id[at] = next_id[one] + np.arange(len(at), dtype=np.uint64)
                next_id[one] += np.uint64(len(at))
        else:
            trade_id = rng.integers(1, 1 << 63, BATCH_TRADES, np.uint64)
        repeated = np.flatnonzero(rng.random(BATCH_TRADES - 50) < _DUPLICATED) + 50
        slot[repeated], trade_id[repeated] = slot[repeated - 50], trade_id[repeated - 50]
        started = process_time()
        window.mark(slot, trade_id, BATCH_TRADES, fresh)
        spent += process_time() - started
        seen += BATCH_TRADES - int(fresh.sum())
    if seen < batches * BATCH_TRADES * _DUPLICATED / 2:
        raise AssertionError(f"{seen} duplicates were known, of about {batches * BATCH_TRADES * _DUPLICATED:.0f}")
    return spent
