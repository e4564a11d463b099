"""`tinker-rest auth`: which API key is used, and whose it is."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.clients import open_client, rest_client
from tinker_rest_cli.credentials import KEY, STORED, Store, key_in_use, overriding
from tinker_rest_cli.failures import CONSOLE, CommandError, ExitStatus, server_says
from tinker_rest_cli.groups import Group
from tinker_rest_cli.output import show_one, tell
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest.types import WhoamiResponse

SHOWN = 8  # characters of a key, including "tml-", if it is four times as long


auth = Group("auth", help="Log in and out, and show which API key is used.")


@auth.command("login")
@click.option("--with-token", is_flag=True, help="Read the API key from stdin instead of asking for it.")
def login(settings: Settings, with_token: bool) -> None:
    """Store an API key for later commands and programs.

    You are asked for the key, which is not shown. Once the server accepts it, it is stored in
    ~/.tinker/credentials.json, which only you can read and which the official command line uses too. A key in
    TINKER_API_KEY takes precedence.

    \b
      tinker-rest auth login
      tinker-rest auth login --with-token < key.txt
    """  # noqa: D301
    from tinker_rest import AuthenticationError, RestClient

    store = Store()
    if with_token:
        key = sys.stdin.read().strip()
    elif sys.stdin.isatty():
        click.echo(f"Create an API key at {CONSOLE}, then paste it here.", err=True)
        key = click.prompt("API key", hide_input=True, err=True).strip()
    else:
        raise click.UsageError("no terminal to ask on; pass --with-token to read the key from stdin")
    try:
        with open_client(RestClient, settings, api_key=key) as client:
            who = client.whoami().result()
    except AuthenticationError as error:
        text = f"the server refused this key, so it was not stored: {server_says(error)}. Create one at {CONSOLE}"
        raise CommandError(text, ExitStatus.CREDENTIALS) from error
    record: dict[str, Any] = {"type": "manual", "key": key, "name": "tinker-rest"}
    if who.email:
        record["details"] = {"org_details": {"name": who.org_urn}, "user_details": {"email": who.email}}
    store.add_default(who.user_urn, record)
    show_one(settings, who.user_urn, who, [*_facts(who), ("Stored in", STORED)])
    if name := overriding():
        tell(settings, f"{name} is set and takes precedence; unset it to use the stored key")


@auth.command("status")
def status(settings: Settings) -> None:
    """Show which API key is used and whose it is.

    It also shows where the key comes from, but only the beginning of the key itself.
    """
    from tinker_rest import APIError

    source, _ = key_in_use()
    stored = error = who = None
    with contextlib.suppress(CommandError):
        stored = Store().default
    key = {KEY: os.environ.get(KEY), STORED: (stored or {}).get("key")}.get(source)
    shown = f"{key[: SHOWN if len(key) >= 4 * SHOWN else 4]}…" if key else "not shown"
    with rest_client(settings) as client:
        try:
            who = client.whoami().result()
        except APIError as failure:
            error = failure
    whole = {name: getattr(who, name, None) for name in ("email", "user_urn", "org_urn")}
    whole = {"key": shown, "source": source, "base_url": client.base_url, **whole}
    facts = [("Key", f"{shown}, from {source}"), ("Server", client.base_url), *(_facts(who) if who else [])]
    if stored and source != STORED:
        facts.append(("Not used", f"the key of {_owner(stored)} in {STORED}; {source} takes precedence"))
    show_one(settings, who.user_urn if who else shown, whole, facts)
    if error:
        raise error


@auth.command("logout")
def logout(settings: Settings) -> None:
    """Remove the stored API key from this machine.

    It stays valid until you delete it in the Tinker console.
    """
    store = Store()
    record, name = store.default, overriding()
    if record is not None:
        store.remove_default()
    elif name is None:
        raise CommandError(f"no API key is stored in {STORED}")
    if record:
        tell(settings, f"Removed the API key of {_owner(record)} from {STORED}.")
        tell(settings, f"It is still valid; to delete it, go to {CONSOLE}")
    if name:
        tell(settings, f"{name} is still set, so commands still have a key")


@auth.command("whoami")
def whoami(settings: Settings) -> None:
    """Show the user and the organization of your API key."""
    with rest_client(settings) as client:
        found = client.whoami().result()
    show_one(settings, found.user_urn, found, _facts(found))


def _facts(who: WhoamiResponse) -> list[tuple[str, str]]:
    return [("Email", who.email or "none"), ("User", who.user_urn), ("Organization", who.org_urn)]


def _owner(record: dict[str, Any]) -> str:
    user = (record.get("details") or {}).get("user_details") or {}
    return str(user.get("email") or record.get("name"))
