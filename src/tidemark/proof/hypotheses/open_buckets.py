"""There are more open candles than one a market and timeframe."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_owners
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """Exact: the owners of open candles, and of trades that came before their candle began."""
    return judge_owners(
        run,
        lambda line: line.owner.startswith("candles/") and line.owner.rpartition("/")[2] in {"open", "early"},
        "no candles in this process",
    )
