from tidemark.clock import EventClock
from tidemark.memory.ledger import Ledger
from tidemark.serve.relay.answers import KEPT_NS, MOST_BYTES, OwnAnswers, as_of_ms, key_of, redated
from tidemark.units import MIB, SECOND

BODY = b'{"as_of_ms":1793491203000,"symbols":["BTCUSDT"]}'


def made() -> tuple[OwnAnswers, EventClock, Ledger]:
    clock, ledger = EventClock(SECOND), Ledger()
    return OwnAnswers(clock, ledger), clock, ledger


async def test_what_was_put_is_found_again_with_its_age() -> None:
    answers, clock, _ = made()
    await answers.put("a", BODY, '"tag"')

    clock.set(4 * SECOND)

    assert await answers.get("a") == (BODY, '"tag"', 3 * SECOND)
    assert await answers.get("b") is None


async def test_an_answer_is_forgotten_after_ten_minutes() -> None:
    answers, clock, _ = made()
    await answers.put("a", BODY, '"tag"')

    clock.set(SECOND + KEPT_NS + 1)

    assert await answers.get("a") is None


async def test_they_never_hold_more_than_sixteen_mebibytes() -> None:
    answers, _, ledger = made()
    for number in range(40):
        await answers.put(str(number), bytes(MIB), '"tag"')

    assert answers.usage().used == 15
    assert answers.usage().bytes_used <= answers.reserve().bytes
    assert not ledger.violations()
    assert await answers.get("39") is not None
    assert await answers.get("0") is None


async def test_a_very_large_answer_is_not_kept() -> None:
    answers, _, _ = made()

    await answers.put("a", bytes(MOST_BYTES + 1), '"tag"')

    assert await answers.get("a") is None


def test_a_key_has_one_length_whatever_was_asked() -> None:
    assert {len(key_of("/a?" + "x" * count)) for count in (0, 10, 8000)} == {32}
    assert key_of("/a?limit=1") != key_of("/a?limit=2")


def test_the_moment_of_an_answer_is_read_and_set() -> None:
    assert as_of_ms(BODY) == 1793491203000
    assert redated(BODY, 1793491204000) == BODY.replace(b"3000", b"4000")
    assert as_of_ms(b"[]") is None
    assert as_of_ms(b'{"as_of_ms":"x","y":1}') is None
    assert redated(b"[]", 5) == b"[]"


def test_an_answer_is_never_made_older_than_it_was() -> None:
    assert redated(BODY, 1793491202999) == BODY
    assert redated(BODY, 0) == BODY
