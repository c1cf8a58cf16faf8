import msgspec
import numpy as np
import pytest

from tidemark.analysis.wyckoff import profile
from tidemark.analysis.wyckoff.profile import Profile
from tidemark.analysis.wyckoff.reader import Reader
from tidemark.proof.accuracy.tuning import WORK, Truth, phase_row, rising, truths, tune
from tidemark.sim.schematics.label import END, PHASE, Label


@pytest.fixture(scope="module")
def found() -> list[Truth]:
    return truths(40_000, 3)


@pytest.fixture(scope="module")
def tuned(found: list[Truth]) -> Profile:
    base = msgspec.structs.replace(profile.load("crypto"), confidence={}, phases=None)
    return tune(base, found)


def label(event: str, at: int, phase: str) -> Label:
    return Label(
        symbol="A", timeframe="1h", event=event, direction=1, at=at, time=at, level=0.0, phase=phase, range_id=1,
        template="ACCUMULATION_1", ice=1.0, creek=2.0,
    )  # fmt: skip


def test_what_is_true_has_the_bars_that_were_asked_for_and_is_the_same_each_time() -> None:
    one, other = truths(40_000, 3), truths(40_000, 3)

    assert [len(truth.bars.time) for truth in one] == [20_000, 20_000]
    assert all(np.array_equal(a.bars.close, b.bars.close) for a, b in zip(one, other, strict=True))


def test_volume_can_be_taken_away_and_timeframes_chosen() -> None:
    (quiet,) = truths(20_000, 3, has_volume=False, timeframes=("1d",))

    assert not quiet.bars.volume.any()
    assert quiet.timeframe_ns == 86_400_000_000_000


def test_every_kind_of_event_gets_a_confidence_that_rises(tuned: Profile) -> None:
    assert len(tuned.confidence) == 10
    for told in tuned.confidence.values():
        odds, shares = zip(*told.steps, strict=True)
        assert list(odds) == sorted(odds)
        assert list(shares) == sorted(shares)
        assert 0.0 <= shares[0] <= shares[-1] <= 1.0


def test_phases_are_shares_and_go_back_from_a_sign_alone(tuned: Profile) -> None:
    assert tuned.phases is not None
    follows, seen = np.array(tuned.phases.follows), np.array(tuned.phases.seen)

    assert follows.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert seen.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    back = {(int(a), int(b)) for a, b in np.argwhere(np.tril(follows, -1) > 0)}
    assert back == {(3, 2)}
    assert (np.diag(follows) > 0.9).all()


def test_fewer_false_events_are_left_than_without_it(tuned: Profile, found: list[Truth]) -> None:
    bare = msgspec.structs.replace(tuned, confidence={}, phases=None)
    truth = found[0]
    planted = sum(one.event == "SPRING" for one in truth.labels)

    def springs(by: Profile) -> int:
        told = Reader(by, truth.timeframe_ns).take(truth.bars).events
        return sum(one.event in {"SPRING", "UTAD"} for one in told)

    assert abs(springs(tuned) - planted) < 0.5 * abs(springs(bare) - planted)


def test_the_steps_of_the_work_are_told(found: list[Truth]) -> None:
    told: list[int] = []
    base = msgspec.structs.replace(profile.load("crypto"), confidence={}, phases=None)

    tune(base, found[:1], told.append)

    assert told == list(range(WORK))


def test_shares_that_fall_are_pooled() -> None:
    odds = np.array([1.0, 2.0, 3.0, 4.0])

    (odds_low, low), last = rising(odds, np.array([True, False, False, True]), bins=4)

    assert (odds_low, last) == (2.0, (4.0, 1.0))
    assert low == pytest.approx(1 / 3, abs=1e-6)


def test_a_phase_lasts_to_the_next_and_the_last_to_the_end() -> None:
    labels = [label(PHASE, 2, "A"), label("CLIMAX", 3, "A"), label(PHASE, 4, "B"), label(END, 6, "")]

    assert phase_row(labels, 8).tolist() == [0, 0, 1, 1, 2, 2, 0, 0]
