import os
import signal
import time
from pathlib import Path

import pytest

from tidemark.backtest.orders.apart import MOST_BYTES, apart
from tidemark.errors import StrategyError


def dies() -> bytes:
    os._exit(3)


def is_killed() -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def leaves() -> bytes:
    raise SystemExit(0)


def sleeps() -> bytes:
    time.sleep(60)
    return b""


def eats() -> bytes:
    raise MemoryError


def test_what_is_made_there_comes_back_and_nothing_else_does() -> None:
    kept: list[int] = []

    def work() -> bytes:
        kept.append(1)
        return str(os.getpid()).encode()

    assert int(apart(work, 5.0)) != os.getpid()
    assert kept == []


def test_no_more_comes_back_than_there_is_room_for() -> None:
    assert len(apart(lambda: b"x" * (2 * MOST_BYTES), 5.0)) == MOST_BYTES


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (dies, "it ended the process that loaded it"),
        (is_killed, "it ended the process that loaded it, by signal 9"),
        (leaves, "it ended the process that loaded it"),
        (eats, "it needs more memory to be loaded than it may take"),
        (sleeps, "it takes more than 0 s to be loaded"),
    ],
)
def test_whatever_happens_there_is_told_here(work: object, words: str) -> None:
    with pytest.raises(StrategyError, match=f"^{words}$"):
        apart(work, 0.3)  # type: ignore[arg-type]


def test_nobody_is_left_behind() -> None:
    before = set(children())
    for work in (dies, sleeps):
        with pytest.raises(StrategyError):
            apart(work, 0.2)

    assert set(children()) == before


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
