import asyncio

from tidemark.api.turns import Turns


async def test_of_those_who_come_together_one_a_turn_begins_in_their_order() -> None:
    """The market, which has something to do in every turn of the loop, has it between any two of them."""
    turns, begun = Turns(), list[str]()

    async def ask(name: str) -> None:
        await turns.next()
        begun.append(name)

    async def market() -> None:
        while len(begun) < 5 + begun.count("market"):
            begun.append("market")
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(market())
        for name in "abcde":
            group.create_task(ask(name))

    assert [one for one in begun if one != "market"] == list("abcde")
    between = "".join("." if one == "market" else one for one in begun)
    assert all(f"{one}{other}" not in between for one, other in zip("abcd", "bcde", strict=True)), between


async def test_who_gives_up_holds_up_nobody() -> None:
    turns = Turns()
    waiting = [asyncio.ensure_future(turns.next()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()

    async with asyncio.timeout(10):
        await waiting[2]
        await turns.next()
