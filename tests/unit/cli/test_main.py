import gzip
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

import tidemark as package
from tidemark.cli.main import application

Tidemark = Callable[..., tuple[int, str, str]]

# In the order of `--help`.
COMMANDS = [
    "run", "serve", "score", "explain", "market", "signals", "scorecard", "rules", "alerts", "universe", "gaps",
    "archive", "import", "data", "new-strategy", "sim", "capture", "replay", "audit", "diagnose", "soak", "simulate",
    "plan", "config", "evaluate", "openapi", "token", "wyckoff",
]  # fmt: skip
GROUPS = {
    "backtest": ["run", "resume", "list", "show", "compare", "rm", "check"],
}

# Arguments, and what the one line has to say. {tmp} is a folder with a file `garbage` and a file `settings.toml`.
USER_ERRORS = {
    "no such command": (["nosuch"], ["No such command 'nosuch'"]),
    "no such option": (["run", "--nosuch"], ["No such option: --nosuch"]),
    "not a number": (["run", "--demo", "--rate", "fast"], ["--rate", "fast"]),
    "rate is nan": (["run", "--demo", "--rate", "nan"], ["rate", "nan"]),
    "too many symbols": (["run", "--demo", "--symbols", "9999"], ["--symbols", "5000"]),
    "unknown key": (["run", "--set", "memory.budgt=1GB"], ["memory.budgt", "memory.budget"]),
    "unknown key in a file": (["config", "--config", "{tmp}/settings.toml"], ["memory.bugdet", "memory.budget"]),
    "no pair": (["run", "--set", "memory.budget"], ["KEY=VALUE"]),
    "no key": (["run", "--set", "=1"], ["KEY=VALUE"]),
    "bad size": (["run", "--budget", "lots"], ["lots", "256MB"]),
    "bad size set": (["config", "--set", "memory.budget=12XB"], ["memory.budget", "12XB"]),
    "too small a size": (["config", "--set", "memory.budget=1MB"], ["memory.budget"]),
    "bad duration": (["run", "--demo", "--for", "soon"], ["soon", "10m"]),
    "negative duration": (["run", "--demo", "--for", "-5s"], ["-5s"]),
    "missing settings": (["config", "--config", "{tmp}/nosuch.toml"], ["nosuch.toml"]),
    "broken settings": (["config", "--config", "{tmp}/garbage"], ["garbage"]),
    "missing recording": (["run", "--demo", "--capture", "{tmp}/nosuch.gz"], ["nosuch.gz"]),
    "garbage recording": (["run", "--demo", "--capture", "{tmp}/garbage"], ["garbage", "not a recording"]),
    "broken recording": (["run", "--demo", "--capture", "{tmp}/broken.gz"], ["broken.gz"]),
    "empty folder": (["run", "--demo", "--capture", "{tmp}/empty"], ["empty", "holds no"]),
    "recording without demo": (["run", "--capture", "{tmp}/garbage"], ["--capture", "--demo"]),
    "unknown venue": (["run", "--venue", "binanse"], ["binanse", "'binance'"]),
    "unknown venue planned": (["plan", "--venue", "bybitt"], ["bybitt", "'bybit'"]),
    "unknown venue of the demo": (["run", "--demo", "--venue", "kraken"], ["kraken", "bybit"]),
    "bad speed": (["run", "--demo", "--speed", "fast"], ["--speed", "fast"]),
    "no speed": (["run", "--demo", "--speed", "0"], ["speed"]),
    "budget too small": (["plan", "--budget", "33MB"], ["memory.budget", "33.0 MB", "or more"]),
    "strict": (["plan", "--budget", "180MB", "--strict"], ["first cuts are"]),
    "timeframes that do not nest": (["plan", "--set", "candles.grace=40s"], ["candles.grace"]),
    "unknown fault": (["sim", "--fault", "dublicate=0.1"], ["--fault", "dublicate"]),
    "fault without value": (["sim", "--fault", "duplicate"], ["--fault", "NAME=VALUE"]),
    "fault out of range": (["sim", "--fault", "duplicate=2"], ["duplicate", "0 to 1"]),
    "unknown kind of frame": (["sim", "--fault", "malformed_kinds=nosuch"], ["malformed_kinds", "nosuch"]),
    "unknown venue of the exchange": (["sim", "--venue", "kraken"], ["kraken"]),
    "port taken": (["sim", "--port", "{port}"], ["cannot listen on 127.0.0.1:{port}", "another port"]),
    "port beyond": (["sim", "--port", "99999"], ["--port"]),
    "recording of the exchange": (["sim", "--capture", "{tmp}/garbage"], ["not a recording"]),
}


@pytest.fixture
def places(tmp_path: Path) -> Callable[[str], str]:
    """Fills in {tmp} and {port}, a port that is taken."""
    (tmp_path / "garbage").write_bytes(b"\x00garbage\xff\n" * 20)
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"x" * 500)[:15])
    (tmp_path / "settings.toml").write_text('[memory]\nbugdet = "1GB"\n')
    (tmp_path / "empty").mkdir()
    return lambda text: text.replace("{tmp}", str(tmp_path))


@pytest.mark.parametrize("case", USER_ERRORS)
def test_what_the_user_got_wrong_is_told_in_one_line(
    tidemark: Tidemark, places: Callable[[str], str], case: str
) -> None:
    arguments, words = USER_ERRORS[case]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, output, told = tidemark(*(places(argument).replace("{port}", port) for argument in arguments))

    assert (code, output) == (2, "")
    assert told.count("\n") == 1
    assert told.startswith("tidemark: ")
    for word in words:
        assert word.replace("{port}", port) in told


@pytest.mark.parametrize("arguments", [["--debug", "run", "--venue", "x1"], ["--debug", "plan", "--symbols", "x"]])
def test_the_traceback_is_there_for_who_asks(tidemark: Tidemark, arguments: list[str]) -> None:
    code, _, told = tidemark(*arguments)

    assert code == 2
    assert told.startswith("Traceback (most recent call last):")
    assert told.splitlines()[-1].startswith("tidemark: ")


def test_the_version_is_printed(tidemark: Tidemark) -> None:
    assert tidemark("--version") == (0, f"tidemark {package.__version__}\n", "")


def test_without_a_command_the_help_is_shown_and_nothing_is_complained_of(tidemark: Tidemark) -> None:
    code, output, told = tidemark()

    assert code == 2
    assert "tidemark [OPTIONS] COMMAND" in output + told
    assert "tidemark: " not in told


@pytest.mark.parametrize("command", [*COMMANDS, *(f"{name} {one}" for name, all_ in GROUPS.items() for one in all_)])
def test_every_command_tells_how_it_is_used(tidemark: Tidemark, command: str) -> None:
    code, output, told = tidemark(*command.split(), "--help")

    assert (code, told) == (0, "")
    assert f"tidemark {command}" in output
    assert "Examples:" in output


def test_a_command_that_is_named_is_the_only_one_that_is_imported() -> None:
    assert [command.name for command in application(["plan"]).registered_commands] == ["plan"]
    assert [command.name for command in application([]).registered_commands] == COMMANDS
    assert not application(["plan"]).registered_groups
    assert [group.name for group in application(["backtest"]).registered_groups] == ["backtest"]
    assert [group.name for group in application([]).registered_groups] == list(GROUPS)


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_shows_its_commands(tidemark: Tidemark, name: str) -> None:
    code, output, told = tidemark(name, "--help")

    assert (code, told) == (0, "")
    assert [word for word in GROUPS[name] if f" {word} " not in output] == []
    assert tidemark(name)[0] == 2
