"""What the two processes of a soak say to each other, beside what a service and an exchange say."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

import msgspec

from tidemark.live.probe import Sample

_HEAD = 4


class Ask(msgspec.Struct, frozen=True, tag=True, gc=False):
    """The service asks the exchange's REST side."""

    number: int
    path: str
    query: dict[str, str]


class Answer(msgspec.Struct, frozen=True, tag=True, gc=False):
    """The reply to the request of that number; status 0: the network did not let it through."""

    number: int
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Look(msgspec.Struct, frozen=True, tag=True):
    """Tell how you are; with `weigh`, a list that may be empty, whole: by name what is to be weighed."""

    weigh: tuple[str, ...] | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a service knows of itself beside its memory; counts since its start. `broken`: bounds that do not hold.

    waited_s: how long it has waited for the exchange, by the clock on the wall. alerts_begun: processes that tell
    people; alerts_resident: the memory of the one that runs, 0 where none does. backtests: how many were done;
    backtests_wrong: what became of the others, in words.
    """

    peak_rss: int
    unaccounted: int
    messages: int
    trades: int
    candles: int
    gaps: int
    mismatched: int
    compared: int
    books_out: int
    stale: int
    given_up: tuple[str, ...]
    broken: tuple[str, ...]
    cpu_s: float
    waited_s: float
    alerts_begun: int
    alerts_resident: int
    backtests: int
    backtests_wrong: tuple[str, ...]


class Seen(msgspec.Struct, frozen=True, tag=True):
    """How the service is."""

    sample: Sample
    facts: Facts


class SetClock(msgspec.Struct, frozen=True, tag=True):
    """Somebody sets the clock of the service's machine by so much."""

    step_ns: int


class Stall(msgspec.Struct, frozen=True, tag=True):
    """The service's machine has other work for so long."""

    seconds: float


class Backtest(msgspec.Struct, frozen=True, tag=True):
    """Somebody asks for a backtest over what was archived."""


class Stop(msgspec.Struct, frozen=True, tag=True):
    """End, as after a signal."""


class Begun(msgspec.Struct, frozen=True, tag=True):
    """The service watches."""


class Over(msgspec.Struct, frozen=True, tag=True):
    """The service has ended: with an error, or with "" and the tasks that are left over."""

    error: str
    left: tuple[str, ...] = ()


Message = Ask | Answer | Look | Seen | SetClock | Stall | Backtest | Stop | Begun | Over
_DECODER = msgspec.msgpack.Decoder(Message)
_ENCODER = msgspec.msgpack.Encoder()


class Link(asyncio.Protocol):
    """One end. *heard* is told each message, *lost* when the other end is gone."""

    def __init__(self, heard: Callable[[Message], None], lost: Callable[[], None]) -> None:
        self._heard = heard
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()  # bounded: the messages of one window

    @classmethod
    async def over(cls, end: socket.socket, heard: Callable[[Message], None], lost: Callable[[], None]) -> "Link":
        """A link over one end of a pair of sockets."""
        _, link = await asyncio.get_running_loop().create_connection(lambda: cls(heard, lost), sock=end)
        return link

    def say(self, message: Message) -> None:
        """Send *message*; to nobody when the other end is gone."""
        if self._transport is not None and not self._transport.is_closing():
            body = _ENCODER.encode(message)
            self._transport.write(len(body).to_bytes(_HEAD, "little") + body)

    def close(self) -> None:
        """Let the other end know that nothing comes any more."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio gives the transport."""
        # That of uvloop is no asyncio.Transport, and has all that one has.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Asyncio gives what came in."""
        self._data += data
        at = 0
        while len(self._data) - at >= _HEAD:
            end = at + _HEAD + int.from_bytes(self._data[at : at + _HEAD], "little")
            if end > len(self._data):
                break
            self._heard(_DECODER.decode(self._data[at + _HEAD : end]))
            at = end
        del self._data[:at]

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        """Asyncio says that the other end is gone."""
        self._lost()
