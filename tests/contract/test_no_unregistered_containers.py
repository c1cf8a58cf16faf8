"""No container that can grow without a bound, unless its line says what bounds it: `# bounded: why`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "tidemark"
# The registry, the service's own group, and the proof, whose tasks end with what it proves.
STARTS_TASKS = {
    SOURCE / "memory" / "tasks.py",
    SOURCE / "live" / "supervisor.py",
    SOURCE / "proof" / "simulation" / "loop.py",
    SOURCE / "proof" / "simulation" / "world.py",
    SOURCE / "proof" / "soak" / "conductor.py",
    SOURCE / "proof" / "soak" / "paced.py",
    SOURCE / "proof" / "soak" / "service.py",
}

_WAIVER = re.compile(r"# bounded: \S+")
_EMPTY_CALLS = {"list", "dict", "set", "defaultdict", "OrderedDict", "Counter", "bytearray"}
_QUEUES = {"Queue", "SimpleQueue", "LifoQueue", "PriorityQueue"}
_STARTERS = {"create_task", "ensure_future", "run_coroutine_threadsafe"}


def findings(source: str, *, may_start_tasks: bool = False) -> list[tuple[int, str]]:
    """Line and complaint for everything in *source* that may grow without a bound."""
    tree, lines = ast.parse(source), source.splitlines()
    found = []
    for node, complaint in _complaints(tree, may_start_tasks=may_start_tasks):
        span = lines[node.lineno - 1 : node.end_lineno]
        if not any(_WAIVER.search(line) for line in span):
            found.append((node.lineno, complaint))
    return sorted(found)


def _complaints(tree: ast.Module, *, may_start_tasks: bool) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    lasting = {id(statement) for body in _lasting_bodies(tree) for statement in body}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value) if _is_kept(targets, inside=id(node) in lasting):
                if (what := _growable(value)) is not None:
                    yield node, f"{what} is kept"
            case ast.AnnAssign(target=target, value=value) if value and _is_kept([target], inside=id(node) in lasting):
                if (what := _growable(value)) is not None:
                    yield node, f"{what} is kept"
            case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
                for decorator in decorators:
                    if _is_cache(decorator):
                        yield decorator, "a cache without a bound"
            case ast.Call(func=function) if (
                _name(function) in _STARTERS and not may_start_tasks and not _is_of_a_group(function)
            ):
                yield node, "a task that no registry knows"
            case ast.Call(func=function) if _is_cache(function) or _lru_cache_without_size(node):
                yield node, "a cache without a bound"


def _lasting_bodies(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    """Where a plain name outlives a call: the module and its classes."""
    yield tree.body
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.body


def _is_kept(targets: list[ast.expr], *, inside: bool) -> bool:
    for target in targets:
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            return True
        if inside and isinstance(target, ast.Name):
            return True
        if isinstance(target, ast.Tuple) and _is_kept(target.elts, inside=inside):
            return True
    return False


def _growable(value: ast.expr) -> str | None:
    """What *value* is, when it starts empty and may grow."""
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return "an empty container"
        case ast.Tuple(elts=elements):
            return next((what for element in elements if (what := _growable(element))), None)
        case ast.IfExp(body=body, orelse=orelse):
            return _growable(body) or _growable(orelse)
        case ast.BoolOp(values=values):
            return next((what for element in values if (what := _growable(element))), None)
        case ast.Call(func=function, args=arguments, keywords=keywords):
            name = _name(function)
            factory = next((word.value for word in keywords if word.arg in ("default_factory", "factory")), None)
            if factory is not None and _name(factory) in _EMPTY_CALLS | {"deque"}:
                return "an empty container"
            if name in _QUEUES:
                return "a queue without a bound in bytes"
            if name == "deque":
                limit = next((word.value for word in keywords if word.arg == "maxlen"), None)
                limit = arguments[1] if len(arguments) > 1 else limit
                return "a deque without a length" if limit is None or _is_none(limit) else None
            if name in _EMPTY_CALLS and (not arguments or name == "defaultdict") and not keywords:
                return "an empty container"
    return None


def _lru_cache_without_size(call: ast.Call) -> bool:
    sizes = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "maxsize")]
    return _name(call.func) == "lru_cache" and any(_is_none(size) for size in sizes)


def _is_of_a_group(function: ast.expr) -> bool:
    """Whether a task group starts the task: it knows it, waits for it, and ends with it."""
    return isinstance(function, ast.Attribute) and _name(function.value).endswith("group")


def _is_cache(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in ("cache", "functools.cache")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _name(node: ast.expr) -> str:
    """The last part of a dotted name, without its type arguments."""
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_grows_without_a_bound(path: Path) -> None:
    found = findings(path.read_text(encoding="utf-8"), may_start_tasks=path in STARTS_TASKS)
    assert not found, f"use tidemark.memory, or say on the line what bounds it (# bounded: why): {found}"


def in_init(line: str) -> str:
    return f"class A:\n    def __init__(self):\n        {line}\n"


@pytest.mark.parametrize(
    "source",
    [
        in_init("self.a = []"),
        in_init("self.a: dict[str, int] = {}"),
        in_init("self.a = set()"),
        in_init("self.a = dict[str, int]()"),
        in_init("self.a = collections.defaultdict(list)"),
        in_init("self.a = deque()"),
        in_init("self.a = deque(rows, None)"),
        in_init("self.a = deque(maxlen=None)"),
        in_init("self.a = asyncio.Queue(maxsize=10)"),
        in_init("self.a = given or {}"),
        in_init("self.a = {} if given is None else given"),
        in_init("self.a, self.b = 0, []"),
        in_init("self.a = []  # bounded:"),
        "seen = {}\n",
        "seen: set[str] = set()\n",
        "class A:\n    seen = []\n",
        "class A:\n    seen: list[int] = field(default_factory=list)\n",
        "@functools.cache\ndef f(): ...\n",
        "@cache\ndef f(): ...\n",
        "@lru_cache(None)\ndef f(): ...\n",
        "@functools.lru_cache(maxsize=None)\ndef f(): ...\n",
        "f = lru_cache(maxsize=None)(g)\n",
        "f = functools.cache(g)\n",
        "async def f():\n    asyncio.create_task(g())\n",
        "async def f():\n    loop.create_task(g())\n",
        "async def f():\n    asyncio.ensure_future(g())\n",
    ],
)
def test_what_may_grow_is_found(source: str) -> None:
    assert len(findings(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        in_init("self.a = []  # bounded: refused past the limit"),
        in_init("a = []"),
        in_init("self.a = [0] * 10"),
        in_init("self.a = dict(given)"),
        in_init("self.a = dict.fromkeys(levels)"),
        in_init("self.a = {name: 0 for name in names}"),
        in_init("self.a = deque(maxlen=64)"),
        in_init("self.a = deque(rows, 64)"),
        "NAMES = {'a': 1}\n",
        "NAMES = frozenset({'a'})\n",
        "@lru_cache(maxsize=64)\ndef f(): ...\n",
        "def f():\n    return self.cache(1)\n",
        "def f():\n    found = {}\n    return found\n",
        "class A:\n    a: list[int]\n",
    ],
)
def test_what_is_bounded_is_left_alone(source: str) -> None:
    assert findings(source) == []


def test_a_waiver_may_stand_on_any_line_of_its_statement() -> None:
    assert findings(in_init("self.a = (\n            []  # bounded: why\n        )")) == []


def test_a_task_group_may_start_tasks() -> None:
    assert findings("async def f():\n    async with TaskGroup() as group:\n        group.create_task(g())\n") == []


def test_a_registry_may_start_tasks() -> None:
    assert findings("async def f():\n    asyncio.create_task(g())\n", may_start_tasks=True) == []
