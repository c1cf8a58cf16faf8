import os

import pytest

from tidemark.backtest.sweeps.crew import crew
from tidemark.backtest.sweeps.workers import Here, Processes
from tidemark.errors import SettingsError


def test_one_job_is_this_process_and_more_are_others() -> None:
    with crew(jobs=1) as one, crew(jobs=3) as three:
        assert isinstance(one, Here)
        assert isinstance(three, Processes)
        assert three.room == 3


def test_there_is_a_process_for_each_core() -> None:
    with crew() as workers:
        assert workers.room == os.cpu_count()


@pytest.mark.parametrize(
    "asked",
    [{"jobs": 2, "local_cluster": 2}, {"jobs": 2, "scheduler": "tcp://x:1"}, {"scheduler": "", "local_cluster": 1}],
)
def test_two_of_them_are_refused(asked: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="both say who does the trials"), crew(**asked):  # type: ignore[arg-type]
        pass
