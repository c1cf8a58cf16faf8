import msgspec
from tests.structures_read import take

from tidemark.analysis.wyckoff.told import Reading


def test_a_reading_is_the_same_behind_the_wire() -> None:
    reading = take(until=94).reading()

    assert reading.range is not None
    assert reading.events
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading
