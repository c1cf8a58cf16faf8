"""What may be asked of a running process over its control socket, and what it answers: one JSON object a line."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.analysis.explain import Explanation
from tidemark.analysis.market_view import MarketView
from tidemark.analysis.ranking import Ranking
from tidemark.analysis.wyckoff.market import Scan, Structured
from tidemark.live.diagnosis import Written
from tidemark.live.probe import Sample
from tidemark.model.timeframe import Timeframe
from tidemark.signals.structure_trades import JudgedRule
from tidemark.units import KIB

SOCKET_NAME = "control.sock"
MOST_QUESTION_BYTES = 16 * KIB
MOST_ANSWER_BYTES = 256 * KIB
# The longest path that the address of a socket has room for.
_MOST_PATH_BYTES = 100


class AskSample(msgspec.Struct, frozen=True, kw_only=True, tag="sample", tag_field="ask"):
    """A sample, with `collects` after a full collection.

    With `is_whole` its dear part too, with the entries of the names in `weigh` weighed, always after a collection.
    """

    collects: bool = False
    is_whole: bool = False
    weigh: tuple[str, ...] = ()


class AskDiagnosis(msgspec.Struct, frozen=True, kw_only=True, tag="diagnosis", tag_field="ask"):
    """A bundle on disk."""

    reason: str = "asked for"


class AskScores(msgspec.Struct, frozen=True, kw_only=True, tag="scores", tag_field="ask"):
    """Every market by its score."""


class AskMarket(msgspec.Struct, frozen=True, kw_only=True, tag="market", tag_field="ask"):
    """The whole market, each against the leader in this timeframe."""

    timeframe: Timeframe


class AskExplanation(msgspec.Struct, frozen=True, kw_only=True, tag="explanation", tag_field="ask"):
    """Why a market has its score."""

    symbol: str


class AskStructure(msgspec.Struct, frozen=True, kw_only=True, tag="structure", tag_field="ask"):
    """The structure of a market in one timeframe, with so many candles."""

    symbol: str
    timeframe: Timeframe
    candles: Annotated[int, Meta(ge=0, le=600)] = 0


class AskScan(msgspec.Struct, frozen=True, kw_only=True, tag="scan", tag_field="ask"):
    """The structure of all markets."""

    timeframe: Timeframe


class StructureTold(Structured, frozen=True, kw_only=True):
    """The same, and what the rules of signals say of its newest events, in the candles that they read."""

    judged: list[JudgedRule]


Question = AskSample | AskDiagnosis | AskScores | AskMarket | AskExplanation | AskStructure | AskScan


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of its fields is set. `retry`: whether the same question may be answered later."""

    sample: Sample | None = None
    written: Written | None = None
    ranking: Ranking | None = None
    market: MarketView | None = None
    explanation: Explanation | None = None
    structure: StructureTold | None = None
    scan: Scan | None = None
    error: str | None = None
    retry: bool = False


def socket_address(path: Path, folder_descriptor: int) -> str:
    """The address of the socket at *path*: a long one by way of its folder, which is open as *folder_descriptor*."""
    if len(str(path).encode()) <= _MOST_PATH_BYTES:
        return str(path)
    return f"/proc/self/fd/{folder_descriptor}/{path.name}"
