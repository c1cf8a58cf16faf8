"""What empyrical says of returns of days: the second opinion on the figures of backtests, written down.

It needs pandas, and where pandas is installed pyarrow loads it with the first array that it makes: then no figure of
memory would be that of Tidemark alone. So it stands among the peers of the benchmarks, and a test reads what it said.
`.venv-peers/bin/python -m tests.empyrical_answers` asks it again.
"""

import importlib
import importlib.metadata
import json
from pathlib import Path

import numpy as np

ANSWERS = Path(__file__).with_name("contract") / "empyrical.json"
# By our names.
QUESTIONS = {
    "annual_return": "annual_return",
    "volatility": "annual_volatility",
    "sharpe": "sharpe_ratio",
    "sortino": "sortino_ratio",
    "downside_deviation": "downside_risk",
    "calmar": "calmar_ratio",
    "total_return": "cum_returns_final",
    "max_drawdown": "max_drawdown",
}
_OF_A_YEAR = ("annual_return", "volatility", "sharpe", "sortino", "downside_deviation", "calmar")


def write() -> None:
    """Ask it of four runs: one that rises, one that falls, a short one, and one of rare large days."""
    empyrical = importlib.import_module("empyrical")
    rng = np.random.default_rng(1)
    runs = []
    for drift, days, tails in ((0.002, 500, 30), (-0.003, 300, 30), (0.001, 31, 30), (0.001, 400, 3)):
        returns = np.round(drift + 0.02 * rng.standard_t(tails, days), 5)
        answers = {
            ours: float(getattr(empyrical, theirs)(returns, **({"annualization": 365} if ours in _OF_A_YEAR else {})))
            for ours, theirs in QUESTIONS.items()
        }
        runs.append({"returns": returns.tolist(), "answers": answers})
    told = {"version": importlib.metadata.version("empyrical-reloaded"), "runs": runs}
    ANSWERS.write_text(json.dumps(told) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
