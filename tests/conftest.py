"""What every test may ask for: the recorded market data, and a policy on what is missing."""

import os
import signal
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("TIDEMARK_DATA", ROOT.parent / "shared" / "data"))
_INTEGRATION = "tests/integration/"
_WHOLE = ("tests/simulation/", "tests/soak/", "tests/leaks/")
# Each of these waits for clocks on the wall for minutes, with services of its own.
_WAITING = tuple(f"{_INTEGRATION}test_{name}.py" for name in ("restart", "fault_matrix"))
# How fast the machine is decides nothing. `quick`: where a run has to end within half an hour.
settings.register_profile("whole", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=10)
settings.load_profile("whole")
ABSENT = f"no recorded data at {DATA}"


# Ctrl-C is the regular end of a command, and tested: where a run stands in the background, it is to be heard by what it
# begins nevertheless.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    """Where the recorded data is taken from, or that there is none."""
    return f"recorded data: {DATA}" if DATA.is_dir() else f"{ABSENT}: the tests that replay it will be skipped"


def is_allowed_skip(reason: str, environment: Mapping[str, str], *, has_recordings: bool) -> bool:
    """Whether a test may be skipped: always, unless TIDEMARK_NO_SKIP is set.

    Then for nothing but absent recordings, and not where TIDEMARK_DATA promised them.
    """
    if environment.get("TIDEMARK_NO_SKIP") != "1":
        return True
    return ABSENT in reason and not has_recordings and "TIDEMARK_DATA" not in environment


class WholeServiceFirst(LoadScopeScheduling):
    """Hands out files of tests to the processes.

    `tests/integration` is one piece, but for those that wait for minutes. Each simulation, soak and leak is a piece
    of its own: they wait for nothing.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_WHOLE):
            return nodeid
        file = nodeid.partition("::")[0]
        return _INTEGRATION if file.startswith(_INTEGRATION) and file not in _WAITING else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WholeServiceFirst:
    return WholeServiceFirst(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the whole service come first: they are the longest piece, and nothing is to wait for them."""
    items.sort(key=lambda item: (not item.nodeid.startswith(_WAITING), not item.nodeid.startswith(_INTEGRATION)))


@pytest.fixture
def recorded() -> Callable[[str], Path]:
    """The path of a recorded file; the test is skipped, with a reason, where the recordings are not."""

    def path(name: str) -> Path:
        if not DATA.is_dir():
            pytest.skip(f"{ABSENT}; set TIDEMARK_DATA to the folder that holds it")
        return DATA / name

    return path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where it is not allowed: CI has all that a test may need."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr)
        if not is_allowed_skip(reason, os.environ, has_recordings=DATA.is_dir()):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, and TIDEMARK_NO_SKIP=1 forbids that: {reason}"
    return report
