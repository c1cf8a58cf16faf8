import asyncio

import pytest

from tidemark.ingest.http import Reply
from tidemark.proof.soak.link import Answer, Ask, Message
from tidemark.proof.soak.service import Requests


async def asked(*answers: Answer, read: float = 5.0) -> tuple[Reply, list[Message]]:
    said: list[Message] = []
    heard = asyncio.Event()

    def say(message: Message) -> None:
        said.append(message)
        heard.set()

    requests = Requests(say)
    waiting = asyncio.ensure_future(requests.get("/v5/market/time", (("symbol", "A B"),), read))
    await asyncio.wait_for(heard.wait(), 5)
    for answer in answers:
        requests.answered(answer)
    return await waiting, said


async def test_a_request_goes_over_the_link_and_its_answer_comes_back_whole() -> None:
    response, said = await asked(Answer(1, 429, (("Retry-After", "5"),), b"{}"))

    assert said == [Ask(1, "/v5/market/time", {"symbol": "A B"})]
    assert response == Reply(429, {"retry-after": "5"}, b"{}")


async def test_an_answer_to_nothing_and_a_second_one_are_no_answers() -> None:
    response, _ = await asked(Answer(9, 500), Answer(1, 200, (), b"first"), Answer(1, 200, (), b"second"))

    assert response.body == b"first"


async def test_a_network_that_is_down_and_an_exchange_that_is_silent_fail_as_they_do_elsewhere() -> None:
    with pytest.raises(ConnectionRefusedError, match="the network is down"):
        await asked(Answer(1, 0))
    with pytest.raises(TimeoutError):
        await asked(read=0.01)
