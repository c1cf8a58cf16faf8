"""The models that there are."""

import pytest

from tidemark.backtest.broker import registry
from tidemark.backtest.broker.base import KINDS


def test_every_kind_has_a_null_model_and_a_real_one() -> None:
    assert {kind: registry.names(kind) for kind in KINDS} == {
        "fees": ("none", "venue"),
        "slippage": ("fixed", "none", "spread", "volume_share"),
        "latency": ("candles", "milliseconds", "none"),
        "funding": ("constant", "none", "recorded"),
        "margin": ("cross", "isolated", "none"),
        "filling": ("volume_share", "whole"),
        "rounding": ("instrument", "none"),
    }


def test_a_model_that_there_is_none_of_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        registry.find("fees", "free")
