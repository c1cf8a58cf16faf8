"""The figures of a process that serves beside the monitor, as Prometheus reads them."""

import platform
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

import tidemark
from tidemark.api.metrics.clients import PushFigures, tell_push
from tidemark.api.metrics.exposition import CONTENT_TYPE, Exposition, labels
from tidemark.api.metrics.loop import tell_loop
from tidemark.api.metrics.memory import tell_owners
from tidemark.clock import SystemClock
from tidemark.live.lags import Lags
from tidemark.memory.ledger import Ledger
from tidemark.memory.process import Process
from tidemark.serve.relay.rest import Figures
from tidemark.serve.relay.upstream import Upstream
from tidemark.units import KIB, SECOND

_TRANSIENT_BYTES = 256 * KIB


class Metrics:
    """Renders what the parts of the process tell. shared: whether Redis answers, None where there is none."""

    def __init__(
        self,
        clock: SystemClock,
        ledger: Ledger,
        *,
        lags: Lags,
        upstream: Upstream,
        relay: Figures,
        push: Callable[[], PushFigures],
        shared: Callable[[], bool | None],
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._lags = lags
        self._upstream = upstream
        self._relay = relay
        self._push = push
        self._shared = shared
        self._process = Process()
        self._started_ns = clock.now_ns()

    def handler(self) -> Handler:
        """Who answers at `/metrics`."""

        async def scrape(_: web.Request) -> web.Response:
            with self._ledger.transient(_TRANSIENT_BYTES):
                return web.Response(body=self.render(), headers={"Content-Type": CONTENT_TYPE})

        return scrape

    def render(self) -> bytes:
        """The exposition as it is now, in UTF-8."""
        to, memory, up = Exposition(), self._process.read(), self._upstream
        version = labels(version=tidemark.__version__, python=platform.python_version())
        to.gauges("tidemark_build_info", "What runs here; always 1.", [(version, 1)])
        to.gauge("process_resident_memory_bytes", "RSS.", memory.rss)
        to.gauge("process_start_time_seconds", "When it started.", round(self._started_ns / SECOND, 3))
        to.counter("process_cpu_seconds_total", "CPU time, user and system.", round(self._clock.cpu_ns() / SECOND, 3))
        to.gauge("tidemark_memory_reserved_bytes", "What all owners may hold.", self._ledger.reserved_bytes)
        to.gauge("tidemark_memory_used_bytes", "What all owners hold.", self._ledger.used_bytes)
        tell_owners(to, self._ledger.report())
        tell_loop(to, self._lags)
        to.gauge("tidemark_serve_monitor_up", "1 where the monitor answered a moment ago.", int(up.is_up))
        to.counter("tidemark_serve_asked_total", "Questions to the monitor.", up.asked)
        to.counter("tidemark_serve_failed_total", "Of these, without an answer.", up.failed)
        answers = [(labels(how=how), getattr(self._relay, how)) for how in self._relay.__struct_fields__]
        to.counters("tidemark_serve_answers_total", "Answers to clients, by where they came from.", answers)
        shared = self._shared()
        to.gauge("tidemark_serve_redis_up", "1 where Redis answers.", None if shared is None else int(shared))
        tell_push(to, self._push())
        return to.text().encode()
