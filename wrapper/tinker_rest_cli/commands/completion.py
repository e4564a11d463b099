"""`tinker-rest completion`."""

from __future__ import annotations

import click

from tinker_rest_cli.groups import Command


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    r"""Print what lets a shell complete commands and options.

    \b
    bash:  eval "$(tinker-rest completion bash)"    in ~/.bashrc
    zsh:   eval "$(tinker-rest completion zsh)"     in ~/.zshrc, after compinit
    fish:  tinker-rest completion fish | source     in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from tinker_rest_cli.root import COMPLETION_VARIABLE, PROGRAM, root

    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(f"{shell} is not one that can be completed")
    script = kind(root, {}, PROGRAM, COMPLETION_VARIABLE)
    click.echo(script.source_template % script.source_vars())  # without asking the shell for its version
