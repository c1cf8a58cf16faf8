from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from tidemark.api.static_files import StaticFiles
from tidemark.errors import RequestError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "static"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<h1>page</h1>")
    (built / "assets" / "index-1a2b.js").write_text("let x")
    (tmp_path / "secret.txt").write_text("secret")
    return built


async def test_the_page_is_asked_for_anew_and_what_has_a_hash_is_kept_for_ever(folder: Path) -> None:
    files = StaticFiles(folder)
    app = web.Application()
    app.router.add_get("/", files.index)
    app.router.add_get("/{name:.+}", files.give)
    async with TestClient(TestServer(app)) as client:
        async with client.get("/") as page:
            assert (await page.text(), page.headers["Cache-Control"]) == ("<h1>page</h1>", "no-cache")
        async with client.get("/assets/index-1a2b.js") as script:
            assert "immutable" in script.headers["Cache-Control"]
            assert script.content_type.endswith("/javascript")
            assert await script.text() == "let x"
        for path in (
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/assets/../../secret.txt",
            "/assets/..%2f..%2fsecret.txt",
        ):
            async with client.get(URL(path, encoded=True)) as refused:
                assert refused.status >= 400


async def test_only_what_was_there_at_the_start_is_given(folder: Path) -> None:
    files = StaticFiles(folder)
    (folder / "later.js").write_text("let y")

    with pytest.raises(RequestError):
        files._file("later.js")


async def test_without_a_build_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"there is no /index\.html"):
        StaticFiles(tmp_path / "nowhere")._file("index.html")
