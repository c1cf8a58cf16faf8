import json
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest
from tests.samples import sample, series

from tidemark.live.probe import Sample
from tidemark.units import MIB

Tidemark = Callable[..., tuple[int, str, str]]


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[[Iterable[Sample]], str]:
    """A file with these samples."""

    def write(samples: Iterable[Sample]) -> str:
        file = tmp_path / "samples.jsonl"
        file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in samples))
        return str(file)

    return write


def leaking(at_s: float) -> Sample:
    return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60)


@pytest.mark.parametrize(
    ("make", "seconds", "code", "verdict"),
    [(sample, 600.0, 0, "INVALID"), (leaking, 600.0, 1, "VALID"), (leaking, 120.0, 3, "INCONCLUSIVE")],
)
def test_the_exit_code_says_how_it_went(
    tidemark: Tidemark,
    recorded: Callable[[Iterable[Sample]], str],
    make: Callable[[float], Sample],
    seconds: float,
    code: int,
    verdict: str,
) -> None:
    file = recorded(series(make, seconds))

    ended, output, error = tidemark("audit", "--samples", file)

    assert (ended, error) == (code, "")
    assert output.startswith(f"{verdict} ")
    assert "sql_pool" in output


def test_one_json_object_holds_all_of_it(tidemark: Tidemark, recorded: Callable[[Iterable[Sample]], str]) -> None:
    code, output, _ = tidemark("audit", "--samples", recorded(series(leaking)), "--json")

    told = json.loads(output)
    assert code == 1
    assert told["verdict"] == "VALID"
    assert told["ranked"][0]["share"] > 0.9
    assert {finding["hypothesis"] for finding in told["findings"]} >= {"owners", "native", "sql_pool"}


def test_a_page_is_written_beside_what_is_printed(
    tidemark: Tidemark, recorded: Callable[[Iterable[Sample]], str], tmp_path: Path
) -> None:
    page = tmp_path / "audit.html"

    code, output, _ = tidemark("audit", "--samples", recorded(series(sample)), "--report", str(page))

    assert code == 0
    assert output
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--report", "audit.pdf"), "use .md or .html"),
        (("--for", "0s"), "a run takes some time, like 10m"),
        (("--for", "soon"), "duration 'soon' is not understood"),
        (("--samples", "/nowhere/x"), "the samples /nowhere/x cannot be read"),
        (("--venue", "bybit"), "start `tidemark run` with the same settings, or name its socket with --socket"),
    ],
)
def test_what_is_wrong_is_one_line_that_says_what_to_do(
    tidemark: Tidemark, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    code, output, error = tidemark("audit", "--set", f"store.folder={tmp_path}", *arguments)

    assert (code, output) == (2, "")
    assert error.startswith("tidemark: ")
    assert error.count("\n") == 1
    assert told in error


def test_a_file_without_a_sample_says_so(tidemark: Tidemark, recorded: Callable[[Iterable[Sample]], str]) -> None:
    code, _, error = tidemark("audit", "--samples", recorded([]))

    assert code == 2
    assert "holds no sample" in error
