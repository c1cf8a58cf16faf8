from collections.abc import Callable
from pathlib import Path

Tidemark = Callable[..., tuple[int, str, str]]


def test_where_nothing_runs_it_says_where_it_looked_and_what_to_do(tidemark: Tidemark, tmp_path: Path) -> None:
    code, output, error = tidemark("diagnose", "--set", f"store.folder={tmp_path}")

    assert (code, output) == (2, "")
    assert error.startswith(f"tidemark: no process answers at {tmp_path}/bybit/control.sock")
    assert "--socket" in error


def test_a_socket_can_be_named(tidemark: Tidemark, tmp_path: Path) -> None:
    code, _, error = tidemark("diagnose", "--socket", str(tmp_path / "x.sock"))

    assert code == 2
    assert f"{tmp_path}/x.sock" in error
