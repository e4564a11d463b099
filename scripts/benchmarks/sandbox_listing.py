"""Serves a sandbox with N checkpoints until its input ends. Prints its address and the key.

python sandbox_listing.py COUNT
"""

import sys
import tempfile
from pathlib import Path

from sandbox import fill, sandbox

from tinker_rest_sandbox._server import DEFAULT_API_KEY


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "sandbox.db")
        fill(database, int(sys.argv[1]))
        with sandbox("--db", database) as port:
            print(f"http://127.0.0.1:{port}", DEFAULT_API_KEY, flush=True)
            sys.stdin.read()


main()
