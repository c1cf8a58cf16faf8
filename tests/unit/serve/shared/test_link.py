import asyncio
import subprocess
import sys
from contextlib import suppress

import pytest
from tests.redis_server import redis_server

from tidemark.errors import AddressError, SettingsError, UnreachableError
from tidemark.serve.shared import link as module
from tidemark.serve.shared.link import RedisLink

WORD = "opensesame"


async def test_a_question_is_answered_and_several_in_one_round() -> None:
    with redis_server() as server:
        link = RedisLink(server.url)
        await link.open()

        assert link.is_up
        assert await link.ask("SET", "a", b"\x00\xff") == b"OK" or await link.ask("GET", "a") == b"\x00\xff"
        assert await link.ask_all([("GET", "a"), ("GET", "b"), ("DBSIZE",)]) == [b"\x00\xff", None, 1]
        await link.close()


async def test_nothing_there_is_said_in_one_line_without_the_password() -> None:
    with redis_server(WORD) as server:
        url, where = server.url, f"127.0.0.1:{server.port}"
        wrong = RedisLink(url.replace(WORD, WORD[::-1]))
        with pytest.raises(AddressError, match=r"does not answer: .*password") as refused:
            await wrong.open()
        await wrong.close()
    gone = RedisLink(url)
    with pytest.raises(
        AddressError, match=rf"^the Redis at {where} does not answer: .*; see serve\.redis_url$"
    ) as away:
        await gone.open()
    await gone.close()

    assert WORD not in f"{away.value}{gone.where}"
    assert WORD[::-1] not in str(refused.value)


@pytest.mark.parametrize("url", [f"http://:{WORD}@127.0.0.1", WORD, f"redis://:{WORD}@127.0.0.1:port"])
def test_what_is_no_url_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^serve\.redis_url is no URL of a Redis") as refused:
        RedisLink(url)

    assert WORD not in str(refused.value)


async def test_what_the_library_does_not_know_of_a_url_is_refused_without_telling_it() -> None:
    link = RedisLink(f"redis://:{WORD}@127.0.0.1/0?nonsense=1")
    with pytest.raises(SettingsError, match=r"^serve\.redis_url is no URL of a Redis") as refused:
        await link.open()
    await link.close()

    assert WORD not in str(refused.value)


async def test_it_is_said_once_that_it_is_away_and_it_comes_back_by_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_EVERY_S", 0.02)
    with redis_server(WORD) as server:
        link = RedisLink(server.url)
        await link.open()
        server.kill()
        for _ in range(5):
            with pytest.raises(UnreachableError) as away:
                await link.ask("PING")
            link.note(away.value)
        assert not link.is_up
        watching = asyncio.create_task(link.watch())
        server.start()
        async with asyncio.timeout(10):
            await link.came_back.wait()
        watching.cancel()
        assert await link.ask("PING")
        await link.close()

    shown = capsys.readouterr().out
    assert shown.count("Redis does not answer") == 1
    assert shown.count("Redis is back") == 1
    assert WORD not in shown


async def test_a_question_in_a_loop_ends_when_it_is_cancelled_whenever_that_comes() -> None:
    with redis_server() as server:
        link = RedisLink(server.url)
        await link.open()

        async def ask() -> None:
            while True:
                await link.ask("PING")

        async with asyncio.timeout(20):
            for turns in range(200):
                asking = asyncio.create_task(ask())
                for _ in range(turns % 20):
                    await asyncio.sleep(0)
                asking.cancel()
                await asyncio.wait([asking])
                assert asking.cancelled()
        await link.close()


async def test_a_cancellation_of_before_does_not_end_a_question() -> None:
    """Such as a group of tasks leaves behind, before Python 3.13."""
    with redis_server() as server:
        link = RedisLink(server.url)
        await link.open()

        async def ask() -> object:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
            return await link.ask("PING")

        assert await asyncio.create_task(ask())
        await link.close()


def test_without_the_library_it_is_said_how_to_install_it() -> None:
    code = "import sys; sys.modules['redis'] = None\nimport tidemark.serve.shared.link"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("run pip install 'tidemark[redis]'")
    assert "SettingsError" in done.stderr
