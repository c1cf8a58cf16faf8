"""The one shape of an error: problem details, RFC 9457."""

from http import HTTPStatus

import msgspec
from aiohttp import web

CONTENT_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong. title: of the status; detail: a sentence for people; instance: the path that was asked."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str


def problem(request: web.BaseRequest, status: int, detail: str, retry_after_s: float | None = None) -> web.Response:
    """An answer that says so."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, instance=request.path[:200])
    headers = {} if retry_after_s is None else {"Retry-After": str(max(1, -int(-retry_after_s // 1)))}
    return web.Response(status=status, body=msgspec.json.encode(body), content_type=CONTENT_TYPE, headers=headers)
