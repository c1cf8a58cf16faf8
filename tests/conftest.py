"""What every test may ask for: the recorded market data, and a policy on what is missing."""

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("TIDEMARK_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture
def recorded() -> Callable[[str], Path]:
    """The path of a recorded file; the test is skipped, with a reason, where the recordings are not."""

    def path(name: str) -> Path:
        if not DATA.is_dir():
            pytest.skip(f"no recorded data at {DATA}; set TIDEMARK_DATA to the folder that holds it")
        return DATA / name

    return path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where TIDEMARK_NO_SKIP is set: CI has all that a test may need."""
    report = yield
    if report.skipped and os.environ.get("TIDEMARK_NO_SKIP") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and TIDEMARK_NO_SKIP=1 forbids that: {report.longrepr}"
    return report
