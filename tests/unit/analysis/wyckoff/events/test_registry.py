from pathlib import Path

from tidemark.analysis.wyckoff import events
from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.kernels import structure


def test_every_file_that_is_an_event_is_found_in_the_order_of_the_kernel() -> None:
    files = {path.stem for path in Path(events.__path__[0]).glob("*.py")} - {"__init__", "base", "registry"}
    found = all_events()

    assert set(found) == files
    assert [event.KIND for event in found.values()] == list(range(structure.KINDS))


def test_it_is_found_by_the_name_of_its_file() -> None:
    assert all(event.__name__.endswith(f".{name}") for name, event in all_events().items())  # type: ignore[attr-defined]
