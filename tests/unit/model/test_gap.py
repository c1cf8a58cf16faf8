import msgspec

from tidemark.model.gap import Gap, Repair


def test_a_gap_comes_back_from_its_json() -> None:
    gap = Gap(
        venue="bybit", symbol="BTCUSDT", channel="trades", gap_from=7, gap_to=9, cause="lost",
        repair=Repair.KLINES, repaired=2, lost=1,
    )  # fmt: skip

    assert msgspec.json.decode(msgspec.json.encode(gap), type=Gap) == gap


def test_a_gap_that_is_open_has_no_end_and_no_repair() -> None:
    gap = Gap(venue="bybit", symbol="BTCUSDT", channel="books", gap_from=7, cause="lost")

    assert (gap.gap_to, gap.repair, gap.repaired, gap.lost) == (None, Repair.NONE, 0, 0)
