"""A server that answers at once from memory, so that what is measured is the client. Prints its port.

python server.py DELAY_SECONDS [CHECKPOINTS]

With a number of checkpoints it lists that many, at every offset; without, each page is the first.
"""

import asyncio
import contextlib
import json
import sys
from typing import cast

RUN_ID = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:train:0"


def checkpoint(number: int) -> dict[str, object]:
    """A checkpoint as production sends it."""
    return {
        "checkpoint_id": f"weights/{number:04d}",
        "checkpoint_type": "training",
        "time": "2026-07-13T10:00:00.123456Z",
        "tinker_path": f"tinker://{RUN_ID}/weights/{number:04d}",
        "size_bytes": 11811160064,
        "public": False,
        "expires_at": "2026-08-13T10:00:00Z",
    }


def page(count: int) -> bytes:
    """A page of checkpoints."""
    checkpoints = [checkpoint(number) for number in range(count)]
    return answer({"checkpoints": checkpoints, "cursor": {"offset": 0, "limit": count, "total_count": 5000}})


def answer(body: object) -> bytes:
    """A whole response with this JSON body."""
    return with_head(json.dumps(body).encode())


def with_head(content: bytes) -> bytes:
    """A whole response with this content."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


TRAINING_RUN = answer(
    {
        "training_run_id": RUN_ID,
        "base_model": "Qwen/Qwen3-8B",
        "model_owner": "user-1",
        "is_lora": True,
        "corrupted": False,
        "lora_rank": 32,
        "last_request_time": "2026-07-13T10:00:00Z",
        "last_checkpoint": None,
        "last_sampler_checkpoint": None,
        "user_metadata": None,
    }
)
# What the official SDK asks for before its first call.
START_UP = answer({"session_id": "s", "type": "create_session", "pjwt_auth_enabled": False})
PAGES = {count: page(count) for count in (100, 1000)}
LISTING = [json.dumps(checkpoint(number)).encode() for number in range(int((sys.argv[2:] or ["0"])[0]))]


def page_of_listing(limit: int, offset: int) -> bytes:
    """A page of the listing of all checkpoints."""
    cursor = json.dumps({"offset": offset, "limit": limit, "total_count": len(LISTING)}).encode()
    return with_head(
        b'{"checkpoints": [' + b", ".join(LISTING[offset : offset + limit]) + b'], "cursor": ' + cursor + b"}"
    )


class Connection(asyncio.Protocol):
    """One connection: reads requests, however they are cut, and answers each after `delay` seconds."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            if len(self._received) < end + 4 + length:
                return
            self._received = self._received[end + 4 + length :]
            self._answer(head.split(b" ", 2)[1])

    def _answer(self, target: bytes) -> None:
        path, _, query = target.partition(b"?")
        if path.endswith(b"/checkpoints"):
            limit, offset = (int(query.partition(name)[2].partition(b"&")[0]) for name in (b"limit=", b"offset="))
            response = page_of_listing(limit, offset) if LISTING else PAGES[limit]
        else:
            response = TRAINING_RUN if b"/training_runs/" in path else START_UP
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, response)
        else:
            self._transport.write(response)


async def main() -> None:
    delay = float(sys.argv[1])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(delay), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
