"""One round of measurements of one client, in a process of its own. Prints the figures as JSON.

python clients.py (tinker-rest|sdk|httpx) BASE_URL SLOW_BASE_URL [SHARE]

With a share, such as 0.1, it makes fewer calls: enough to see that it works.
"""

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

KEY = "tml-benchmark"
RUN_ID = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:train:0"
IN_FLIGHT = 128


def make_client(name: str, base_url: str) -> Any:
    """A client as its users make it."""
    if name == "tinker-rest":
        from tinker_rest import RestClient

        return RestClient(base_url=base_url, api_key=KEY)
    import tinker

    if hasattr(tinker, "RestClient"):
        return tinker.RestClient(base_url=base_url, api_key=KEY)
    return tinker.ServiceClient(base_url=base_url, api_key=KEY).create_rest_client()


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def plain(future: Any) -> Future[Any]:
    """The SDK's future has a concurrent one inside."""
    inner: Future[Any] = future if isinstance(future, Future) else future.future()
    return inner


def burst(client: Any) -> None:
    futures = [client.get_training_run(RUN_ID) for _ in range(IN_FLIGHT)]
    for future in futures:
        future.result()


def steady(client: Any, calls: int) -> None:
    """Keep `IN_FLIGHT` calls in flight until enough are done."""
    room = threading.Semaphore(IN_FLIGHT)
    futures = []
    for _ in range(calls):
        room.acquire()
        future = plain(client.get_training_run(RUN_ID))
        future.add_done_callback(lambda _: room.release())
        futures.append(future)
    for future in futures:
        future.result()


def of_futures(name: str, base_url: str, slow_base_url: str, share: float) -> dict[str, float]:
    """The figures of a client whose methods return futures."""
    client = make_client(name, base_url)
    figures = {"first burst of 128, s": timed(lambda: burst(client))}
    calls = [timed(lambda: client.get_training_run(RUN_ID).result()) for _ in range(int(300 * share))]
    figures["one call in sequence, ms"] = statistics.median(calls) * 1000
    steady(client, int(256 * share))
    many = int(1500 * share)
    figures["steady 128 in flight, calls/s"] = many / timed(lambda: steady(client, many))
    client.list_user_checkpoints(limit=1000).result()
    pages = [timed(lambda: client.list_user_checkpoints(limit=1000).result()) for _ in range(int(40 * share))]
    figures["page of 1,000 checkpoints, ms"] = statistics.median(pages) * 1000
    slow = make_client(name, slow_base_url)
    figures["128 calls of 100 ms each, s"] = timed(lambda: burst(slow))
    return figures


def of_httpx(base_url: str, share: float) -> dict[str, float]:
    """The figures of httpx.Client, called in sequence and decoded to dicts."""
    import httpx

    with httpx.Client(base_url=base_url, headers={"X-API-Key": KEY}) as client:

        def call(path: str) -> float:
            return timed(lambda: client.get(path).json())

        one = [call(f"/api/v1/training_runs/{RUN_ID}?access_scope=owned") for _ in range(int(300 * share))]
        pages = [call("/api/v1/checkpoints?limit=1000&offset=0") for _ in range(int(40 * share))]
    return {
        "one call in sequence, ms": statistics.median(one) * 1000,
        "page of 1,000 checkpoints, ms": statistics.median(pages) * 1000,
    }


if __name__ == "__main__":
    name, base_url, slow_base_url = sys.argv[1:4]
    share = float(sys.argv[4]) if len(sys.argv) > 4 else 1
    figures = of_httpx(base_url, share) if name == "httpx" else of_futures(name, base_url, slow_base_url, share)
    print(json.dumps(figures))
