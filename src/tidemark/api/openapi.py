"""The OpenAPI document of what is served, from the routes themselves: parameters, answers, examples."""

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any, get_args

import msgspec

import tidemark
from tidemark.api.problems import CONTENT_TYPE, Problem
from tidemark.api.push.messages import Delta, Hello, Ping, PushProblem, Said, Snapshot, Subscribed
from tidemark.api.push.topics.registry import kinds
from tidemark.api.routes import registry
from tidemark.api.routes.base import Action, PastRoute, Route
from tidemark.api.routes.health import Part
from tidemark.api.routes.memory import MemoryReport

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
# Messages of push that carry what REST answers with: push itself does not know of what type that is.
_AS_ANSWERED: Mapping[tuple[str, str], type[msgspec.Struct]] = {
    ("MemorySnapshot", "memory"): MemoryReport,
    ("MemoryDelta", "memory"): MemoryReport,
    ("HealthSnapshot", "parts"): Part,
    ("HealthDelta", "parts"): Part,
}
_ERRORS: Mapping[str, str] = {
    "400": "A parameter is not understood",
    "401": "A token is asked for",
    "404": "What is asked for is not watched, or not kept",
    "429": "Too many requests; Retry-After says how long to wait",
    "503": "No memory for it at the moment, or a part is down; Retry-After says how long to wait",
}
_REFUSALS: Mapping[str, str] = {
    "400": "The body is not understood",
    "403": "The token is for reading, or a page of another origin asks",
    "409": "Nobody is there who could do it, as the settings are",
    "413": "The body is too long",
    "415": "The body is no JSON",
    "422": "What is asked for cannot be done as it is asked",
}


def document() -> Json:
    """OpenAPI 3.1: the routes, and as schemas the messages of push, which it has no place for."""
    routes = registry.routes()
    actions = registry.actions()
    types = [
        *(route.answer for route in routes),
        *(one for action in actions for one in (action.asked, action.answer)),
        Problem,
        *_pushed(),
    ]
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    for (message, field), answer in _AS_ANSWERED.items():
        shape = components[message]["properties"][field]
        shape.get("items", shape)["$ref"] = _REF.format(name=answer.__name__)
    components.pop(msgspec.Struct.__name__)
    told = examples()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidemark",
            "version": tidemark.__version__,
            "description": (
                "What a running Tidemark knows of every market that it watches. Times are milliseconds since the epoch"
                " where a name ends in _ms, nanoseconds in explanations; null is what is not known."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "http://127.0.0.1:8420", "description": "The process itself, by default"}],
        "security": [{}, {"token": []}],
        "paths": {route.path: {"get": _operation(route, told)} for route in routes}
        | {action.path: {"post": _posting(action, told)} for action in actions},
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def examples() -> dict[str, Json]:
    """An answer of every route by its path, as a demonstration gave it, long lists cut short."""
    text = resources.files("tidemark.api").joinpath("examples.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Json])


def name_of(route: Route | PastRoute | Action) -> str:
    """The name of its operation, which generated clients call it by.

    >>> from tidemark.api.routes import registry
    >>> [name_of(route) for route in registry.routes() if route.path.endswith("candles")]
    ['symbols_symbol_candles']
    """
    words = route.path.removeprefix("/api/v1").strip("/").replace("{", "").replace("}", "")
    return words.replace("/", "_")


def _pushed() -> list[type[msgspec.Struct]]:
    """What a client says and is told: of each topic its snapshot and its delta."""
    kinds()
    told = [*Snapshot.__subclasses__(), *Delta.__subclasses__()]
    return [*get_args(Said), Hello, Subscribed, Ping, PushProblem, *sorted(told, key=lambda one: one.__name__)]


def _operation(route: Route | PastRoute, told: Mapping[str, Json]) -> Json:
    content: Json = {"schema": {"$ref": _REF.format(name=route.answer.__name__)}}
    if route.path in told:
        content["example"] = told[route.path]
    answers: Json = {"200": {"description": route.summary, "content": {"application/json": content}}}
    if route.export is not None:
        answers["200"]["content"]["application/x-ndjson"] = {"schema": {"type": "string"}}
        answers["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    problem = {CONTENT_TYPE: {"schema": {"$ref": _REF.format(name=Problem.__name__)}}}
    answers |= {status: {"description": words, "content": problem} for status, words in _ERRORS.items()}
    if route.status is not None:
        # The same body as when all is well, with the parts that are not.
        answers["503"] = {"description": _ERRORS["503"], "content": {"application/json": dict(content)} | problem}
    return {
        "operationId": name_of(route),
        "summary": route.summary,
        "description": route.answer.__doc__ or "",
        "parameters": list(_parameters(route)),
        "responses": answers,
    }


def _posting(action: Action, told: Mapping[str, Json]) -> Json:
    """Its example is that of the question, and of the answer to it."""
    asked: Json = {"schema": {"$ref": _REF.format(name=action.asked.__name__)}}
    content: Json = {"schema": {"$ref": _REF.format(name=action.answer.__name__)}}
    if action.path in told:
        asked["example"], content["example"] = told[action.path]["asked"], told[action.path]["answer"]
    problem = {CONTENT_TYPE: {"schema": {"$ref": _REF.format(name=Problem.__name__)}}}
    answers: Json = {"200": {"description": action.summary, "content": {"application/json": content}}}
    return {
        "operationId": name_of(action),
        "summary": action.summary,
        "description": action.answer.__doc__ or "",
        "requestBody": {"required": True, "content": {"application/json": asked}},
        "responses": answers
        | {status: {"description": words, "content": problem} for status, words in {**_ERRORS, **_REFUSALS}.items()},
    }


def _parameters(route: Route | PastRoute) -> Iterable[Json]:
    (schema,), components = msgspec.json.schema_components([route.asked], ref_template=_REF)
    described = components[schema["$ref"].rpartition("/")[2]]
    for name, shape in described["properties"].items():
        in_path = f"{{{name}}}" in route.path
        rest = {key: value for key, value in shape.items() if key not in {"description", "examples"}}
        yield {
            "name": name,
            "in": "path" if in_path else "query",
            "required": in_path or name in described.get("required", ()),
            "description": shape.get("description", ""),
            "schema": rest,
            **({"example": shape["examples"][0]} if "examples" in shape else {}),
        }
