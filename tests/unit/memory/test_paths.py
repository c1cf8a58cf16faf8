import sys
from collections.abc import Callable, Generator

from tidemark.memory.paths import code_name, holder_chain, path_of, type_name

HERE = __name__


class Keeper:
    kept: list[int] = [1]  # noqa: RUF012 - what the test asks for

    def __init__(self) -> None:
        self.seen = {1: 2}


class Slotted:
    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen = {1: 2}

    @property
    def calm(self) -> dict[int, int]:
        raise AssertionError("a property was called")


def test_an_attribute_is_told_with_its_class_whether_in_a_dict_or_in_a_slot() -> None:
    for keeper in (Keeper(), Slotted()):
        assert path_of(keeper.seen, {id(keeper.seen): keeper}) == f"{HERE}.{type(keeper).__name__}.seen"


def test_the_dict_of_an_instance_stands_for_the_instance() -> None:
    keeper = Keeper()
    parents = {id(keeper.seen): vars(keeper), id(vars(keeper)): keeper}

    assert path_of(keeper.seen, parents) == f"{HERE}.Keeper.seen"
    assert holder_chain(keeper.seen, parents) == [vars(keeper), keeper]


def test_names_of_modules_and_classes_are_told() -> None:
    module = sys.modules[HERE]

    assert path_of(HERE, {id(HERE): module}) == f"{HERE}.__name__"
    assert path_of(Keeper.kept, {id(Keeper.kept): Keeper}) == f"{HERE}.Keeper.kept"


def test_a_container_in_containers_is_told_once() -> None:
    keeper = Keeper()
    inner: list[int] = []
    middle = [inner]
    parents = {id(inner): middle, id(middle): keeper.seen, id(keeper.seen): keeper}

    assert path_of(inner, parents) == f"{HERE}.Keeper.seen[...]"


def test_what_a_function_closes_over_is_told_with_its_name() -> None:
    def make() -> tuple[Callable[[], int], list[int]]:
        rows: list[int] = []
        return (lambda: len(rows)), rows

    function, rows = make()
    cell = next(iter(getattr(function, "__closure__", ())))

    path = path_of(rows, {id(rows): cell, id(cell): function})

    assert path.endswith("<lambda>(rows)")


def test_a_local_is_told_with_the_function_that_waits() -> None:
    rows: list[int] = []

    def wait() -> Generator[int, None, None]:
        yield len(rows)

    waiting = wait()

    assert path_of(rows, {id(rows): waiting}).startswith("a local of ")
    assert "wait" in path_of(rows, {id(rows): waiting})


def test_what_nothing_holds_is_said_to_be_so() -> None:
    assert path_of([], {}) == "list that nothing of Python's names"


def test_a_holder_without_names_is_told_by_its_type() -> None:
    rows: list[int] = []

    assert path_of(rows, {id(rows): object()}) == "builtins.object"


def test_a_circle_ends() -> None:
    one: list[object] = []

    assert path_of(one, {id(one): one}) == "list[...]"


def test_types_and_code_have_names() -> None:
    assert type_name(Keeper) == f"{HERE}.Keeper"
    assert code_name(Keeper.__init__.__code__, HERE) == f"{HERE}.Keeper.__init__"
    assert code_name(Keeper.__init__.__code__) == "test_paths.Keeper.__init__"
