"""`tinker-rest sandbox|completion|version`: commands that make no calls."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from tinker_rest_cli.failures import CommandError
from tinker_rest_cli.groups import Command
from tinker_rest_cli.settings import Settings
from tinker_rest_sandbox.options import OPTIONS


def _option(form: str, text: str) -> click.Option:
    name, _, value = form.partition(" ")
    choice, metavar = (click.Choice(value.split("|")), None) if "|" in value else (None, value.rstrip("."))
    many = value.endswith("...")
    return click.Option([f"--{name}"], type=choice, metavar=metavar, is_flag=not value, multiple=many, help=text)


@click.command("sandbox", params=[_option(*one) for one in OPTIONS.items()])
def sandbox(**given: Any) -> int:
    """Run a local server that implements the Tinker REST API, with realistic data.

    It prints its URL and API keys. `python -m tinker_rest_sandbox` does the same.
    """
    try:
        from tinker_rest_sandbox.__main__ import main as run
    except ImportError as error:
        raise CommandError(str(error)) from error
    arguments = []
    for name, value in given.items():
        values = value if isinstance(value, tuple) else [value]
        option = f"--{name.replace('_', '-')}"
        arguments += [option if one is True else f"{option}={one}" for one in values if one not in (None, False)]
    try:
        return run(arguments, program="tinker-rest sandbox")
    except SystemExit as end:  # argparse has printed why
        return end.code if isinstance(end.code, int) else 1


# The startup file of each shell, and the line in it that loads the script if the command is on the PATH by then.
_IF_FOUND = "command -v tinker-rest >/dev/null && "
_STARTUP = {
    "bash": ("~/.bashrc", _IF_FOUND + 'eval "$(tinker-rest completion bash)"'),
    "zsh": ("~/.zshrc", _IF_FOUND + 'autoload -Uz compinit && compinit && eval "$(tinker-rest completion zsh)"'),
    "fish": ("~/.config/fish/completions/tinker-rest.fish", "tinker-rest completion fish | source"),
}


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), required=False)
@click.option("--install", is_flag=True, help="Load the script whenever the shell starts.")
def completion(_settings: Settings, shell: str | None, install: bool) -> None:
    """Print or install a script that completes commands and options.

    By default, it is for the shell in the variable SHELL.

    \b
      tinker-rest completion --install
      eval "$(tinker-rest completion bash)"
    """  # noqa: D301
    from click.shell_completion import get_completion_class

    from tinker_rest_cli.root import COMPLETION_VARIABLE, PROGRAM, root

    name = shell or Path(os.environ.get("SHELL", "")).name
    kind = get_completion_class(name)
    if kind is None or name not in _STARTUP:
        raise click.UsageError("your shell is unknown; pass bash, zsh or fish")
    if not install:
        script = kind(root, {}, PROGRAM, COMPLETION_VARIABLE)
        click.echo(script.source_template % script.source_vars())  # without asking the shell for its version
        return
    file, line = _STARTUP[name]
    path = Path(file).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as opened:
        opened.seek(0)
        if line not in opened.read():
            opened.write(f"\n{line}\n")
    click.echo(f"Installed in {file}. Open a new shell to use it.")


@click.command("version", cls=Command)
def version(settings: Settings) -> None:
    """Print the version, and the API description that it was generated from."""
    from tinker_rest import SPEC_SHA256, SPEC_VERSION, __version__

    if settings.format == "table" and not settings.quiet:  # without rich, which the extra [sandbox] lacks
        click.echo(f"tinker-rest {__version__}\nAPI description {SPEC_VERSION}, SHA-256 {SPEC_SHA256}")
        return
    from tinker_rest_cli.output import show_one

    whole = {"version": __version__, "spec_version": SPEC_VERSION, "spec_sha256": SPEC_SHA256}
    show_one(settings, __version__, whole, [])
