import aiohttp
import pytest

from tidemark.errors import SettingsError
from tidemark.live.demo import local_exchange


async def test_the_local_exchange_answers_and_ends_with_the_block() -> None:
    async with local_exchange(["--symbols", "2", "--rate", "10"]) as endpoints:
        async with aiohttp.ClientSession() as client, client.get(f"{endpoints.rest}/v5/market/time") as answer:
            assert answer.status == 200
        assert endpoints.stream.startswith("ws://127.0.0.1:")

    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get(f"{endpoints.rest}/v5/market/time")


@pytest.mark.parametrize(
    ("arguments", "words"), [(["--speed", "fast"], "--speed 'fast'"), (["--venue", "kraken"], "kraken")]
)
async def test_arguments_that_it_refuses_are_the_users_to_put_right(arguments: list[str], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        async with local_exchange(arguments):
            pytest.fail("it did not start")
    assert not str(refused.value).startswith("tidemark:")
