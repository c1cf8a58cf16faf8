"""What a piece of code allocates, as tracemalloc sees it."""

import tracemalloc
from collections.abc import Callable


def traced_bytes(make: Callable[[], object]) -> int:
    """Bytes held once `make` has made its object, the least of five times.

    The whole process is traced, and its other threads only ever add to what the object takes: the least is nearest.
    """
    return min(_once(make) for _ in range(5))


def _once(make: Callable[[], object]) -> int:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    made = make()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    del made
    return held
