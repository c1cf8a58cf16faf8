from tidemark.backtest.rules.asked import asked
from tidemark.backtest.rules.said import RuleSaid, told
from tidemark.backtest.rules.sizes import size_of
from tidemark.engine.step import Engine
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Tick
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY

RULES = ("confluence", "whale_flow")


def engine() -> Engine:
    return Engine(size_of(asked("rules", {}).settings, Timeframe.M1, 2), Ledger())


def test_a_rule_that_never_knew_what_it_reads_names_it() -> None:
    made, batch = engine(), Batch(1, 2, 1, 1)
    batch.add(Tick(ts_event=DAY, ts_recv=DAY))
    made.process(batch)

    said = told(made, RULES, {"confluence": [3, 2, 1, 0], "whale_flow": [0, 0, 0, 0]})

    assert said == (
        RuleSaid(rule="confluence", signals=3, traded=2, cold=1, busy=0, missing=()),
        RuleSaid(
            rule="whale_flow", signals=0, traded=0, cold=0, busy=0,
            missing=("large_bought", "large_sold", "usual_turnover", "price", "atr"),
        ),
    )  # fmt: skip


def test_before_anything_was_looked_at_nothing_is_said_to_be_missing() -> None:
    assert [one.missing for one in told(engine(), RULES, dict.fromkeys(RULES, (0, 0, 0, 0)))] == [(), ()]
