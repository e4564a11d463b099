"""`tinker-rest sandbox|completion|version`: commands that make no calls."""

from __future__ import annotations

import click

from tinker_rest_cli.failures import CommandError
from tinker_rest_cli.groups import Command
from tinker_rest_cli.settings import Settings, pass_settings


@click.command(
    "sandbox",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> int:
    """Serve the Tinker REST API on this machine: `python -m tinker_rest_sandbox`, with options of its own."""
    try:
        from tinker_rest_sandbox.__main__ import main as run
    except ImportError as error:
        raise CommandError(str(error)) from error
    try:
        return run([*arguments], program="tinker-rest sandbox")
    except SystemExit as end:  # argparse has said why
        return end.code if isinstance(end.code, int) else 1


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    r"""Print a script that lets your shell complete commands and options.

    \b
    bash:  eval "$(tinker-rest completion bash)"    in ~/.bashrc
    zsh:   eval "$(tinker-rest completion zsh)"     in ~/.zshrc, after compinit
    fish:  tinker-rest completion fish | source     in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from tinker_rest_cli.root import COMPLETION_VARIABLE, PROGRAM, root

    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(f"{shell} is not supported")
    script = kind(root, {}, PROGRAM, COMPLETION_VARIABLE)
    click.echo(script.source_template % script.source_vars())  # without asking the shell for its version


@click.command("version", cls=Command)
@pass_settings
def version(settings: Settings) -> None:
    """Print the version, and the API description that it was made from."""
    from tinker_rest import SPEC_SHA256, SPEC_VERSION, __version__

    if settings.format == "table" and not settings.quiet:  # without rich, which the extra [sandbox] lacks
        click.echo(f"tinker-rest {__version__}\nAPI description {SPEC_VERSION}, SHA-256 {SPEC_SHA256}")
        return
    from tinker_rest_cli.output import show_one

    whole = {"version": __version__, "spec_version": SPEC_VERSION, "spec_sha256": SPEC_SHA256}
    show_one(settings, __version__, whole, [])
