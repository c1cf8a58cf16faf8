"""What the interpreter itself says: collector, tasks, threads, log handlers, caches, pools of database connections."""

import asyncio
import functools
import gc
import logging
import logging.handlers
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import Any

import msgspec

from tidemark.memory.paths import code_name

_MOST_NAMES = 100
_CACHE = type(functools.lru_cache(maxsize=1)(len))
_POOL_MODULE = "sqlalchemy.pool"


class Collector(msgspec.Struct, frozen=True, kw_only=True):
    """The garbage collector since the start. `garbage`: objects that it keeps because nobody can free them."""

    collections: int
    collected: int
    uncollectable: int
    garbage: int


class Handlers(msgspec.Struct, frozen=True, kw_only=True):
    """Handlers of one logger that write to one place; more than one write each line more than once."""

    logger: str
    to: str
    count: int


class Logging(msgspec.Struct, frozen=True, kw_only=True):
    """All handlers, and the lines that wait in queues; `queue_limit` None: there is none, 0: one without a limit."""

    handlers: list[Handlers]
    queued: int
    queue_limit: int | None


class Cache(msgspec.Struct, frozen=True, kw_only=True):
    """A cache of a function's results. `most` None: without a limit."""

    name: str
    used: int
    most: int | None
    hits: int
    misses: int


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """A pool of database connections: how many it keeps, and how many are lent."""

    name: str
    size: int
    lent: int
    overflow: int


def read_collector() -> Collector:
    """What the collector did so far."""
    stats = gc.get_stats()
    return Collector(
        collections=sum(one["collections"] for one in stats),
        collected=sum(one["collected"] for one in stats),
        uncollectable=sum(one["uncollectable"] for one in stats),
        garbage=len(gc.garbage),
    )


def read_tasks() -> dict[str, int]:
    """The tasks of the running loop, by what they run."""
    return dict(Counter(task_name(task) for task in asyncio.all_tasks()).most_common(_MOST_NAMES))


def task_name(task: asyncio.Task[Any]) -> str:
    """The function that a task runs, with its module."""
    coroutine: Any = task.get_coro()
    code = getattr(coroutine, "cr_code", None)
    if not isinstance(code, CodeType):
        return getattr(coroutine, "__qualname__", type(coroutine).__qualname__)
    frame = coroutine.cr_frame
    return code_name(code, frame.f_globals.get("__name__") if frame is not None else None)


def read_threads() -> dict[str, int]:
    """Threads that Python knows, by name without their number."""
    names = Counter(thread.name.rstrip("0123456789_-") for thread in threading.enumerate())
    return dict(names.most_common(_MOST_NAMES))


def read_logging() -> Logging:
    """The handlers of every logger."""
    found: Counter[tuple[str, str]] = Counter()
    queues: list[Any] = []
    for name, logger in (("root", logging.getLogger()), *sorted(logging.Logger.manager.loggerDict.items())):
        for handler in getattr(logger, "handlers", ()):
            found[name, _target(handler)] += 1
            if isinstance(handler, logging.handlers.QueueHandler):
                queues.append(handler.queue)
    return Logging(
        handlers=[Handlers(logger=name, to=to, count=count) for (name, to), count in found.most_common(_MOST_NAMES)],
        queued=sum(queue.qsize() for queue in queues),
        queue_limit=min((getattr(queue, "maxsize", 0) for queue in queues), default=None),
    )


def _target(handler: logging.Handler) -> str:
    """Where a handler writes to: its file, its stream, else its kind."""
    kind = type(handler).__qualname__
    file = getattr(handler, "baseFilename", None)
    if file is not None:
        return f"{kind} {str(file).rpartition('/')[2]}"
    stream = getattr(handler, "stream", None)
    return f"{kind} {getattr(stream, 'name', '')}".strip()


def is_cache(kind: type) -> bool:
    """Whether *kind* is that of `functools.lru_cache`."""
    return kind is _CACHE


def read_caches(found: Iterable[Any]) -> list[Cache]:
    """The caches among *found*, the fullest first."""
    caches = [
        Cache(name=_function_name(one), used=info.currsize, most=info.maxsize, hits=info.hits, misses=info.misses)
        for one in found
        if type(one) is _CACHE and (info := one.cache_info())
    ]
    return sorted(caches, key=lambda cache: (-cache.used, cache.name))[:_MOST_NAMES]


def _function_name(cached: Any) -> str:
    """Module and name of what a cache stands before; what is called without being a function has neither."""
    function = getattr(cached, "__wrapped__", cached)
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', None) or type(function).__module__}.{name}"


def is_pool(kind: type) -> bool:
    """Whether *kind* is a pool of SQLAlchemy's; false where nobody imported that."""
    module = sys.modules.get(_POOL_MODULE)
    return module is not None and issubclass(kind, module.Pool)


def read_pools(found: Iterable[Any]) -> list[Pool] | None:
    """The pools among *found*; None where the library for them was never imported."""
    if _POOL_MODULE not in sys.modules:
        return None
    return list(_pools(found))


def _pools(found: Iterable[Any]) -> Iterator[Pool]:
    for one in found:
        if is_pool(type(one)):
            # Pools that keep nothing have no such figures.
            size, lent, overflow = (getattr(one, name, None) for name in ("size", "checkedout", "overflow"))
            yield Pool(
                name=type(one).__qualname__,
                size=int(size()) if callable(size) else 0,
                lent=int(lent()) if callable(lent) else 0,
                overflow=int(overflow()) if callable(overflow) else 0,
            )
