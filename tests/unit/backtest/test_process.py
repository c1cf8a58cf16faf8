import os
import subprocess
import sys
from pathlib import Path

import msgspec
from tests.backtests_served import fill
from tests.served_jobs import asked, carried_out, job

from tidemark.store.backtest_job import MODULE, Accepted, Checking, Ended, Finding, Listed, Removed, Removing, Running
from tidemark.units import MIB

PRINTS = """
import sys
from tidemark.backtest.strategies.base import Strategy

print("loaded" * 1000)

class Prints(Strategy):
    def on_candle(self, ctx):
        print("hello", flush=True)
        print("hello", file=sys.stderr, flush=True)
"""


def test_each_order_is_carried_out(tmp_path: Path) -> None:
    fill(tmp_path, candles=1000)
    for path in (tmp_path / "strategies").glob("[dh]*.py"):
        path.unlink()
    orders = (Checking(asked=asked()), Running(run="a-1", asked=asked()), Removing(runs=("a-1",)), None)
    told = [carried_out(job(tmp_path, order)) for order in orders]

    assert [(code, words) for code, _, words in told] == [(0, "")] * 4
    last = [said[-1] for _, said, _ in told]
    assert isinstance(last[0], Accepted)
    assert last[1:3] == [Ended(state="done"), Removed(runs=("a-1",))]
    assert isinstance(last[3], Listed)


def test_what_a_strategy_prints_is_said_to_nobody(tmp_path: Path) -> None:
    fill(tmp_path, candles=100)
    (tmp_path / "strategies" / "prints.py").write_text(PRINTS)
    code, said, words = carried_out(job(tmp_path, Running(run="a-1", asked=asked("prints.py"))))

    assert (code, words, said[-1]) == (0, "", Ended(state="done"))


def test_what_is_no_job_is_told_in_one_line() -> None:
    code, said, words = carried_out(b"{}\n")

    assert (code, said) == (1, [])
    assert words.startswith("no job was given that this process understands: ")
    assert words.count("\n") == 1


def test_a_folder_that_cannot_be_written_to_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "backtests").write_text("a file")
    code, said, words = carried_out(job(tmp_path, Finding(run="a-1")))

    assert (code, said) == (1, [])
    assert words.count("\n") == 1
    assert "Traceback" not in words


def test_more_memory_than_it_may_take_is_told_in_one_line(tmp_path: Path) -> None:
    fill(tmp_path, candles=1000)
    wanted = job(tmp_path, Running(run="a-1", asked=asked("greedy.py")), memory_bytes=200 * MIB)
    code, said, words = carried_out(wanted)

    why = "it needs more than the 200 MB that a run may take; see backtests.memory"
    assert (code, words, said[-1]) == (0, "", Ended(state="failed", error=why))


def test_the_end_of_its_input_is_the_end_of_a_run(tmp_path: Path) -> None:
    fill(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(msgspec.json.encode(job(tmp_path, Running(run="a-1", asked=asked("slow.py")))) + b"\n")
        child.stdin.flush()
        child.stdout.readline()
        child.stdin.close()
        child.stdin = None
        rest, _ = child.communicate(timeout=30)
    _, said, _ = carried_out(job(tmp_path, Finding(run="a-1"), strategies=str(tmp_path / "strategies")))

    assert b'"state":"interrupted"' in rest
    assert isinstance(said[0], Accepted)


def test_nobody_who_listens_is_no_reason_to_go_on(tmp_path: Path) -> None:
    fill(tmp_path)
    reader, writer = os.pipe()
    child = subprocess.Popen([sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=writer)
    os.close(writer)
    os.close(reader)
    with child:
        assert child.stdin is not None
        child.stdin.write(msgspec.json.encode(job(tmp_path, Running(run="a-1", asked=asked("slow.py")))) + b"\n")
        child.stdin.flush()
        code = child.wait(timeout=60)

    assert code == 1
