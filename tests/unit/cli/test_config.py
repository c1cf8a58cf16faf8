import json
from collections.abc import Callable

from tidemark.settings.settings import schema

Tidemark = Callable[..., tuple[int, str, str]]


def test_every_setting_is_shown_with_where_it_came_from(tidemark: Tidemark) -> None:
    code, output, _ = tidemark("config", "--json", "--set", "memory.budget=300MB", TIDEMARK_TAPE_TRADES_PER_SYMBOL="6")

    told = json.loads(output)
    assert code == 0
    assert set(told) == {row.key for row in schema()}
    assert told["memory.budget"]["source"] == "flag memory.budget"
    assert "TRADES_PER_SYMBOL" in told["tape.trades_per_symbol"]["source"]
    assert told["venue.name"] == {"value": "bybit", "source": "default"}


def test_the_table_names_every_setting(tidemark: Tidemark) -> None:
    code, output, _ = tidemark("config")

    assert code == 0
    for row in schema():
        assert row.key in output


def test_the_schema_is_a_table_of_the_documentation(tidemark: Tidemark) -> None:
    code, output, _ = tidemark("config", "--schema")

    lines = output.splitlines()
    assert code == 0
    assert lines[:2] == ["| setting | type | default | meaning |", "|---|---|---|---|"]
    assert len(lines) == 2 + len(schema())
    assert all(line.count("|") == 5 for line in lines)


def test_the_schema_is_data_too(tidemark: Tidemark) -> None:
    code, output, _ = tidemark("config", "--schema", "--json")

    assert code == 0
    assert [row["key"] for row in json.loads(output)] == [row.key for row in schema()]
