"""The control socket: answers questions about this process to those who may ask, which is its user."""

import asyncio
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import assert_never

import msgspec
import structlog

from tidemark.analysis.analysis import Analysis
from tidemark.analysis.explain import explain
from tidemark.analysis.market_view import market_view
from tidemark.analysis.ranking import ranking
from tidemark.analysis.wyckoff import market as structures
from tidemark.engine.step import Engine
from tidemark.errors import DECODE_ERRORS, TaskLimitError, TidemarkError, UnscoredError
from tidemark.live.diagnosis import Diagnosis
from tidemark.live.overview import Overview
from tidemark.live.probe import Probe
from tidemark.live.questions import (
    MOST_ANSWER_BYTES,
    MOST_QUESTION_BYTES,
    Answer,
    AskDiagnosis,
    AskExplanation,
    AskMarket,
    AskSample,
    AskScan,
    AskScores,
    AskStructure,
    Question,
    StructureTold,
    socket_address,
)
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.tasks import TaskRegistry
from tidemark.model.timeframe import Timeframe
from tidemark.units import KIB

_OWNER = "control"
_MOST_CONNECTIONS = 3
# What a transport reads at once, however little of it is taken.
_READ_BYTES = 256 * KIB
# The questions, the answer twice (as it is made, and as it is sent), and what a connection takes by itself.
_CONNECTION_BYTES = _READ_BYTES + MOST_QUESTION_BYTES + 2 * MOST_ANSWER_BYTES + 48 * KIB
# Who asks nothing for so long, or does not take an answer, is hung up on.
_IDLE_S = 120.0
_SEND_S = 30.0
_ROOT = 0
log = structlog.get_logger()


class Control:
    """A Unix socket at *path* that nobody but the user of this process may open.

    At most three connections at a time. A question is one line of JSON, and so is its answer; both are bounded.
    """

    def __init__(
        self, path: Path, probe: Probe, diagnosis: Diagnosis, engine: Engine, overview: Overview, ledger: Ledger
    ) -> None:
        self._path = path
        self._probe = probe
        self._diagnosis = diagnosis
        self._engine = engine
        self._overview = overview
        self._connections = TaskRegistry(
            _OWNER, limit=_MOST_CONNECTIONS, on_error=_tell_error, task_bytes=_CONNECTION_BYTES
        )
        self._ask = msgspec.json.Decoder(Question)
        ledger.open(self._connections)

    @staticmethod
    def reserve() -> Reservation:
        """What the connections take at most; allocates nothing."""
        return TaskRegistry.reserve(_OWNER, limit=_MOST_CONNECTIONS, task_bytes=_CONNECTION_BYTES)

    async def serve(self) -> None:
        """Answer until cancelled. Where there can be no socket, the log says why, and nothing is answered."""
        try:
            listening = _listen(self._path)
        except OSError as error:
            log.warning("no control socket", path=str(self._path), cause=error.strerror or str(error))
            return
        server = await asyncio.start_unix_server(self._connected, sock=listening, limit=MOST_QUESTION_BYTES)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            self._path.unlink(missing_ok=True)
            await self._connections.cancel_all()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not may_ask(writer.get_extra_info("socket"), os.geteuid()):
            writer.transport.abort()
            return
        try:
            answering = self._connections.create("control", self._answer_all(reader, writer))
        except TaskLimitError:
            writer.transport.abort()
            return
        # Nothing of an answer that nobody takes is kept, nor a connection whose task was cancelled before it began.
        answering.add_done_callback(lambda _: writer.transport.abort())

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError, ConnectionError):
            while line := await self._next_line(reader):
                writer.write(await self._answer(line) + b"\n")
                async with asyncio.timeout(_SEND_S):
                    await writer.drain()
            writer.close()
            async with asyncio.timeout(_SEND_S):
                await writer.wait_closed()

    @staticmethod
    async def _next_line(reader: asyncio.StreamReader) -> bytes:
        """The next question; empty at the end, and for one that is too long."""
        try:
            async with asyncio.timeout(_IDLE_S):
                return await reader.readline()
        except ValueError:
            return b""

    async def _answer(self, line: bytes) -> bytes:
        try:
            asked = self._ask.decode(line)
        except DECODE_ERRORS as error:
            return msgspec.json.encode(Answer(error=f"the question is not understood: {error}"))
        try:
            answer = await self._answer_to(asked)
        except TidemarkError as error:
            answer = Answer(error=str(error), retry=error.retry)
        text = msgspec.json.encode(answer)
        if len(text) > MOST_ANSWER_BYTES:
            return msgspec.json.encode(
                Answer(error=f"the answer has {len(text)} bytes, more than the {MOST_ANSWER_BYTES} that are sent")
            )
        return text

    async def _answer_to(self, asked: Question) -> Answer:
        match asked:
            case AskSample():
                if asked.is_whole:
                    return Answer(sample=await self._probe.count(asked.weigh))
                return Answer(sample=self._probe.look(collects=asked.collects))
            case AskDiagnosis():
                return Answer(written=await self._diagnosis.write(asked.reason[:200]))
            case AskScores():
                return Answer(ranking=ranking(self._analysis(), self._engine.universe.slots))
            case AskMarket():
                return Answer(
                    market=market_view(
                        self._analysis(), self._engine.universe.slots, asked.timeframe, self._overview.reading()
                    )
                )
            case AskExplanation():
                return self._explain(asked.symbol)
            case AskStructure():
                return Answer(structure=self._structure(asked))
            case AskScan():
                return Answer(scan=structures.scan(self._analysis(), self._read_in(asked.timeframe)))
            case _:
                assert_never(asked)

    def _structure(self, asked: AskStructure) -> StructureTold:
        analysis, slot, signals = self._analysis(), self._slot(asked.symbol), self._engine.signals
        timeframe = self._read_in(asked.timeframe)
        told = structures.structured(analysis, asked.symbol, slot, timeframe, asked.candles)
        return StructureTold(
            **msgspec.structs.asdict(told),
            judged=[] if signals is None else signals.judged_in(analysis, timeframe, slot),
        )

    def _read_in(self, timeframe: Timeframe) -> Timeframe:
        read = structures.timeframes(self._analysis())
        if timeframe not in read:
            there = ", ".join(one.value for one in read) or "none, wyckoff.enabled is false in its settings"
            raise UnscoredError(f"structure is not read in {timeframe.value} candles; it is in: {there}")
        return timeframe

    def _slot(self, symbol: str) -> int:
        slot = self._engine.universe.slots.get(symbol)
        if slot is None:
            raise UnscoredError(f"{symbol[:40]} is not watched; `tidemark universe` says which markets are, and why")
        return slot

    def _analysis(self) -> Analysis:
        if self._engine.analysis is None:
            raise UnscoredError("this process scores nothing: analysis.enabled is false in its settings")
        return self._engine.analysis

    def _explain(self, symbol: str) -> Answer:
        analysis = self._analysis()
        found = explain(analysis, self._slot(symbol), symbol)
        if found is None:
            raise UnscoredError("nothing is scored yet: the process has just started; ask again in a second")
        return Answer(explanation=found)


def may_ask(connection: socket.socket, user: int) -> bool:
    """Whether the process at the other end is *user*'s, or the administrator's.

    Where the system does not tell who that is, the mode of the socket decides alone.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", told)[1] in {user, _ROOT}


def _listen(path: Path) -> socket.socket:
    """A socket that listens at *path*, for its user alone from the first moment.

    OSError when there is one already at which somebody answers, and when the folder does not take it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        address = socket_address(path, folder)
        _clear(path, address)
        made.bind(address)
        # Before it listens nobody can connect, whatever its mode was.
        path.chmod(0o600)
        made.listen(_MOST_CONNECTIONS)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    finally:
        os.close(folder)
    return made


def _clear(path: Path, address: str) -> None:
    """Remove what a process that was killed left there; OSError when one answers that runs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.settimeout(1.0)
        try:
            other.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
    raise FileExistsError(0, "another process answers there")


def _tell_error(name: str, error: BaseException) -> None:
    log.error("alarm", what=f"{name}: a question could not be answered", last=repr(error))
