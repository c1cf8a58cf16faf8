"""What is signalled, and what a trade costs; the parameters of the rules stand beside it, under `rules`."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from tidemark.signals import parameters
from tidemark.signals.plan import Costs
from tidemark.signals.signals import CAPACITY

if TYPE_CHECKING:
    Rules = Struct
else:
    # One section a rule: whoever adds a rule has added its settings.
    Rules = parameters.tree()


class Signals(Struct, frozen=True, kw_only=True):
    """What the rules find, and how it is followed."""

    enabled: Annotated[bool, Meta(description="Whether anything is signalled; what is not scored never is")] = True
    overrides: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...],
        Meta(description="Parameters that one market has instead: BTCUSDT confluence.enter=70"),
    ] = ()
    fee_bps: Annotated[float, Meta(ge=0.0, le=1000.0, description="Fee of one side of a trade, in basis points")] = 5.5
    slippage_bps: Annotated[
        float, Meta(ge=0.0, le=1000.0, description="What one side of a trade loses beside it, in basis points")
    ] = 1.0
    most_of_risk: Annotated[
        float, Meta(gt=0.0, le=10.0, description="Nothing is signalled where costs are a larger share of the risk")
    ] = 0.5
    capacity: Annotated[
        int, Meta(ge=16, le=100_000, description="Trades followed at a time, with the random entries against them")
    ] = CAPACITY
    seed: Annotated[int, Meta(ge=0, le=2**31, description="Of the random entries that signals are held against")] = 1

    @property
    def costs(self) -> Costs:
        """What a trade costs."""
        return Costs(fee_bps=self.fee_bps, slippage_bps=self.slippage_bps, most_of_risk=self.most_of_risk)
