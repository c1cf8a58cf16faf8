"""Made-up markets are functions of seed and set, however they are cut into blocks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemark.analysis.wyckoff.reading import Bars
from tidemark.sim.schematics.label import Label
from tidemark.sim.schematics.market import Market, blocks
from tidemark.sim.schematics.parameters import REPORT, TUNE, Parameters

BARS = 3000
seeds = st.integers(0, 2**31 - 1)
sets = st.sampled_from([TUNE, REPORT])


def joined(parameters: Parameters, seed: int, number: int, size: int) -> tuple[dict[str, np.ndarray], list[Label]]:
    parts = list(blocks(Market(parameters, seed, number).pieces(), BARS, size))
    assert [one.begin for one in parts] == list(range(0, BARS, size))
    for one in parts:
        assert all(one.begin <= label.at < one.begin + len(one.bars.time) for label in one.labels)
    columns = {name: np.concatenate([getattr(one.bars, name) for one in parts]) for name in Bars.__struct_fields__}
    return columns, [label for one in parts for label in one.labels]


@settings(max_examples=25, deadline=None)
@given(sets, seeds, st.integers(0, 50), st.integers(1, 4000))
def test_blocks_of_any_size_give_the_same_market(parameters: Parameters, seed: int, number: int, size: int) -> None:
    whole, labels = joined(parameters, seed, number, BARS)
    parts, same = joined(parameters, seed, number, size)

    assert all((whole[name] == parts[name]).all() for name in whole)
    assert labels == same


@settings(max_examples=25, deadline=None)
@given(sets, seeds, st.integers(0, 50))
def test_bars_are_bars_on_the_tick(parameters: Parameters, seed: int, number: int) -> None:
    bars, labels = joined(parameters, seed, number, BARS)

    assert (bars["low"] <= np.minimum(bars["open"], bars["close"])).all()
    assert (bars["high"] >= np.maximum(bars["open"], bars["close"])).all()
    assert (bars["low"] > 0).all()
    assert np.isfinite(bars["volume"]).all()
    assert (np.diff(bars["time"]) > 0).all()
    assert [label.at for label in labels] == sorted(label.at for label in labels)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_the_sets_never_give_the_same_market(seed: int) -> None:
    tuned, _ = joined(TUNE, seed, 0, BARS)
    reported, _ = joined(REPORT, seed, 0, BARS)

    assert (tuned["close"] != reported["close"]).any()
