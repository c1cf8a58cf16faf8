"""Thousands of requests to an exchange leave nothing behind."""

import asyncio
import gc
import sys

from aiohttp import web

from tidemark.ingest.http import Http

ROUND = 1_500
# Of fifteen hundred requests one block each would be fifteen hundred.
SLACK_BLOCKS = 150


async def test_requests_leave_no_blocks_and_no_tasks() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"{}" * 1000, headers={"X-Asked": request.query["n"]})

    app = web.Application()
    app.router.add_get("/time", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    http = Http(f"http://127.0.0.1:{runner.addresses[0][1]}")
    blocks = []
    for turn in range(4):
        for number in range(ROUND):
            told = await http.get("/time", (("n", str(turn * ROUND + number)),), 5.0)
            assert told.headers["x-asked"] == str(turn * ROUND + number)
        del told
        gc.collect()
        blocks.append(sys.getallocatedblocks())
    tasks = len(asyncio.all_tasks())
    await http.close()
    await runner.cleanup()

    assert blocks[-1] - blocks[1] < SLACK_BLOCKS, blocks
    # The server's side of one connection, and this test.
    assert tasks <= 3
