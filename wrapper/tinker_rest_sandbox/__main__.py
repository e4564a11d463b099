"""Runs a sandbox until it is stopped: `python -m tinker_rest_sandbox --port 8765 --db tinker.sqlite`."""

import argparse
import errno
import json
import math
import shlex
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from typing import get_args

from tinker_rest_sandbox import Sandbox, ScenarioError
from tinker_rest_sandbox._scenario import scenario_schema
from tinker_rest_sandbox._server import DEFAULT_API_KEY
from tinker_rest_sandbox._signing import BuildingStatus
from tinker_rest_sandbox._tokens import TokenExchange

DEFAULT_PORT = 8765
MAX_PORT = 65535
# On Windows, Ctrl-C cannot interrupt a wait without a timeout.
WAIT_SECONDS = 0.5
PROGRAM = "python -m tinker_rest_sandbox"


def main(arguments: Sequence[str] | None = None, *, program: str = PROGRAM) -> int:
    """Run a sandbox until SIGINT or SIGTERM; returns 1 if it cannot be started. `program` is for the help."""
    options = _parser(program).parse_args(arguments)
    if options.scenario_schema:
        sys.stdout.write(json.dumps(scenario_schema(), indent=2) + "\n")
        return 0
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
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
            token_exchange=options.token_exchange,
            control_from_anywhere=options.control_from_anywhere,
            allowed_hosts=options.allow_host,
            cors_origins=options.cors_origin,
            public_storage_url=options.public_storage_url,
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
    parser = argparse.ArgumentParser(prog=program, description="Serve the Tinker REST API on this machine.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=_port, default=DEFAULT_PORT, help="port of the API; 0 for any free one (%(default)s)")
    add("--storage-port", type=_port, default=0, help="port of the storage host; 0 for any free one (%(default)s)")
    add("--db", default=":memory:", help="SQLite file that keeps the state (%(default)s)")
    add("--api-key", type=_api_key, default=DEFAULT_API_KEY, help="key of the first user (%(default)s)")
    add("--empty", action="store_true", help="start a new database without sample data")
    add("--scenario", metavar="FILE", help="YAML file with the initial data and faults of a new database")
    add("--scenario-schema", action="store_true", help="print the JSON Schema of scenario files and exit")
    add(
        "--archive-build-seconds",
        type=_seconds,
        default=0.3,
        help="how long an archive takes to build (%(default)s)",
    )
    add(
        "--archive-building-status",
        type=int,
        choices=get_args(BuildingStatus),
        default=503,
        help="response while an archive is built (%(default)s)",
    )
    add(
        "--token-exchange",
        choices=get_args(TokenExchange),
        default="optional",
        help="whether API keys can, must or cannot be exchanged for tokens (%(default)s)",
    )
    add(
        "--control-from-anywhere",
        action="store_true",
        help="let other machines use /__sandbox__/, which needs no key, too",
    )
    add("--allow-host", action="append", default=[], metavar="NAME", help="serve it under this name too")
    add("--cors-origin", action="append", default=[], metavar="ORIGIN", help="let web pages of this origin use it")
    add("--public-storage-url", metavar="URL", help="where clients reach the storage port, behind a proxy")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {MAX_PORT}")
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
        raise argparse.ArgumentTypeError("it must begin with 'tml-', or clients will not accept it")
    return text


def _greeting(sandbox: Sandbox, db: str) -> str:
    return (
        f"Tinker sandbox at {sandbox.base_url}, database {db}\n"
        f"API key: {sandbox.api_key} (alice; use {sandbox.other_api_key} for another user, bob)\n"
        f"export TINKER_BASE_URL={shlex.quote(sandbox.base_url)}\n"
        f"export TINKER_API_KEY={shlex.quote(sandbox.api_key)}\n"
        f"Open {sandbox.base_url}/ for its data and requests, and {sandbox.base_url}/docs for the API.\n"
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
