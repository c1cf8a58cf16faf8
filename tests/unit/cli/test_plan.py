"""`tidemark plan` in a process of its own: its floor is what that process takes, not what the tests have piled up."""

import json
import re
from collections.abc import Callable
from itertools import pairwise

Tidemark = Callable[..., tuple[int, str, str]]


def plan(tidemark: Tidemark, *arguments: str) -> dict[str, object]:
    code, output, told = tidemark("plan", "--json", *arguments)
    assert (code, told) == (0, "")
    data: dict[str, object] = json.loads(output)
    return data


def test_the_plan_adds_up_and_fits(tidemark: Tidemark) -> None:
    told = plan(tidemark, "--symbols", "300", "--budget", "512MB")

    owners = told["owners"]
    assert isinstance(owners, list)
    parts = sum(owner["bytes"] for owner in owners)
    rest = [told[name] for name in ("floor", "transient", "reserve", "spare", "sum", "budget")]
    floor, transient, reserve, spare, total, budget = (one for one in rest if isinstance(one, int))
    assert total == floor + parts + transient + reserve
    assert spare == budget - total
    assert told["cuts"] == []
    assert told["slots"] == 316
    assert told["systemd"] == ["MemoryHigh=1657M", "MemoryMax=1708M"]
    assert {"journal", "maintenance", "batch", "sockets", "candles/1m", "tape", "dedup"} <= {
        owner["owner"] for owner in owners
    }


def test_what_does_not_fit_is_given_up_in_the_order_of_sacrifice(tidemark: Tidemark) -> None:
    told = plan(tidemark, "--symbols", "560", "--budget", "176MB")

    cuts = told["cuts"]
    assert isinstance(cuts, list)
    assert [cut["reason"] for cut in cuts][:3] == ["give up 30m candles", "give up 15m candles", "give up 4h candles"]
    assert all(cut["bytes_saved"] > 0 for cut in cuts)
    assert isinstance(told["spare"], int)
    assert told["spare"] >= 0


def test_a_smaller_budget_never_keeps_more_markets(tidemark: Tidemark) -> None:
    slots = [plan(tidemark, "--budget", f"{size}MB")["slots"] for size in (400, 240, 200, 176)]

    assert all(isinstance(one, int) and isinstance(other, int) and one >= other for one, other in pairwise(slots))


def test_the_table_is_for_people(tidemark: Tidemark) -> None:
    code, output, _ = tidemark("plan", "--symbols", "560", "--budget", "176MB")

    assert code == 0
    children = (
        "archive writer, at most 192.0 MB", "database reader, at most 160.0 MB", "backtest, at most 512.0 MB",
        "backtest questions, at most 256.0 MB",
    )  # fmt: skip
    for words in ("Memory plan,", "floor (measured)", "candles/1m", "Given up", *children, "MemoryMax=1322M"):
        assert words in output
    assert max(map(len, output.splitlines())) <= 120


def test_a_plan_that_is_not_to_give_anything_up_names_the_budget_that_does(tidemark: Tidemark) -> None:
    code, output, error = tidemark("plan", "--strict", "--symbols", "560", "--budget", "176MB")

    assert (code, output, len(error.splitlines())) == (2, "", 1)
    assert "give up 30m candles" in error
    least = re.search(r"set it to (\d+)MB or more", error)
    assert least is not None
    # The floor is measured anew by each process, and is not the same to the page.
    enough = int(least[1]) + 4
    assert tidemark("plan", "--strict", "--symbols", "560", "--budget", f"{enough}MB")[0] == 0
    assert tidemark("plan", "--strict", "--symbols", "560", "--budget", f"{enough - 16}MB")[0] == 2
