import msgspec
import pytest

from tidemark.ingest.venues.binance import wire


def test_messages_are_told_apart_by_their_type() -> None:
    tags = {kind.__struct_config__.tag for kind in wire.Message.__args__}

    assert tags == {
        "aggTrade",
        "trade",
        "kline",
        "24hrTicker",
        "bookTicker",
        "markPriceUpdate",
        "depthUpdate",
        "forceOrder",
    }


@pytest.mark.parametrize("kind", [*wire.Message.__args__, wire.ForcedOrder])
def test_no_message_is_tracked_by_the_garbage_collector(kind: type[msgspec.Struct]) -> None:
    assert not kind.__struct_config__.gc
