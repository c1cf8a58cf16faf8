"""What is served, by the process itself and by others beside it."""

from typing import Annotated

from msgspec import Meta, Struct

from tidemark.sources import Secret


class Api(Struct, frozen=True, kw_only=True):
    """What the process serves: REST, push, metrics and the dashboard."""

    enabled: Annotated[bool, Meta(description="Whether anything is served")] = True
    host: Annotated[
        str,
        Meta(min_length=1, max_length=253, description="The address it listens at; any but loopback asks for a token"),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port it listens at; 0: one that is free")] = 8420
    clients: Annotated[int, Meta(ge=1, le=10_000, description="Push clients at a time; one more is refused")] = 20
    rate: Annotated[
        float, Meta(ge=1.0, le=100_000.0, description="Requests a second of one client, in bursts of ten times that")
    ] = 50.0
    origins: Annotated[
        tuple[Annotated[str, Meta(pattern="^https?://[^/]+$")], ...],
        Meta(description="Pages of other origins that may open a push connection; its own always may"),
    ] = ()


class Serve(Struct, frozen=True, kw_only=True):
    """A process of its own that serves further clients of a monitor: `tidemark serve`."""

    monitor: Annotated[
        str, Meta(pattern="^https?://[^/@?#]+$", max_length=300, description="Where the monitor serves")
    ] = "http://127.0.0.1:8420"
    token: Annotated[Secret | None, Meta(description="The token that the monitor asks for, where it asks for one")] = (
        None
    )
    host: Annotated[
        str,
        Meta(min_length=1, max_length=253, description="The address it listens at; any but loopback asks for a token"),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port it listens at; 0: one that is free")] = 8421
    clients: Annotated[int, Meta(ge=1, le=10_000, description="Push clients at a time; one more is refused")] = 100
    redis_url: Annotated[
        Secret | None,
        Meta(description="URL of a Redis or Valkey that several such processes share; none stands for one alone"),
    ] = None
