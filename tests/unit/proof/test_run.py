import numpy as np
import pytest
from tests.samples import dear, held, recording, run, sample, series

from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.run import Rise, Run
from tidemark.units import KIB, MIB


def leaking(at_s: float) -> Sample:
    """A megabyte and a thousand blocks a minute."""
    return sample(at_s, anonymous=50 * MIB + MIB * at_s / 60, blocks=200_000 + int(at_s * 1_000 / 60))


def test_a_flat_run_is_invalid_and_a_leaking_one_valid() -> None:
    assert run(sample).growth.growth is Growth.INVALID
    assert run(sample).observed is None

    leak = run(leaking)
    assert leak.growth.growth is Growth.VALID
    assert leak.observed == pytest.approx(MIB, rel=0.02)


def test_a_run_under_five_minutes_is_not_judged_and_says_what_is_missing() -> None:
    short = run(leaking, seconds=120.0)

    assert short.growth.growth is Growth.INCONCLUSIVE
    assert short.missing_s == 180.0
    assert run(leaking).missing_s == 0.0
    # As long as five minutes look where the engine's time goes on in steps of a second.
    assert run(leaking, seconds=298.0).missing_s == 0.0
    assert run(leaking, seconds=290.0).missing_s == 10.0


def test_too_few_samples_ask_for_more_time_at_the_same_pace() -> None:
    assert run(leaking, seconds=600.0, count=48).missing_s == 600.0


def test_samples_are_spaced_in_messages_and_in_time_where_none_came() -> None:
    # Half of the messages came in the first tenth of the time.
    samples = [sample(at, messages=messages, blocks=messages) for at, messages in ((0, 0), (10, 50), (100, 100))]
    idle = [sample(at, messages=7, blocks=at) for at in (0, 10, 100)]

    assert Run(recording(samples)).series(lambda one: one.process.blocks).tolist() == [0.0, 50.0, 100.0]
    assert Run(recording(idle)).series(lambda one: one.process.blocks).tolist() == [0.0, 50.0, 100.0]


def test_a_rise_goes_on_through_the_last_two_thirds() -> None:
    ten_minutes = run(sample)
    points = [(float(minute), 100.0 * minute) for minute in range(11)]

    # From the fourth to the tenth minute.
    assert ten_minutes.rise(points) == Rise(per_minute=100.0, most=100.0, first=400.0, last=1000.0)


@pytest.mark.parametrize(
    "values",
    [
        [5] * 11,
        # It stopped in the middle.
        [100, 100, 100, 100, 200, 300, 400, 400, 400, 400, 400],
        # It goes up and down.
        [0, 0, 0, 0, 50, 90, 80, 70, 60, 50, 40],
        # A plateau: ever slower.
        [0, 500, 700, 800, 850, 880, 900, 910, 915, 917, 918],
        # Less than matters.
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    ],
)
def test_what_stops_falls_or_becomes_slower_is_no_rise(values: list[float]) -> None:
    assert run(sample).rise(list(enumerate(map(float, values)))) is None


@pytest.mark.parametrize("count", [120, 200])
def test_what_comes_and_goes_is_no_rise(count: int) -> None:
    rng, ten_minutes = np.random.default_rng(7), run(sample)
    times = np.linspace(0.0, 10.0, count).tolist()

    rises = [ten_minutes.rise(list(zip(times, rng.integers(0, 12, count), strict=True)), 4.0) for _ in range(200)]

    assert [rise for rise in rises if rise is not None] == []


def test_three_points_are_too_few_for_a_rise() -> None:
    assert run(sample).rise([(4.0, 0.0), (6.0, 100.0), (8.0, 200.0)]) is None


def test_names_that_rise_are_told_with_their_share() -> None:
    def make(at_s: float) -> Sample:
        rows = int(1_000 + at_s * 10)
        views = held("a.B.views", 5, "view", size=int(at_s * KIB))
        return sample(
            at_s,
            anonymous=50 * MIB + MIB * at_s / 60,
            dear=dear(held("a.B.rows", rows, "list", size=rows * 8, each=800), held("a.B.still", 500), views),
        )

    rising = run(make).rising

    assert [suspect.name for _, suspect in rising] == ["list a.B.rows", "view a.B.views"]
    rows, views = (suspect for _, suspect in rising)
    # 600 rows a minute of 8 bytes in the list and 800 behind it.
    assert rows.per_minute == pytest.approx(600, rel=0.01)
    assert rows.bytes_per_minute == pytest.approx(600 * 808, rel=0.01)
    assert rows.share == pytest.approx(600 * 808 / MIB, rel=0.03)
    assert (views.what, round(views.bytes_per_minute / KIB)) == ("bytes pinned", 60)


def test_a_run_says_how_long_it_is() -> None:
    ten_minutes = run(sample)

    assert (ten_minutes.minutes, ten_minutes.seconds, ten_minutes.messages) == (10.0, 600.0, 600_000)
    assert ten_minutes.last.messages == 600_000
    assert ten_minutes.whole is not None
    assert Run(recording([sample(0)])).whole is None


def test_a_slope_is_told_a_minute() -> None:
    assert run(leaking).slope(lambda one: one.process.anonymous) == pytest.approx(MIB, rel=0.02)
    assert Run(recording([sample(0)])).slope(lambda one: one.process.anonymous) == 0.0


def test_growth_in_blocks_alone_is_observed_as_bytes() -> None:
    grown = run(lambda at_s: sample(at_s, blocks=200_000 + int(at_s * 100)))

    # 6,000 blocks of 64 bytes a minute.
    assert grown.observed == pytest.approx(6_000 * 64, rel=0.02)


def test_whole_and_cheap_samples_are_told_over_time() -> None:
    one = Run(recording(series(sample, 600.0, 101)))

    assert [at for at, _ in one.over_counts(lambda _: 0.0)] == pytest.approx(list(np.arange(11.0)))
    assert len(one.over_looks(lambda _: 0.0)) == 101
