from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from tidemark.backtest.broker import registry
from tidemark.backtest.broker.base import KINDS
from tidemark.backtest.orders.parameters import choices_of
from tidemark.store.backtest_job import ParameterChoice


class All(msgspec.Struct):
    count: Annotated[int, Meta(ge=2, le=500, description="Candles")] = 20
    share: Annotated[float, Meta(gt=0.0, lt=1.0)] = 0.5
    is_on: bool = True
    word: str = "sma"
    venue: Literal["a", "b"] = "a"
    least: Annotated[Annotated[float, Meta(ge=0.0)] | None, Meta(description="Or none")] = None
    other: tuple[int, ...] = (1, 2)


def test_each_kind_of_parameter_is_told_with_its_bounds() -> None:
    assert choices_of(All) == (
        ParameterChoice(name="count", kind="integer", default="20", minimum=2, maximum=500, text="Candles"),
        ParameterChoice(name="share", kind="number", default="0.5", minimum=0.0, maximum=1.0),
        ParameterChoice(name="is_on", kind="boolean", default="true"),
        ParameterChoice(name="word", kind="text", default="sma"),
        ParameterChoice(name="venue", kind="choice", default="a", choices=("a", "b")),
        ParameterChoice(name="least", kind="number", default="", minimum=0.0, text="Or none"),
        ParameterChoice(name="other", kind="text", default="(1, 2)"),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_model_of_the_broker_can_be_told(kind: str) -> None:
    for name in registry.names(kind):
        struct = registry.find(kind, name).Parameters
        told = choices_of(struct)

        assert [one.name for one in told] == list(struct.__struct_fields__)
        assert all(one.kind in {"integer", "number", "boolean", "text", "choice"} for one in told)
        assert all(one.text for one in told), f"{kind}.{name} has a parameter that says nothing of itself"
