import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process

import pytest
from structlog.testing import capture_logs

from tidemark.live.child import end, repeat, resident


async def begun(program: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdin=PIPE, stdout=PIPE, stderr=PIPE)


async def test_its_log_is_told_with_its_name_and_its_last_words_are_given() -> None:
    lines = (
        b'{"event":"full","level":"warning","timestamp":"x","left":3}\n[' + b"[" * 5000 + b'\nno disk\n{"event":"on"}\n'
    )
    stream = asyncio.StreamReader()
    stream.feed_data(lines)
    stream.feed_eof()

    with capture_logs() as logs:
        assert await repeat(stream, "reader") == "no disk"

    assert logs == [
        {"event": "full", "log_level": "warning", "left": 3, "process": "reader"},
        {"event": "on", "log_level": "info", "process": "reader"},
    ]


@pytest.mark.parametrize(
    ("program", "code"),
    [("import sys; sys.stdin.read()", 0), ("import time; print(flush=True); time.sleep(60)", -signal.SIGKILL)],
)
async def test_it_ends_when_its_input_does_or_is_ended(program: str, code: int) -> None:
    child = await begun(program)
    assert child.stdin is not None
    child.stdin.close()

    await end(child, 20.0 if code == 0 else 0.2)

    assert child.returncode == code


def test_its_memory_is_measured_while_it_is_there() -> None:
    assert resident(os.getpid()) > 1_000_000
    assert resident(None) == resident(1 << 30) == 0
