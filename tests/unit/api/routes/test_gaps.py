from tests.api_process import Lived

from tidemark.api.routes.gaps import ROUTES, Asked, GapPage, SeenGap
from tidemark.model.events import StreamGap
from tidemark.units import MILLISECOND, SECOND


def gaps(process: Lived, **asked: object) -> GapPage:
    told = ROUTES[0].give(process.monitor, Asked(**asked))  # type: ignore[arg-type]
    assert isinstance(told, GapPage)
    return told


def test_gaps_come_newest_first_page_by_page_and_open_ones_say_so(own: Lived) -> None:
    sink, first = own.parts.sink, own.clock.at_ns
    for number in range(5):
        began = first + number * SECOND
        symbol = f"M1{number}USDT"
        sink.on_event(
            StreamGap(
                ts_event=began, ts_recv=began, venue="bybit", channel="tickers", symbols=(symbol,), gap_from=began,
                cause="lost",
            )
        )  # fmt: skip
        if number != 4:
            ended = began + SECOND
            sink.on_event(
                StreamGap(
                    ts_event=ended, ts_recv=ended, venue="bybit", channel="tickers", symbols=(symbol,),
                    gap_from=began, gap_to=ended, cause="lost",
                )
            )  # fmt: skip
    own.clock.at_ns += 10 * SECOND
    own.parts.intake.flush()

    whole = gaps(own, channel="tickers", limit=1000)
    ours = [gap for gap in whole.gaps if gap.from_ms >= first // MILLISECOND and gap.cause == "lost"]
    paged: list[SeenGap] = []
    before = None
    while True:
        told = gaps(own, channel="tickers", limit=2, before=before)
        paged.extend(told.gaps)
        before = told.next_before
        if before is None:
            break

    assert [gap.symbol for gap in ours] == ["M14USDT", "M13USDT", "M12USDT", "M11USDT", "M10USDT"]
    assert [gap.to_ms is None for gap in ours] == [True, False, False, False, False]
    assert tuple(paged) == whole.gaps
    assert {gap.symbol for gap in gaps(own, symbol="M12USDT").gaps} == {"M12USDT"}
    assert "M14USDT" in {gap.symbol for gap in gaps(own, only_open=True).gaps}
    assert all(gap.to_ms is None for gap in gaps(own, only_open=True).gaps)
