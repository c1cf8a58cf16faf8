import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tidemark.api.tokens import Tokens

Tidemark = Callable[..., tuple[int, str, str]]


@pytest.fixture
def token(tidemark: Tidemark, tmp_path: Path) -> Tidemark:
    """`tidemark token ARGUMENTS`, for the store of this test."""
    return lambda *arguments: tidemark("token", *arguments, "--set", f"store.folder={tmp_path}")


def test_the_secret_is_all_that_a_script_reads(token: Tidemark, tmp_path: Path) -> None:
    code, output, error = token("create", "grafana")

    assert code == 0
    found = Tokens(tmp_path).verify(output.strip())
    assert found is not None
    assert (found.name, found.scopes) == ("grafana", ("read",))
    assert "shown once" in error
    assert len(error.splitlines()) == 1


def test_it_is_data_too(token: Tidemark) -> None:
    code, output, error = token("create", "operator", "--scope", "write", "--scope", "read", "--json")

    told = json.loads(output)
    assert (code, error) == (0, "")
    assert told["secret"].startswith(f"tdm_{told['token']['id']}_")
    assert told["token"]["scopes"] == ["read", "write"]
    assert json.loads(token("list", "--json")[1]) == [told["token"]]
    assert json.loads(token("revoke", told["token"]["id"], "--json")[1]) == told["token"]
    assert json.loads(token("list", "--json")[1]) == []


def test_a_list_tells_names_and_no_secret(token: Tidemark) -> None:
    secret = token("create", "grafana")[1].strip()

    code, output, _ = token("list")

    assert code == 0
    assert "grafana" in output
    assert secret[13:] not in output
    assert "argon2" not in output


def test_without_tokens_it_says_how_to_make_one(token: Tidemark) -> None:
    assert token("list")[:2] == (0, "there is no token; `tidemark token create NAME` makes one\n")


def test_a_token_is_revoked_by_name(token: Tidemark, tmp_path: Path) -> None:
    secret = token("create", "grafana")[1].strip()

    code, output, _ = token("revoke", "grafana")

    assert code == 0
    assert output.startswith("grafana (id ")
    assert Tokens(tmp_path).verify(secret) is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("make", "x"), "there are: create, revoke, list"),
        (("create",), "needs a name"),
        (("create", "x", "--scope", "admin"), "there are: read, write"),
        (("create", "a b"), "cannot be called"),
        (("revoke",), "needs a name"),
        (("revoke", "nobody"), "there is no token 'nobody'"),
        (("revoke", "nobody", "--scope", "read"), "--scope is for token create"),
        (("list", "nobody"), "takes no name"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(token: Tidemark, arguments: tuple[str, ...], words: str) -> None:
    code, output, error = token(*arguments)

    assert (code, output) == (2, "")
    assert len(error.splitlines()) == 1
    assert words in error
