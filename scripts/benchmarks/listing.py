"""Lists all checkpoints of a server, once, after a first page to warm up. Prints seconds and CPU seconds as JSON.

python listing.py (tinker-rest|sdk) BASE_URL API_KEY COUNT

The SDK goes the way of its command line, `tinker checkpoint list --limit=0`: pages of 1,000, one after the other.
"""

import json
import os
import sys
import time
from typing import Any

PAGE = 1000


def with_iterator(client: Any) -> list[Any]:
    return list(client.iter_user_checkpoints(page_size=PAGE))


def as_the_command_line(client: Any) -> list[Any]:
    first = client.list_user_checkpoints(limit=PAGE, offset=0).result()
    checkpoints = list(first.checkpoints)
    while len(checkpoints) < first.cursor.total_count:
        page = client.list_user_checkpoints(limit=PAGE, offset=len(checkpoints)).result()
        checkpoints.extend(page.checkpoints)
        if len(page.checkpoints) < PAGE:
            break
    return checkpoints


def main() -> None:
    name, base_url, api_key, count = sys.argv[1:]
    if name == "sdk":
        import tinker

        client: Any = tinker.RestClient(base_url=base_url, api_key=api_key)
        list_all = as_the_command_line
    else:
        from tinker_rest import RestClient

        client = RestClient(base_url=base_url, api_key=api_key)
        list_all = with_iterator
    client.list_user_checkpoints(limit=PAGE).result()
    started, used = time.perf_counter(), sum(os.times()[:2])
    checkpoints = list_all(client)
    seconds, cpu = time.perf_counter() - started, sum(os.times()[:2]) - used
    assert len({one.tinker_path for one in checkpoints}) == len(checkpoints) >= int(count), len(checkpoints)
    print(json.dumps([seconds, cpu]))


if __name__ == "__main__":
    main()
