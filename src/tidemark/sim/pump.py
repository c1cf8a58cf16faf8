"""What makes time pass: takes frames from the source, waits until they are due, hands them to the clients."""

import asyncio

from tidemark.sim.clients import CHUNK, MOST_BUFFERED, Client, Router, Switches
from tidemark.sim.market import Source
from tidemark.sim.schedule import Pacer

BURST_FACTOR = 100.0
# How often to look for a subscriber, or for held frames, when there is nothing to send.
IDLE_S = 0.02


class Pump:
    """Moves frames from *source* to the clients of *router*.

    At a given speed nobody is waited for: a client that does not keep up is cut. As fast as it can, every client is
    waited for, and nothing is lost.
    """

    def __init__(self, source: Source, router: Router, switches: Switches, pacer: Pacer) -> None:
        self._source = source
        self._router = router
        self._switches = switches
        self._pacer = pacer
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
        source, routes, faults = self._source, self._router.routes, self._switches.faults
        factor = BURST_FACTOR if source.now_ns() < self._burst_until_ns else 1.0
        sent_until = self.now_ns() if self._pacer.speed is not None else 1 << 62
        pending = 0
        for at_ns, topic, payload, envelope in source.advance(routes, factor, faults.clock_skew_ms):
            if at_ns > sent_until:
                # What is held waits for its own time: that of this frame has not come yet.
                await self._flush(self.now_ns())
                await self._pacer.until(at_ns)
                sent_until, pending = max(at_ns, self._pacer.now_ns(1 << 62)), 0
            route = routes.get(topic)
            if route is None:
                continue
            route.sent += 1
            for client in route.clients:
                client.push(at_ns, topic, payload, envelope)
            pending += len(payload)
            if pending > CHUNK:
                await self._flush(at_ns)
                pending = 0
        await self._flush(self.now_ns())
        await self._pacer.until(source.now_ns())

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
            if client.buffered > MOST_BUFFERED:
                self._cut(client)

    def _cut(self, client: Client) -> None:
        client.was_slow = True
        self.cut_for_slowness += 1
        client.cut()
