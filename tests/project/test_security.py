"""The threat model names the tests that prove it: they exist."""

import ast
import re

import pytest
from tests.project.repository import ROOT, text_of

from tidemark.ingest.venues import registry

PAGE = ROOT / "docs" / "security.md"
NAMED = re.findall(r"^- `(tests/[a-z_/]+\.py)::(\w+)`$", text_of(PAGE), flags=re.MULTILINE)


def test_the_threat_model_names_tests() -> None:
    assert len(NAMED) > 30
    assert len(NAMED) == text_of(PAGE).count("tests/")


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)), ids=lambda value: value)
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    tree = ast.parse(text_of(ROOT / file))

    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in functions


def test_every_threat_says_what_is_done_about_it() -> None:
    threats = text_of(PAGE).partition("## Threats and what is done about them")[2].partition("\n## ")[0]

    told = re.findall(r"^\*\*.+", threats, flags=re.MULTILINE)
    assert len(told) > 20
    assert all(
        len(re.sub(r"\*\*.+?\*\*", "", paragraph)) > 20
        for paragraph in re.findall(r"^\*\*.+?(?=\n\n)", threats, flags=re.MULTILINE | re.DOTALL)
    )


@pytest.mark.parametrize("name", registry.names())
def test_every_exchange_is_reached_encrypted(name: str) -> None:
    endpoints = registry.find(name).endpoints

    assert endpoints.rest.startswith("https://")
    assert endpoints.stream.startswith("wss://")
