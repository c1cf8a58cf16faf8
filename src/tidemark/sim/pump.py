"""What makes time pass: takes frames from the source, waits until they are due, hands them to the clients."""

import asyncio

from tidemark.kernels.page import Page
from tidemark.sim.clients import CHUNK, MOST_BUFFERED, Client, Router, Switches
from tidemark.sim.dynamics import SLICE_MS
from tidemark.sim.market import Source
from tidemark.sim.schedule import Pacer
from tidemark.units import MILLISECOND

BURST_FACTOR = 100.0
# How often to look for a subscriber, or for held frames, when there is nothing to send.
IDLE_S = 0.02


class Pump:
    """Moves frames from *source* to the clients of *router*.

    At a given speed nobody is waited for: a client that does not keep up is cut. As fast as it can, every client is
    waited for, and nothing is lost.

    Memory: one page, 64 KiB and a frame, and for the moment of handing over what each client gets of it.
    """

    def __init__(self, source: Source, router: Router, switches: Switches, pacer: Pacer) -> None:
        self._source = source
        self._router = router
        self._switches = switches
        self._pacer = pacer
        self._page = Page(CHUNK)
        self.most_buffered = MOST_BUFFERED
        # Frames leave together when the last of a slice is due, instead of each at its time.
        self.sends_slices = False
        self._burst_until_ns = 0
        self.cut_for_slowness = 0
        if switches.faults.burst_s:
            self.burst(switches.faults.burst_s)

    def now_ns(self) -> int:
        """The exchange's time."""
        return self._pacer.now_ns(self._source.now_ns())

    def burst(self, seconds: float) -> None:
        """A hundred times the rate for *seconds* of the exchange's time."""
        self._burst_until_ns = self._source.now_ns() + round(seconds * 1e9)

    async def run(self) -> None:
        """Send until cancelled."""
        source, pacer = self._source, self._pacer
        while True:
            # As fast as it can, time would run away as soon as the last listener is gone.
            waits = source.waits_for_subscriber or pacer.speed is None
            if source.has_ended or (waits and not self._has_listener()):
                if source.has_ended:
                    await self._flush(1 << 62)
                await asyncio.sleep(IDLE_S)
                continue
            if not pacer.has_begun:
                pacer.begin(source.now_ns())
            await self._slice()

    def _has_listener(self) -> bool:
        return any(self._source.knows(topic) for topic in self._router.routes)

    async def _slice(self) -> None:
        source, router, pacer, page = self._source, self._router, self._pacer, self._page
        factor = BURST_FACTOR if source.now_ns() < self._burst_until_ns else 1.0
        if self.sends_slices:
            await pacer.until(source.now_ns() + SLICE_MS * MILLISECOND)
        is_timed = pacer.speed is not None and not self.sends_slices
        page.until_ns = self.now_ns() if is_timed else 1 << 62
        for _ in source.pages(page, router.wanted, factor, self._switches.faults.clock_skew_ms):
            if page.is_full:
                at_ns = page.last_ns()
                router.deliver(page)
                await self._flush(at_ns)
            else:
                # What is held waits for its own time: that of the next frame has not come yet.
                router.deliver(page)
                await self._flush(self.now_ns())
                await pacer.until(page.next_ns)
                page.until_ns = max(page.next_ns, pacer.now_ns(1 << 62))
        router.deliver(page)
        await self._flush(self.now_ns())
        await pacer.until(source.now_ns())

    async def _flush(self, now_ns: int) -> None:
        for client in self._router.clients:
            client.release(now_ns)
            if self._pacer.speed is None:
                await client.drained()
            else:
                client.hand_over()
        if self._pacer.speed is None:
            return
        # Let the transports send before they are measured.
        await asyncio.sleep(0)
        for client in self._router.clients:
            if client.buffered > self.most_buffered:
                self._cut(client)

    def _cut(self, client: Client) -> None:
        client.was_slow = True
        self.cut_for_slowness += 1
        client.cut()
