"""One download in a process of its own. Prints its seconds and the most memory that it had, in MB, as JSON.

python download.py BASE_URL DESTINATION
"""

import json
import resource
import sys
import time

from tinker_rest import RestClient


def main() -> None:
    base_url, destination = sys.argv[1:]
    with RestClient(base_url=base_url, api_key="tml-benchmark") as client:
        client.get_checkpoint_archive_url("r", "weights/1").result()  # loads what every call needs
        started = time.perf_counter()
        result = client.download_checkpoint("tinker://r/weights/1", destination).result()
        seconds = time.perf_counter() - started
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    figures = {"seconds": seconds, "memory": most / 1e6, "bytes": result.size_bytes, "by": result.verified_by}
    print(json.dumps(figures))


main()
