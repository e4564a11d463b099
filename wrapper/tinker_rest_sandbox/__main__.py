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
from collections.abc import Callable, Sequence

from tinker_rest_sandbox import Sandbox, ScenarioError
from tinker_rest_sandbox._scenario import scenario_schema
from tinker_rest_sandbox._server import DEFAULT_API_KEY
from tinker_rest_sandbox.options import OPTIONS

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


# How an option's value is read, and its default, which the text in OPTIONS names as well.
_VALUES: dict[str, tuple[Callable[[str], object], object]] = {
    "host": (str, "127.0.0.1"),
    "port": (_port, DEFAULT_PORT),
    "storage-port": (_port, 0),
    "db": (str, ":memory:"),
    "api-key": (_api_key, DEFAULT_API_KEY),
    "archive-build-seconds": (_seconds, 0.3),
    "archive-building-status": (int, 503),
    "token-exchange": (str, "optional"),
}


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="Serve the Tinker REST API on this machine.")
    for form, text in OPTIONS.items():
        name, _, value = form.partition(" ")
        read, default = _VALUES.get(name, (str, None))
        if not value:
            parser.add_argument(f"--{name}", action="store_true", help=text)
        elif value.endswith("..."):
            parser.add_argument(f"--{name}", action="append", default=[], metavar=value[:-3], help=text)
        elif "|" in value:
            choices = [read(one) for one in value.split("|")]
            parser.add_argument(f"--{name}", type=read, choices=choices, default=default, help=text)
        else:
            parser.add_argument(f"--{name}", type=read, default=default, metavar=value, help=text)
    return parser


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
