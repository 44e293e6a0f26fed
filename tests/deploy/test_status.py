"""How a stack is told to be."""

import asyncio

from deploy.local.servers import EmbeddedServers
from deploy.local.state import State
from deploy.local.status import stack_status


async def test_another_program_on_the_port_of_a_service_is_not_that_service(state: State) -> None:
    async def say_something(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(say_something, "127.0.0.1", state.ports.of("leads")):
        found = await stack_status(state, EmbeddedServers(state))
    assert [service.process.up or service.ready for service in found.services] == [False] * 5
    assert not found.green
