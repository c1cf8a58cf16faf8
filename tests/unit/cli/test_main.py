"""The front door: which commands there are, and how an error is told."""

import sys

import pytest

from tidemark.cli import main
from tidemark.cli.main import application, run
from tidemark.errors import BudgetError, SettingsError, UnreachableError


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of `tidemark` with *arguments*."""
    monkeypatch.setattr(sys, "argv", ["tidemark", *arguments])
    with pytest.raises(SystemExit) as ended:
        run()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_every_module_of_the_folder_is_a_command() -> None:
    names = [str(command.name) for command in application([]).registered_commands]

    assert names[:6] == ["run", "sim", "capture", "replay", "plan", "config"]
    assert names[6:] == sorted(names[6:])


def test_a_named_command_is_the_only_one_that_is_made() -> None:
    names = [command.name for command in application(["--debug", "plan", "--json"]).registered_commands]

    assert names == ["plan"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("config", "--nonsense"), "No such option: --nonsense"),
        (("plan", "--symbols", "0"), "--symbols"),
        (("nonsense",), "No such command 'nonsense'"),
        (("config", "--set", "memory.budgte=1GB"), "memory.budget"),
    ],
)
def test_what_is_typed_wrong_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    code = called(monkeypatch, *arguments)

    told = capsys.readouterr().err
    assert code == 2
    assert told.startswith("tidemark: ")
    assert words in told
    assert told.count("\n") == 1


def test_without_a_command_the_help_is_printed_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = called(monkeypatch)

    printed = capsys.readouterr()
    assert code == 2
    assert "Usage: " in printed.out
    assert printed.err == ""


def test_the_version_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code = called(monkeypatch, "--version")

    assert (code, capsys.readouterr().out.split()[0]) == (0, "tidemark")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SettingsError("put this right"), 2),
        (UnreachableError("nobody there"), 1),
        (ExceptionGroup("several", [ValueError("other"), ExceptionGroup("in it", [BudgetError("too much")])]), 2),
    ],
)
def test_the_exit_code_says_whether_the_user_can_put_it_right(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, expected: int
) -> None:
    def application_that_fails(_: list[str]) -> object:
        def call(*, standalone_mode: bool) -> int:
            raise error

        return call

    monkeypatch.setattr(main, "application", application_that_fails)

    code = called(monkeypatch)

    assert code == expected
    assert capsys.readouterr().err.count("\n") == 1


def test_a_group_without_an_error_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def application_that_fails(_: list[str]) -> object:
        def call(*, standalone_mode: bool) -> int:
            raise ExceptionGroup("several", [ValueError("a fault")])

        return call

    monkeypatch.setattr(main, "application", application_that_fails)
    monkeypatch.setattr(sys, "argv", ["tidemark"])

    with pytest.raises(ExceptionGroup):
        run()


def test_debug_shows_where_an_error_was_raised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = called(monkeypatch, "--debug", "config", "--set", "nonsense")

    told = capsys.readouterr().err
    assert code == 2
    assert "Traceback" in told
    assert told.splitlines()[-1].startswith("tidemark: --set 'nonsense' is not understood")
