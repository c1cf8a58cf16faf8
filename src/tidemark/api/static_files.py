"""The built dashboard: files whose names were read at the start, and no others."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from tidemark.errors import RequestError

_FOLDER = Path(__file__).parent / "static"
_INDEX = "index.html"
# More are not there: it bounds what a broken build could make the process hold.
_MOST = 500
# The name of a file below this one changes with what is in it.
_HASHED = "assets/"
_FOREVER = "public, max-age=31536000, immutable"


class _File(web.FileResponse):
    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send it, once: whoever hands it on asks for it again."""
        return None if self.prepared else await super().prepare(request)


class StaticFiles:
    """The files below *folder*, as they were when it was made."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        found = sorted(path for path in folder.rglob("*") if path.is_file())[:_MOST] if folder.is_dir() else []
        self._paths: Mapping[str, Path] = {path.relative_to(folder).as_posix(): path for path in found}

    async def index(self, _: web.Request) -> web.StreamResponse:
        """The page itself, asked for anew each time."""
        return self._file(_INDEX)

    async def give(self, request: web.Request) -> web.StreamResponse:
        """What the page loads."""
        return self._file(request.match_info["name"])

    def _file(self, name: str) -> web.StreamResponse:
        path = self._paths.get(name)
        if path is None:
            raise RequestError(404, f"there is no /{name[:100]}; /openapi.json lists what can be asked")
        caching = _FOREVER if name.startswith(_HASHED) else "no-cache"
        return _File(path, headers={"Cache-Control": caching})
