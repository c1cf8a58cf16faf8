from tests.build import instrument
from tests.traced import traced_bytes

from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger


def universe(series: int = 3) -> Universe:
    return Universe(series=series, ledger=Ledger())


def test_a_newcomer_takes_the_lowest_free_slot() -> None:
    made = universe()
    joined = [made.join(instrument(name)) for name in ("AUSDT", "BUSDT", "CUSDT")]

    assert joined == [0, 1, 2]
    assert made.leave("BUSDT") == 1
    assert made.leave("AUSDT") == 0
    assert made.join(instrument("DUSDT")) == 0
    assert made.slots == {"CUSDT": 2, "DUSDT": 0}
    assert [(slot, one.symbol) for slot, one in made.occupied()] == [(0, "DUSDT"), (2, "CUSDT")]


def test_who_is_there_keeps_the_slot_with_the_latest_figures() -> None:
    made = universe()
    made.join(instrument(tick_size=0.1))

    assert made.join(instrument(tick_size=0.5)) == 0
    held = made.instrument(0)
    assert held is not None
    assert held.tick_size == 0.5
    assert made.usage().used == 1


def test_a_full_universe_refuses_and_counts_it() -> None:
    made = universe(1)
    made.join(instrument("AUSDT"))

    assert made.join(instrument("BUSDT")) is None
    assert (made.usage().used, made.usage().peak, made.usage().rejected) == (1, 1, 1)
    assert made.slots == {"AUSDT": 0}


def test_who_was_never_there_cannot_leave() -> None:
    made = universe()

    assert made.leave("AUSDT") is None
    assert made.instrument(0) is None


def test_the_map_of_slots_stays_the_same_object_that_parsers_hold() -> None:
    made = universe()
    slots = made.slots

    made.join(instrument("AUSDT"))
    made.leave("AUSDT")
    made.join(instrument("BUSDT"))

    assert made.slots is slots
    assert slots == {"BUSDT": 0}


def test_full_it_measures_no_more_than_it_declared() -> None:
    def full() -> Universe:
        made = universe(600)
        for n in range(600):
            made.join(instrument(f"{n:030}USDT", tick_size=n + 0.5))
        return made

    made = full()
    assert traced_bytes(full) <= made.reservation.bytes
    assert made.usage().bytes_used <= made.reservation.bytes
