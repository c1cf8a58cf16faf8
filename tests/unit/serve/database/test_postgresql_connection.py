import asyncio
import contextlib

import psycopg
import pytest

from tidemark.serve.database.postgresql_connection import PostgresqlConnection


async def test_a_server_that_answers_nothing_any_more_is_given_up() -> None:
    """It says that it is ready, as PostgreSQL does, takes a question, and is silent."""
    is_over = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big") - 4)
        writer.write(b"R\x00\x00\x00\x08\x00\x00\x00\x00")
        writer.write(b"S\x00\x00\x00\x19client_encoding\x00UTF8\x00")
        writer.write(b"Z\x00\x00\x00\x05I")
        await is_over.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = await PostgresqlConnection.connect(f"host=127.0.0.1 port={port} user=u dbname=d sslmode=disable")
    connection.deadline_s = 0.05
    try:
        with pytest.raises(psycopg.OperationalError, match=r"did not answer within 0\.05 s"):
            await connection.execute("SELECT 1")
        assert connection.closed
    finally:
        is_over.set()
        server.close()
        with contextlib.suppress(psycopg.Error):
            await connection.close()
