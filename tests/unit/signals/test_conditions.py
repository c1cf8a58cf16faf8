from typing import Any

import numpy as np
from tests.signalling import AT_ONCE, SILENT, SPEAKS, at_s, inputs

from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Reason
from tidemark.signals import parameters
from tidemark.signals.conditions import OWNER, Conditions, Edge
from tidemark.signals.parameters import Ruled
from tidemark.signals.rules import registry

RULE = "whale_flow"
LOUD, STILL = SPEAKS[RULE], SILENT[RULE]
SHORT: dict[str, Any] = {**LOUD, "large_bought": 1e5, "large_sold": 9e5}


class One:
    """The conditions of one market and the whole, one rule of which is on."""

    def __init__(self, rule: str = RULE, **given: str) -> None:
        others = {f"{other}.enabled": "false" for other in registry.names() if other != rule}
        made = parameters.load({**AT_ONCE, **others, **{f"{rule}.{name}": value for name, value in given.items()}})
        self.limits = Ruled(made, (), rows=2, ledger=Ledger()).limits
        self.conditions = Conditions(rows=2, ledger=Ledger())

    def look(self, at: float, columns: dict[str, Any], *, plannable: bool = True) -> list[tuple[int, bool, Reason]]:
        where = dict.fromkeys(registry.names(), np.array([plannable, plannable]))
        edges = self.conditions.evaluate(inputs(at_s(at), **columns), self.limits, where)
        return [(edge.code, edge.is_on, edge.reason) for edge in edges]


def test_both_edges_are_told_once() -> None:
    one = One()

    assert one.look(0, LOUD) == [(1, True, Reason.RAISED)]
    assert one.look(1, LOUD) == []
    assert one.look(2, STILL) == [(1, False, Reason.CEASED)]
    assert one.look(3, STILL) == []


def test_between_the_thresholds_it_stays_as_it_is() -> None:
    between: dict[str, Any] = {**LOUD, "large_bought": 1.5e5, "large_sold": 0.0}
    one = One()

    assert one.look(0, between) == []
    assert one.look(1, LOUD) == [(1, True, Reason.RAISED)]
    assert one.look(2, between) == []
    assert one.look(3, STILL) == [(1, False, Reason.CEASED)]


def test_the_opposite_one_ends_it_and_begins_in_the_same_second() -> None:
    one = One()
    one.look(0, LOUD)

    assert one.look(1, SHORT) == [(1, False, Reason.REVERSED), (-1, True, Reason.RAISED)]


def test_the_opposite_one_ends_it_even_where_it_has_to_wait_itself() -> None:
    one = One(cooldown="1h")
    one.look(0, SHORT)
    one.look(1, LOUD)

    assert one.look(2, SHORT) == [(1, False, Reason.REVERSED)]


def test_the_cooldown_is_of_one_side() -> None:
    one = One(cooldown="60s")
    one.look(0, LOUD)
    one.look(1, STILL)

    assert one.look(2, LOUD) == []
    assert one.look(3, SHORT) == [(-1, True, Reason.RAISED)]
    assert one.look(61, LOUD) == [(-1, False, Reason.REVERSED), (1, True, Reason.RAISED)]


def test_its_time_to_live_ends_it() -> None:
    one = One(time_to_live="30s", cooldown="1h")
    one.look(0, LOUD)

    assert one.look(29, LOUD) == []
    assert one.look(30, LOUD) == [(1, False, Reason.TIME_TO_LIVE)]
    assert one.look(31, LOUD) == []


def test_what_is_not_known_any_more_ends_it_and_nothing_is_entered() -> None:
    one = One()
    one.look(0, LOUD)

    assert one.look(1, {}) == [(1, False, Reason.LOST)]
    assert One().look(0, {**LOUD, "usual_turnover": np.nan}) == []


def test_the_warm_up_counts_known_seconds_and_no_more_than_sixty_at_a_time() -> None:
    one = One(warm_up="100s")

    assert one.look(0, LOUD) == []
    assert one.look(50, {}) == []
    assert one.look(1000, LOUD) == []
    assert one.look(1038, LOUD) == []
    assert one.look(1039, LOUD) == [(1, True, Reason.RAISED)]


def test_where_no_trade_could_be_planned_nothing_is_entered_but_what_is_on_stays() -> None:
    one = One()

    assert one.look(0, LOUD, plannable=False) == []
    assert one.look(1, LOUD) == [(1, True, Reason.RAISED)]
    assert one.look(2, LOUD, plannable=False) == []


def test_the_first_regime_is_no_news_and_neither_is_its_end() -> None:
    one = One("regime_change")
    ranging, rising = SILENT["regime_change"], SPEAKS["regime_change"]

    assert one.look(0, ranging) == []
    assert one.look(1, rising) == [(3, True, Reason.RAISED)]
    assert one.look(2, {}) == []
    assert one.look(3, ranging) == [(3, False, Reason.REVERSED), (5, True, Reason.RAISED)]


def test_the_whole_speaks_for_itself() -> None:
    one = One("feed_quality")
    columns = {name: [0.0, 0.0] for name in SPEAKS["feed_quality"]} | {"is_whole": [0.0, 1.0], "pressure": [0.0, 2.0]}

    assert one.look(0, columns) == [(4, True, Reason.RAISED)]
    assert one.conditions.held("feed_quality", 1) == (4, at_s(0))


def test_a_row_that_is_cleared_says_what_was_on_unless_nobody_was_told() -> None:
    one = One()
    one.look(0, LOUD)
    told = one.conditions.clear(0)
    one.look(1, LOUD)
    one.conditions.mute(Edge(RULE, 0, 1, is_on=True, since=at_s(1), reason=Reason.RAISED))

    assert told == [Edge(RULE, 0, 1, is_on=False, since=at_s(0), reason=Reason.LEFT)]
    assert one.look(2, STILL) == []
    assert one.conditions.clear(0) == []


def test_what_was_muted_still_lives_as_long_as_it_may() -> None:
    one = One(time_to_live="30s", cooldown="10s")
    one.look(0, LOUD)
    one.conditions.mute(Edge(RULE, 0, 1, is_on=True, since=at_s(0), reason=Reason.RAISED))

    assert one.look(29, LOUD) == []
    assert one.conditions.held(RULE, 0)[0] == 1
    assert one.look(30, LOUD) == []
    assert one.look(31, LOUD) == [(1, True, Reason.RAISED)]


def test_it_takes_what_it_reserved() -> None:
    ledger = Ledger()
    Conditions(rows=3, ledger=ledger)

    reserved = {line.owner: line.bytes_reserved for line in ledger.report() if line.owner.startswith(OWNER)}
    assert {one.owner: one.bytes for one in Conditions.reserve(rows=3)} == reserved
