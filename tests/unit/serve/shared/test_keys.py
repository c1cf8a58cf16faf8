from tests.redis_server import redis_server

from tidemark.serve.shared.keys import ANSWERS, Names, remove
from tidemark.serve.shared.link import RedisLink

COUNT = 4500


async def test_what_matches_is_removed_a_thousand_a_round_and_nothing_else() -> None:
    with redis_server() as server:
        link, one, other = RedisLink(server.url), Names("one"), Names("other")
        await link.open()
        for names in (one, other):
            for first in range(0, COUNT, 500):
                await link.ask_all([("SET", names.answer(str(n)), b"x") for n in range(first, first + 500)])
        kept = [one.lease, one.asks, one.topic("overview"), "answer:7", "tidemark:answer"]
        await link.ask_all([("SET", name, b"x") for name in kept])
        told: list[tuple[int, int]] = []

        removed = await remove(link, ANSWERS, lambda gone, most: told.append((gone, most)))
        again = await remove(link, ANSWERS)
        left = await link.ask("KEYS", "*")
        statistics = await link.ask("INFO", "commandstats")
        await link.close()

    assert removed.keys == 2 * COUNT
    # Nine batches, and a round or two before the first is full and after the last.
    assert removed.rounds <= 2 * COUNT // 1000 + 3
    assert told[-1] == (2 * COUNT, 2 * COUNT + len(kept))
    assert [gone for gone, _ in told] == sorted(gone for gone, _ in told)
    assert again.keys == 0
    assert sorted(left) == sorted(name.encode() for name in kept)
    # That of this test: what removes never asks for all names at once.
    assert statistics["cmdstat_keys"]["calls"] == 1


def test_two_lives_of_monitors_have_no_name_in_common_and_each_has_one_slot() -> None:
    one, other = Names("one"), Names("other")

    for first, second in (
        (one.lease, other.lease),
        (one.answer("a"), other.answer("a")),
        (one.topic("t"), other.topic("t")),
    ):
        assert first != second
        assert first.split("}")[0] == "tidemark:{one"
