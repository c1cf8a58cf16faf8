import tracemalloc
from collections.abc import Iterator

import pytest

from tidemark.memory.tracing import is_tracing, traced_files


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_without_tracing_nothing_is_told() -> None:
    assert not is_tracing()
    assert traced_files() == []


@pytest.mark.usefixtures("traced")
def test_the_file_that_holds_the_most_stands_first_by_its_last_parts() -> None:
    kept = [bytes(1_000) for _ in range(2_000)]

    first = traced_files()[0]

    assert is_tracing()
    assert first.file == "unit/memory/test_tracing.py"
    assert first.bytes > len(kept) * 1_000
    assert first.blocks >= len(kept)
