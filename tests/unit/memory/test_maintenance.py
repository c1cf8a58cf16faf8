import gc
from pathlib import Path

from tidemark.clock import EventClock
from tidemark.memory.growth import Growth, Samples
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.memory.maintenance import Cleanup, Maintenance, Trimmed
from tidemark.memory.process import Process
from tidemark.units import MIB


class Shelf:
    def __init__(self, used: int) -> None:
        self.reservation = Reservation(owner="shelf", kind="array", capacity=4, item_bytes=MIB, policy="refuses")
        self.used = used

    def usage(self) -> Usage:
        return Usage(used=self.used, peak=self.used, bytes_used=self.used * MIB)


def machine(folder: Path, *, rss_mib: int, anonymous_mib: int) -> Process:
    """A process whose figures the test has written down."""
    (folder / "smaps_rollup").write_text(
        f"Rss: {rss_mib * 1024} kB\nAnonymous: {anonymous_mib * 1024} kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 1 kB\n"
    )
    return Process(folder, folder)


def maintenance(process: Process, shelf: Shelf) -> Maintenance:
    ledger = Ledger()
    ledger.open(shelf)
    clock = EventClock(5_000_000)
    return Maintenance(
        ledger=ledger,
        process=process,
        samples=Samples(),
        budget=100 * MIB,
        floor=20 * MIB,
        unaccounted_cap=5 * MIB,
        monotonic_ns=clock.monotonic_ns,
    )


def test_a_sound_process_has_nothing_trimmed_and_nothing_broken(tmp_path: Path) -> None:
    report = maintenance(machine(tmp_path, rss_mib=40, anonymous_mib=27), Shelf(4)).run(1000)
    assert (report.trimmed, report.violations) == ((), ())
    assert (report.rss_before, report.rss_after, report.anonymous) == (40 * MIB, 40 * MIB, 27 * MIB)
    assert report.unaccounted == 3 * MIB
    assert report.messages == 1000
    assert report.elapsed_ms == 0.0


def test_what_an_owner_holds_over_its_capacity_is_a_bug_and_told_as_one(tmp_path: Path) -> None:
    report = maintenance(machine(tmp_path, rss_mib=40, anonymous_mib=27), Shelf(6)).run(0)
    assert report.trimmed == (Trimmed(owner="shelf", items=2),)
    assert "shelf: holds 6 items, over its capacity of 4" in report.violations


def test_memory_that_no_owner_explains_has_a_bound(tmp_path: Path) -> None:
    report = maintenance(machine(tmp_path, rss_mib=40, anonymous_mib=30), Shelf(4)).run(0)
    assert report.unaccounted == 6 * MIB
    assert report.violations == (
        "unaccounted: 6.0 MB of anonymous memory belong to no owner, over the bound of 5.0 MB",
    )


def test_a_process_over_its_budget_is_told(tmp_path: Path) -> None:
    report = maintenance(machine(tmp_path, rss_mib=101, anonymous_mib=27), Shelf(4)).run(0)
    assert report.violations == ("process: 101.0 MB resident, over its budget of 100.0 MB",)


def test_garbage_is_collected(tmp_path: Path) -> None:
    class Cycle:
        def __init__(self) -> None:
            self.me = self

    rounds = maintenance(machine(tmp_path, rss_mib=40, anonymous_mib=27), Shelf(4))
    gc.collect()
    Cycle()
    assert rounds.run(0).collected >= 1


def test_each_round_is_a_sample_of_the_growth_verdict(tmp_path: Path) -> None:
    rounds = maintenance(machine(tmp_path, rss_mib=40, anonymous_mib=27), Shelf(4))
    rounds.run(0)
    report = rounds.run(1000)
    assert report.growth.growth is Growth.INCONCLUSIVE
    assert (report.growth.memory.samples, report.growth.memory.needed) == (2, 94)


def test_what_all_rounds_did_is_summed(tmp_path: Path) -> None:
    class Shrinking(Process):
        def trim(self) -> bool:
            machine(tmp_path, rss_mib=38, anonymous_mib=27)
            return True

    machine(tmp_path, rss_mib=40, anonymous_mib=27)
    rounds = maintenance(Shrinking(tmp_path, tmp_path), Shelf(6))
    assert rounds.cleanup == Cleanup()

    rounds.run(0)
    rounds.run(0)

    assert rounds.cleanup == Cleanup(rounds=2, trimmed=4, freed=2 * MIB)


def test_a_real_process_is_measured() -> None:
    report = maintenance(Process(), Shelf(0)).run(0)
    assert report.rss_after > 0
    assert report.anonymous > MIB
