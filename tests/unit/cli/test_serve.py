import asyncio
import json
import socket
from collections.abc import Callable

from tests.redis_server import redis_server

from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.link import RedisLink

Tidemark = Callable[..., tuple[int, str, str]]
COUNT = 2500


async def fill(url: str) -> None:
    link = RedisLink(url)
    await link.open()
    for first in range(0, COUNT, 500):
        await link.ask_all([("SET", Names("a").answer(str(n)), b"x") for n in range(first, first + 500)])
    await link.ask("SET", Names("a").lease, b"x")
    await link.close()


def test_the_answers_that_are_kept_are_removed_and_counted(tidemark: Tidemark) -> None:
    with redis_server("opensesame") as redis:
        asyncio.run(fill(redis.url))
        url = f"serve.redis_url={redis.url}"

        code, out, err = tidemark("serve", "--clear-cache", "--json", "--set", url)
        again = tidemark("serve", "--clear-cache", "--set", url)

    assert (code, err) == (0, "")
    assert json.loads(out)["keys"] == COUNT
    assert again == (0, "0 answers were removed\n", "")


def test_without_redis_there_is_nothing_to_clear(tidemark: Tidemark) -> None:
    code, out, err = tidemark("serve", "--clear-cache")

    assert (code, out) == (2, "")
    assert err.startswith("tidemark: serve.redis_url is not set, so there is nothing to clear")
    assert err.count("\n") == 1


def test_a_monitor_that_is_not_there_is_one_line(tidemark: Tidemark) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]

    code, out, err = tidemark("serve", "--monitor", f"http://127.0.0.1:{port}", "--port", "0")

    assert (code, out) == (1, "")
    assert err.startswith(f"tidemark: the monitor at http://127.0.0.1:{port} does not answer: ")
    assert err.count("\n") == 1


def test_a_redis_that_is_not_there_is_one_line_without_its_password(tidemark: Tidemark) -> None:
    with redis_server() as redis:
        url = redis.url.replace("://", "://:opensesame@")
        redis.kill()

        code, out, err = tidemark("serve", "--clear-cache", "--set", f"serve.redis_url={url}")

    assert (code, out) == (2, "")
    assert "see serve.redis_url" in err
    assert "opensesame" not in err
    assert err.count("\n") == 1


def test_help_has_examples(tidemark: Tidemark) -> None:
    code, out, _ = tidemark("serve", "--help")

    assert code == 0
    assert "tidemark serve --monitor http://127.0.0.1:8420 --port 8422" in out
