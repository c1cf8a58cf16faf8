"""Asks a running process, over its control socket."""

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from tidemark.analysis.explain import Explanation
from tidemark.analysis.market_view import MarketView
from tidemark.analysis.ranking import Ranking
from tidemark.analysis.wyckoff.market import Scan
from tidemark.errors import DECODE_ERRORS, SilentProcessError
from tidemark.live.diagnosis import Written
from tidemark.live.place import folder_name
from tidemark.live.probe import Sample
from tidemark.live.questions import (
    MOST_ANSWER_BYTES,
    SOCKET_NAME,
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
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings

# A census beside a busy feed takes a second; more is a process that hangs.
_PATIENCE_S = 30.0


def socket_path(settings: Settings) -> Path:
    """Where the process that runs with these settings answers."""
    return settings.store.path / folder_name(settings) / SOCKET_NAME


class Caller:
    """A connection to the process that answers at *path*; to be used in a `with` block.

    SilentProcessError when nobody answers there, or refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers = msgspec.json.Decoder(Answer)
        self._socket = _connect(path)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._socket.close()

    def look(self) -> Sample:
        """The cheap part of a sample, after a full collection."""
        return self._sample(AskSample(collects=True))

    def count(self, weigh: tuple[str, ...] = ()) -> Sample:
        """A whole sample, with the entries of these names weighed."""
        return self._sample(AskSample(is_whole=True, weigh=weigh))

    def diagnose(self, reason: str) -> Written:
        """Have a diagnosis written; where it is."""
        written = self._ask(AskDiagnosis(reason=reason)).written
        if written is None:
            raise SilentProcessError(f"{self._path}: the process wrote no diagnosis; is it of another version?")
        return written

    def ranking(self) -> Ranking:
        """Every market by its score."""
        found = self._ask(AskScores()).ranking
        if found is None:
            raise SilentProcessError(f"{self._path}: the process gave no scores; is it of another version?")
        return found

    def market(self, timeframe: Timeframe) -> MarketView:
        """The whole market, each against the leader in *timeframe*."""
        found = self._ask(AskMarket(timeframe=timeframe)).market
        if found is None:
            raise SilentProcessError(f"{self._path}: the process told nothing of the market; is it of another version?")
        return found

    def structure(self, symbol: str, timeframe: Timeframe, candles: int = 0) -> StructureTold:
        """The structure of a market, with so many candles."""
        found = self._ask(AskStructure(symbol=symbol, timeframe=timeframe, candles=candles)).structure
        if found is None:
            raise SilentProcessError(f"{self._path}: the process told no structure; is it of another version?")
        return found

    def scan(self, timeframe: Timeframe) -> Scan:
        """The structure of all markets."""
        found = self._ask(AskScan(timeframe=timeframe)).scan
        if found is None:
            raise SilentProcessError(f"{self._path}: the process told no structure; is it of another version?")
        return found

    def explain(self, symbol: str) -> Explanation:
        """Why a market has its score."""
        found = self._ask(AskExplanation(symbol=symbol)).explanation
        if found is None:
            raise SilentProcessError(f"{self._path}: the process gave no explanation; is it of another version?")
        return found

    def _sample(self, question: AskSample) -> Sample:
        sample = self._ask(question).sample
        if sample is None:
            raise SilentProcessError(f"{self._path}: the process gave no sample; is it of another version?")
        return sample

    def _ask(self, question: Question) -> Answer:
        try:
            self._socket.sendall(msgspec.json.encode(question) + b"\n")
            line = self._file.readline(MOST_ANSWER_BYTES + 2)
        except TimeoutError as error:
            raise SilentProcessError(
                f"the process at {self._path} did not answer within {_PATIENCE_S:g} s; its loop may hang"
            ) from error
        except OSError as error:
            raise SilentProcessError(f"the process at {self._path} went away: {error.strerror}") from error
        if not line.endswith(b"\n"):
            raise SilentProcessError(
                f"the process at {self._path} hung up; it ended, or three others ask it: try again"
            )
        try:
            answer = self._answers.decode(line)
        except DECODE_ERRORS as error:
            raise SilentProcessError(
                f"{self._path}: the answer is not understood ({error}); is it of another version?"
            ) from error
        if answer.error is not None:
            refusal = SilentProcessError(f"the process at {self._path} refused: {answer.error}")
            refusal.retry = answer.retry
            raise refusal
        return answer


def _connect(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(_PATIENCE_S)
    folder = -1
    try:
        folder = os.open(path.parent, os.O_RDONLY)
        made.connect(socket_address(path, folder))
    except OSError as error:
        made.close()
        raise SilentProcessError(
            f"no process answers at {path} ({error.strerror}); start `tidemark run` with the same settings, or name"
            " its socket with --socket"
        ) from error
    finally:
        if folder >= 0:
            os.close(folder)
    return made
