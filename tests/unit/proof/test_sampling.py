import pytest
from tests.samples import dear, held, sample

from tidemark.errors import SilentProcessError
from tidemark.live.probe import Sample
from tidemark.proof.recording import Recording
from tidemark.proof.run import Run
from tidemark.proof.sampling import Step, apart_s
from tidemark.proof.sampling import sample as take
from tidemark.units import SECOND

# How many are asked for before the first one that is kept.
FIRST = 51


class Clock:
    def __init__(self) -> None:
        self.at_ns = 0

    def monotonic_ns(self) -> int:
        return self.at_ns

    def sleep(self, seconds: float) -> None:
        self.at_ns += int(seconds * SECOND)


class Process:
    """Answers until it is told to end; the first counts may be refused."""

    def __init__(self, clock: Clock, *, lives: int = 10_000, refusals: int = 0, refused_from: int = FIRST) -> None:
        self.asked: list[str] = []
        self.weighed: list[tuple[str, ...]] = []
        self._clock = clock
        self._lives = lives
        self._refusals = refusals
        self._refused_from = refused_from

    def look(self) -> Sample:
        self._answer("look")
        return sample(self._clock.at_ns / SECOND)

    def count(self, weigh: tuple[str, ...] = ()) -> Sample:
        self._answer("count")
        self.weighed.append(weigh)
        if self._refused_from < len(self.asked) <= self._refused_from + self._refusals:
            refused = SilentProcessError("no memory left")
            refused.retry = True
            raise refused
        return sample(self._clock.at_ns / SECOND, dear=dear(held("a.B.rows", 100 * len(self.asked))))

    def _answer(self, what: str) -> None:
        if len(self.asked) == self._lives:
            raise SilentProcessError("the process went away")
        self.asked.append(what)


def looked(process: Process, clock: Clock, for_s: float = 100.0) -> tuple[Recording, list[Step]]:
    recording = Recording()
    return recording, list(take(process, recording, for_s, sleep=clock.sleep, monotonic_ns=clock.monotonic_ns))


def test_every_tenth_sample_is_whole_and_some_that_are_not_kept_come_before() -> None:
    process = Process(clock := Clock())

    recording, steps = looked(process, clock)

    assert process.asked[:FIRST] == ["count", *["look"] * 50]
    assert process.asked[FIRST : FIRST + 12] == ["count", *["look"] * 9, "count", "look"]
    assert len(recording.looks) == len(steps) == 201
    assert len(recording.counts) == 21
    assert steps[-1] == Step(share=1.0)
    assert clock.at_ns == 100 * SECOND


def test_five_minutes_of_looking_are_long_enough_to_judge_growth() -> None:
    process = Process(clock := Clock())

    recording, _ = looked(process, clock, 300.0)

    assert Run(recording).missing_s == 0.0


def test_what_rises_is_weighed_from_the_third_whole_sample_on() -> None:
    process = Process(clock := Clock())

    looked(process, clock)

    assert process.weighed[:3] == [(), (), ()]
    assert process.weighed[3] == ("dict a.B.rows",)


def test_a_run_that_goes_on_is_not_warmed_up_again() -> None:
    process = Process(clock := Clock())
    recording, _ = looked(process, clock)
    asked = len(process.asked)

    list(take(process, recording, 100.0, sleep=clock.sleep, monotonic_ns=clock.monotonic_ns))

    assert process.asked[asked : asked + 2] == ["count", "look"]


def test_a_process_that_ends_ends_the_run_with_what_was_seen() -> None:
    process = Process(clock := Clock(), lives=FIRST + 50)

    recording, steps = looked(process, clock)

    assert len(recording.looks) == 50
    assert steps[-1] == Step(share=0.25, ended="the process went away")


def test_a_process_that_never_answers_is_an_error() -> None:
    process = Process(clock := Clock(), lives=0)

    with pytest.raises(SilentProcessError, match="went away"):
        looked(process, clock)


def test_a_count_that_is_refused_for_now_is_replaced_by_a_look() -> None:
    process = Process(clock := Clock(), refusals=1)

    recording, _ = looked(process, clock)

    assert process.asked[FIRST : FIRST + 2] == ["count", "look"]
    assert len(recording.counts) == 20


def test_a_first_count_that_is_refused_is_no_reason_to_give_up() -> None:
    process = Process(clock := Clock(), refusals=1, refused_from=0)

    recording, _ = looked(process, clock)

    assert process.asked[:2] == ["count", "look"]
    assert len(recording.counts) == 21


def test_samples_lie_a_two_hundredth_of_the_run_apart_and_not_too_close() -> None:
    assert apart_s(600.0) == 3.0
    assert apart_s(1.0) == 0.05


def test_however_long_a_run_is_the_process_does_not_hang_up_between_two_samples() -> None:
    assert apart_s(7 * 86_400.0) == 60.0
