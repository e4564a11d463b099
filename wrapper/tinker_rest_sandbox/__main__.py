"""Runs a sandbox until it is stopped: `python -m tinker_rest_sandbox --port 8765 --db tinker.sqlite`."""

from __future__ import annotations

import argparse
import errno
import math
import shlex
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import get_args

from . import Sandbox, ScenarioError
from .server import DEFAULT_API_KEY
from .signing import BuildingStatus
from .tokens import WantsTokens

DEFAULT_PORT = 8765
LARGEST_PORT = 65535
# A wait without an end could not be interrupted by Ctrl-C on Windows.
WAIT_SECONDS = 0.5
PROGRAM = "python -m tinker_rest_sandbox"


def main(arguments: Sequence[str] | None = None, *, program: str = PROGRAM) -> int:
    """Run a sandbox until SIGINT or SIGTERM or, where the first argument is `record`, record an account.

    Args:
        arguments: The arguments of the command line; those of the process when it is None.
        program: What the command is called, for its help.

    Returns:
        The exit status: 0 when it was stopped, 1 when it could not be started.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["record"]:
        from .recording_command import record

        return record(arguments[1:], program=f"{program} record")
    options = _parser(program).parse_args(arguments)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    try:
        sandbox = Sandbox(
            host=options.host,
            port=options.port,
            storage_port=options.storage_port,
            db=options.db,
            api_key=options.api_key,
            seed=False if options.empty else None,
            scenario=options.scenario,
            archive_build_seconds=options.archive_build_seconds,
            archive_building_status=options.archive_building_status,
            wants_tokens=options.wants_tokens,
            control_from_anywhere=options.control_from_anywhere,
        ).start()
    except (OSError, sqlite3.Error, ScenarioError) as error:
        sys.stderr.write(f"tinker_rest_sandbox: {_reason(error, options)}\n")
        return 1
    with sandbox:
        sys.stdout.write(_greeting(sandbox, options.db))
        sys.stdout.flush()
        while not stop.wait(WAIT_SECONDS):
            pass
    return 0


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Serve the Tinker REST API on this machine.",
        epilog=f"`{program} record --out FILE` records an account as a scenario.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="the port of the API; 0 for any free one (%(default)s)"
    )
    parser.add_argument(
        "--storage-port",
        type=_port,
        default=0,
        help="the port of what has a signed URL; 0 for any free one (%(default)s)",
    )
    parser.add_argument("--db", default=":memory:", help="the SQLite file that keeps the state (%(default)s)")
    parser.add_argument(
        "--api-key", type=_api_key, default=DEFAULT_API_KEY, help="the key to accept (%(default)s)"
    )
    parser.add_argument("--empty", action="store_true", help="start a new database without made-up data")
    parser.add_argument(
        "--scenario", metavar="FILE", help="a YAML file that says what a new database holds, and what goes wrong"
    )
    parser.add_argument(
        "--control-from-anywhere",
        action="store_true",
        help="let other machines use /__sandbox__/ too, which wants no key",
    )
    parser.add_argument(
        "--archive-build-seconds", type=_seconds, default=0.3, help="how long an archive is built (%(default)s)"
    )
    parser.add_argument(
        "--archive-building-status",
        type=int,
        choices=get_args(BuildingStatus),
        default=503,
        help="what an archive is answered with meanwhile (%(default)s)",
    )
    parser.add_argument(
        "--wants-tokens",
        choices=get_args(WantsTokens),
        default="offered",
        help="whether API keys can or must be exchanged for tokens, or there are none (%(default)s)",
    )
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {LARGEST_PORT}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 up")
    return seconds


def _api_key(text: str) -> str:
    if not text.startswith("tml-"):
        raise argparse.ArgumentTypeError("it must begin with 'tml-', or no client will accept it")
    return text


def _greeting(sandbox: Sandbox, db: str) -> str:
    return (
        f"Tinker sandbox at {sandbox.base_url}, database {db}\n"
        f"API key: {sandbox.api_key} (of alice; {sandbox.other_api_key} is that of another user, bob)\n"
        f"export TINKER_BASE_URL={shlex.quote(sandbox.base_url)}\n"
        f"export TINKER_API_KEY={shlex.quote(sandbox.api_key)}\n"
        f"Look at {sandbox.base_url}/ for what it holds, and at {sandbox.base_url}/docs for the API.\n"
        f"curl -H {shlex.quote('X-API-Key: ' + sandbox.api_key)} {sandbox.base_url}/api/v1/training_runs\n"
        "Press Ctrl-C to stop.\n"
    )


def _reason(error: Exception, options: argparse.Namespace) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        ports = options.port if not options.storage_port else f"{options.port} or {options.storage_port}"
        return f"port {ports} of {options.host} is taken; choose another with --port"
    if isinstance(error, sqlite3.Error):
        return f"the database {options.db} cannot be used: {error}"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
