import asyncio
import functools
import gc
import logging
import logging.handlers
import queue
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from tidemark.live.interpreter import (
    Cache,
    Handlers,
    Pool,
    is_cache,
    is_pool,
    read_caches,
    read_collector,
    read_logging,
    read_pools,
    read_tasks,
    read_threads,
    task_name,
)


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    one = logging.getLogger("tests.interpreter")
    yield one
    for handler in list(one.handlers):
        one.removeHandler(handler)
        handler.close()


def test_the_collector_tells_what_it_did() -> None:
    before = read_collector()

    gc.collect()

    after = read_collector()
    assert after.collections > before.collections
    assert after.uncollectable == before.uncollectable
    assert after.garbage == len(gc.garbage)


async def test_tasks_are_counted_by_what_they_run() -> None:
    async def wait() -> None:
        await asyncio.sleep(3600)

    tasks = [asyncio.ensure_future(wait()) for _ in range(3)]
    name = task_name(tasks[0])

    counted = read_tasks()

    assert name.startswith(f"{__name__}.")
    assert name.endswith("<locals>.wait")
    assert counted[name] == 3
    for task in tasks:
        task.cancel()


def test_threads_are_counted_by_name_without_their_number() -> None:
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait, name=f"reader-{number}") for number in range(3)]
    for thread in threads:
        thread.start()

    counted = read_threads()

    stop.set()
    for thread in threads:
        thread.join()
    assert counted["reader"] == 3
    assert counted["MainThread"] == 1


def test_handlers_that_write_to_one_place_are_counted_together(logger: logging.Logger, tmp_path: Path) -> None:
    for name in ("a.log", "a.log", "b.log"):
        logger.addHandler(logging.FileHandler(tmp_path / name))

    told = read_logging()

    ours = {handlers for handlers in map(str, told.handlers) if "tests.interpreter" in handlers}
    assert ours == {
        str(Handlers(logger="tests.interpreter", to="FileHandler a.log", count=2)),
        str(Handlers(logger="tests.interpreter", to="FileHandler b.log", count=1)),
    }
    assert (told.queued, told.queue_limit) == (0, None)


@pytest.mark.parametrize(("most", "limit"), [(10, 10), (0, 0)])
def test_lines_that_wait_in_a_queue_are_counted(logger: logging.Logger, most: int, limit: int) -> None:
    logger.addHandler(logging.handlers.QueueHandler(queue.Queue(most)))
    logger.warning("one")
    logger.warning("two")

    told = read_logging()

    assert (told.queued, told.queue_limit) == (2, limit)


def test_caches_are_told_with_their_hits() -> None:
    @functools.lru_cache(maxsize=4)
    def double(number: int) -> int:
        return 2 * number

    for number in (1, 2, 1):
        double(number)

    (cache,) = read_caches([double, "nothing"])

    assert is_cache(type(double))
    assert cache == Cache(name=f"{__name__}.{double.__qualname__}", used=2, most=4, hits=1, misses=2)


def test_a_cache_of_what_is_no_function_is_told_by_its_kind() -> None:
    cached = functools.lru_cache(functools.partial(int, base=2))

    assert [cache.name for cache in read_caches([cached])] == ["functools.partial"]


def test_pools_are_told_with_what_is_lent() -> None:
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.QueuePool, pool_size=3)
    with engine.connect():
        told = read_pools([engine.pool, "nothing"])

    assert is_pool(type(engine.pool))
    assert told == [Pool(name="QueuePool", size=3, lent=1, overflow=-2)]
    engine.dispose()


def test_a_pool_that_keeps_nothing_has_no_figures() -> None:
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.NullPool)

    assert read_pools([engine.pool]) == [Pool(name="NullPool", size=0, lent=0, overflow=0)]


def test_without_the_library_there_is_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sqlalchemy.pool")

    assert read_pools([]) is None
    assert not is_pool(int)
