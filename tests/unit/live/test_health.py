from tests.build import MIDNIGHT, engine

from tidemark.clock import SystemClock
from tidemark.engine.intake import Intake
from tidemark.errors import FrameError
from tidemark.live.health import Health
from tidemark.memory.ledger import Ledger
from tidemark.memory.process import Process
from tidemark.model.batch import Batch
from tidemark.model.events import ServerTime
from tidemark.units import MIB, SECOND


class Steps(SystemClock):
    """A clock that the test sets."""

    monotonic = 100 * SECOND
    cpu = 5 * SECOND

    def monotonic_ns(self) -> int:
        return self.monotonic

    def cpu_ns(self) -> int:
        return self.cpu


class Parser:
    fallbacks = 0

    number = 0

    def feed(self, frame: bytes | memoryview, ts_recv: int, batch: Batch) -> None:
        if frame == b"bad":
            raise FrameError("malformed", "bad")
        self.number += 1
        assert batch.trades.append(0, ts_recv, ts_recv, self.number, self.number, 100.0, 1.0, True)


def made() -> tuple[Health, Intake, Steps, Ledger]:
    clock, ledger = Steps(), Ledger()
    intake = Intake(engine(), Parser(), ledger, deliver=lambda outputs: None, reject=lambda error, frame: None)
    return Health(intake, ledger, Process(), clock, 256 * MIB), intake, clock, ledger


def test_rates_are_over_the_time_since_the_last_look() -> None:
    health, intake, clock, _ = made()
    for _ in range(6):
        intake.frame(b"trade", MIDNIGHT)
    intake.frame(b"bad", MIDNIGHT)
    intake.flush()
    clock.monotonic += 2 * SECOND
    clock.cpu += SECOND // 2
    health.woke(3_000_000)
    health.woke(1_000_000)

    first = health.look()
    clock.monotonic += SECOND
    second = health.look()

    assert (first.messages_per_s, first.trades_per_s, first.messages, first.trades) == (3.5, 3.0, 7, 6)
    assert (first.decode_errors, first.loop_lag_ms, first.cpu, first.uptime_s) == (1, 3.0, 0.25, 2.0)
    assert (second.messages_per_s, second.trades_per_s, second.loop_lag_ms) == (0.0, 0.0, 0.0)
    assert (second.messages, second.uptime_s) == (7, 3.0)


def test_cpu_is_that_of_the_last_five_seconds() -> None:
    health, _, clock, _ = made()
    seen = []
    for _ in range(12):
        clock.monotonic += SECOND
        clock.cpu += SECOND // 4
        seen.append(health.look().cpu)
        clock.cpu += SECOND // 2 if len(seen) == 6 else 0

    assert seen == [0.25] * 10 + [0.35] * 2


def test_memory_is_that_of_the_process_and_its_peak_is_kept() -> None:
    health, _, _, _ = made()

    first = health.look()
    ballast = b"x" * (64 * MIB)
    second = health.look()
    del ballast
    third = health.look()

    # Some of what was there before may be given back in between.
    assert second.rss >= first.rss + 32 * MIB
    assert third.peak_rss == second.peak_rss >= second.rss
    assert third.budget == 256 * MIB


def test_the_growth_is_not_told_before_it_can_be_judged() -> None:
    health, _, clock, _ = made()

    assert health.look().slope_mb_h is None
    for _ in range(3000):
        clock.monotonic += SECOND
        last = health.look()

    assert last.slope_mb_h is not None
    assert abs(last.slope_mb_h) < 100


def test_it_takes_what_it_reserved() -> None:
    _, _, _, ledger = made()

    reserved = {line.owner: line.bytes_reserved for line in ledger.report()}
    assert {line.owner: line.bytes for line in Health.reserve()}.items() <= reserved.items()


def test_the_skew_is_not_told_before_it_is_known_and_then_with_its_error() -> None:
    health, intake, _, _ = made()

    before = health.look()
    intake.event(ServerTime(ts_event=MIDNIGHT, ts_recv=MIDNIGHT + 3_000_000, round_trip=2_000_000))
    after = health.look()

    assert (before.offset_ms, before.offset_error_ms) == (None, None)
    assert (after.offset_ms, after.offset_error_ms) == (-3.0, 1.0)


def test_stale_channels_are_counted() -> None:
    health, intake, _, _ = made()
    for n in range(20):
        intake.frame(b"trade", MIDNIGHT + n * SECOND)

    intake.pass_time(MIDNIGHT + 30 * SECOND)
    figures = health.look()

    assert (figures.stale, figures.polled, figures.renewed, figures.replaced) == (1, 0, 0, 0)
