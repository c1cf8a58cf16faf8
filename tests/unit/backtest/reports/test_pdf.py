import re

import pytest
import sqlalchemy as sa

from tidemark.backtest.reports.gathered import gather
from tidemark.backtest.reports.page import html
from tidemark.backtest.reports.pdf import pdf_of
from tidemark.errors import StoreError
from tidemark.store.backtest_rows import Run


def test_a_report_becomes_a_pdf_of_a_few_pages(engine: sa.Engine, done: Run) -> None:
    with engine.connect() as connection:
        page = html(gather(connection, done))
    made = pdf_of(page)

    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")
    pages = re.findall(rb"/Count (\d+)", made)
    assert not pages or 2 <= int(pages[0]) <= 12


def test_who_takes_too_long_is_ended() -> None:
    with pytest.raises(StoreError, match=r"no PDF was made within 0.01 s; write the report as .html"):
        pdf_of("<p>", limit_s=0.01)


def test_who_takes_too_much_is_ended_in_a_line() -> None:
    with pytest.raises(StoreError, match=r"no PDF was made: .* 6\d MB") as caught:
        pdf_of("<p>", address_bytes=64 << 20)

    assert "\n" not in str(caught.value)
