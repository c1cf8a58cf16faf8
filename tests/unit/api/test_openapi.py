from tidemark.api.openapi import document, name_of
from tidemark.api.routes import registry


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return found.union(*(references(entry) for entry in value.values()))
    return set().union(*(references(entry) for entry in value)) if isinstance(value, list) else set()


def test_every_reference_leads_to_a_schema_that_is_there() -> None:
    told = document()

    known = {f"#/components/schemas/{name}" for name in told["components"]["schemas"]}
    assert references(told) <= known
    assert len(known) > 20


def test_operations_have_names_of_their_own() -> None:
    names = [name_of(route) for route in registry.routes()]

    assert len(set(names)) == len(names)


def test_what_stands_in_the_path_is_required_and_the_rest_has_bounds() -> None:
    parameters = document()["paths"]["/api/v1/symbols/{symbol}/candles"]["get"]["parameters"]
    by_name = {one["name"]: one for one in parameters}

    assert (by_name["symbol"]["in"], by_name["symbol"]["required"]) == ("path", True)
    assert (by_name["limit"]["in"], by_name["limit"]["required"]) == ("query", False)
    assert (by_name["limit"]["schema"]["minimum"], by_name["limit"]["schema"]["maximum"]) == (1, 5000)
