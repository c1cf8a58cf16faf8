import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.live.test_control import served, told_in
from tests.unit.live.test_rounds import build

from tidemark.errors import SilentProcessError
from tidemark.live.caller import Caller, socket_path
from tidemark.settings.settings import Settings

Make = Callable[..., Settings]


def test_the_socket_stands_in_the_folder_of_the_venue(settings: Make, tmp_path: Path) -> None:
    assert socket_path(settings()) == tmp_path / "store" / "bybit" / "control.sock"


async def test_a_running_process_is_asked(settings: Make) -> None:
    parts = await build(settings())

    def ask(path: Path) -> tuple[bool, bool, str]:
        with Caller(path) as process:
            return process.look().dear is None, process.count(("list x",)).dear is None, process.diagnose("why").path

    async with served(parts) as path:
        cheap, whole, written = await asyncio.to_thread(ask, path)

    assert (cheap, whole) == (True, False)
    assert told_in(written)["reason"] == "why"


async def test_a_refusal_says_whether_to_try_again(settings: Make) -> None:
    parts = await build(settings())

    def ask(path: Path) -> None:
        with Caller(path) as process:
            process.count()

    async with served(parts) as path:
        with parts.ledger.transient(parts.settings.memory.transient), pytest.raises(SilentProcessError) as refused:
            await asyncio.to_thread(ask, path)

    assert refused.value.retry
    assert "of transient memory were asked for, 0 B of" in str(refused.value)


def test_where_nobody_answers_it_is_said_what_to_do(tmp_path: Path) -> None:
    for path in (tmp_path / "control.sock", tmp_path / "no" / "control.sock"):
        with pytest.raises(SilentProcessError, match="start `tidemark run` with the same settings"):
            Caller(path)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "hung up; it ended, or three others ask it"),
        (b"nonsense\n", "is not understood"),
        (b'{"x":' + b"[" * 9999 + b"\n", "is not understood"),
        (b"{}\n", "gave no sample; is it of another version"),
    ],
)
def test_a_strange_answer_is_said_so(tmp_path: Path, answer: bytes, told: str) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def reply() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        with Caller(path) as process, pytest.raises(SilentProcessError, match=told):
            process.look()
        thread.join()
