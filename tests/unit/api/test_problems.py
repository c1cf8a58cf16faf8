import msgspec
from aiohttp.test_utils import make_mocked_request

from tidemark.api.problems import Problem, problem


def test_a_problem_names_its_status_and_what_was_asked() -> None:
    response = problem(make_mocked_request("GET", "/a/b?c=d"), 503, "no room", 0.2)

    assert isinstance(response.body, bytes)
    assert msgspec.json.decode(response.body, type=Problem) == Problem(
        title="Service Unavailable", status=503, detail="no room", instance="/a/b"
    )
    assert (response.content_type, response.headers["Retry-After"]) == ("application/problem+json", "1")
