from pathlib import Path

import pytest
from tests.samples import dear, held, recording, sample, series

from tidemark.errors import SettingsError, StoreError
from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.audit import Report, audit
from tidemark.proof.canary import Canary
from tidemark.proof.report import canary_words, findings_table, html, markdown, ranked_table, write
from tidemark.units import MIB


@pytest.fixture(scope="module")
def leaking() -> Report:
    def make(at_s: float) -> Sample:
        names = held("a.<locals>.B|rows", int(1_000 + at_s), "list", each=15_000)
        return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60, dear=dear(names))

    return audit(recording(series(make)), lambda: 0)


def test_the_page_says_the_verdict_who_it_is_and_every_hypothesis(leaking: Report) -> None:
    page = markdown(leaking)

    assert page.startswith("# Audit: VALID\n\ngrows by 60.5 MB an hour; unregistered list a.&lt;locals>.B|rows\n")
    assert f"- run: 10m, 600,000 messages\n- samples: 120, {leaking.counts} of them whole\n" in page
    assert "| unregistered list a.&lt;locals>.B\\|rows | +60 entries | " in page
    assert page.count("\n| ") == 4 + len(leaking.findings) + 1


def test_what_is_wrong_stands_first(leaking: Report) -> None:
    _, rows = findings_table(leaking)

    assert rows[0][0] == "containers"
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), key=["VALID", "INCONCLUSIVE", "INVALID"].index)
    assert len(ranked_table(leaking)[1]) == len(leaking.ranked)


def test_the_page_of_a_browser_stands_alone_and_shows_names_as_they_are(leaking: Report) -> None:
    page = html(leaking)

    assert "a.&lt;locals&gt;.B|rows" in page
    assert "<locals>" not in page
    assert "http" not in page
    assert "<td class=VALID>VALID</td>" in page


def test_a_flat_process_has_no_table_of_suspects() -> None:
    flat = audit(recording(series(sample)), lambda: 0)

    assert "Who it is" not in markdown(flat)
    assert "Who it is" not in html(flat)


def test_a_canary_is_told_in_words() -> None:
    seen = Canary(series="blocks", least=800.0, plateau=Growth.INCONCLUSIVE)
    missed = Canary(series="blocks", least=None, plateau=Growth.INVALID)

    assert canary_words(seen) == "a leak of 800 a run was seen; the plateau is INCONCLUSIVE"
    assert canary_words(missed) == "no leak was seen; the plateau is INVALID: the report is void"


def test_the_ending_of_the_file_says_what_is_written(leaking: Report, tmp_path: Path) -> None:
    for name, text in (("a.md", markdown(leaking)), ("a.html", html(leaking))):
        write(leaking, tmp_path / name)
        assert (tmp_path / name).read_text() == text

    with pytest.raises(SettingsError, match=r"use \.md or \.html"):
        write(leaking, tmp_path / "a.pdf")
    with pytest.raises(StoreError, match="cannot be written"):
        write(leaking, tmp_path / "nowhere" / "a.md")
