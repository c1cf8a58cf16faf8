import inspect

from tidemark.api.routes import registry
from tidemark.api.routes.base import Answer


def test_every_route_is_found_once_and_says_what_it_gives() -> None:
    found = registry.routes()

    assert len(found) >= 17
    assert [one.path for one in found] == sorted({one.path for one in found})
    assert all(issubclass(one.answer, Answer) and inspect.getdoc(one.answer) for one in found)


def test_what_stands_in_a_path_is_a_parameter() -> None:
    for route in registry.routes():
        in_path = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        assert set(in_path) <= set(route.asked.__struct_fields__)
