"""Every module has its test file, where one looks for it."""

import ast
from pathlib import Path

import pytest
from tests.project.repository import ROOT, SOURCE, text_of

UNIT = ROOT / "tests" / "unit"
# A factor is tested by its example and by the contract suite, which finds it by itself; many have a file besides.
FACTORS = SOURCE / "analysis" / "factors"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.name != "__init__.py" and path.parent.parent != FACTORS)


def place_of_test(module: Path) -> Path:
    """`src/tidemark/store/journal.py` is tested by `tests/unit/store/test_journal.py`."""
    return UNIT / module.relative_to(SOURCE).with_name(f"test_{module.stem.strip('_')}.py")


def has_a_test(source: str) -> bool:
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        for node in ast.walk(ast.parse(source))
    )


def test_there_are_modules() -> None:
    assert len(MODULES) > 50


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_has_its_test_file(module: Path) -> None:
    place = place_of_test(module)

    assert place.is_file(), f"{module.relative_to(ROOT)} has no test: write {place.relative_to(ROOT)}"
    assert has_a_test(text_of(place)), f"{place.relative_to(ROOT)} holds no test"


def test_a_test_file_without_a_test_does_not_count() -> None:
    assert not has_a_test("def build() -> None: ...\n")
    assert has_a_test("class TestIt:\n    async def test_it(self) -> None: ...\n")


@pytest.mark.parametrize("package", sorted(SOURCE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_a_package_file_holds_nothing_but_its_docstring(package: Path) -> None:
    tree = ast.parse(text_of(package))

    assert ast.get_docstring(tree), f"{package.relative_to(ROOT)} does not say what the package is"
    if package.parent != SOURCE:
        assert len(tree.body) == 1
