"""Classes of commands and groups: a group imports a command when it is used; each has the common options."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import click

from tinker_rest_cli.settings import COMMON_OPTIONS

HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class Command(click.Command):
    """A command with the common options beside its own; an own option of the same name takes its place."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add the common options."""
        kwargs["context_settings"] = {**HELP_NAMES, **(kwargs.get("context_settings") or {})}
        super().__init__(*args, **kwargs)
        taken = {name for parameter in self.params for name in parameter.opts}
        self.common = [option for option in COMMON_OPTIONS if not taken & {*option.opts}]
        self.params.extend(self.common)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the own options first, then the common ones under a heading of their own."""
        own = [one for one in self.get_params(ctx) if isinstance(one, click.Option) and one not in self.common]
        for heading, options in (("Options", own), ("Options of every command", self.common)):
            records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


class Group(click.Group):
    """A group of commands that are written in one module."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let -h ask for help too."""
        kwargs["context_settings"] = {**HELP_NAMES, **(kwargs.get("context_settings") or {})}
        super().__init__(*args, **kwargs)


class Entry(NamedTuple):
    """A command that is imported when it is used.

    Attributes:
        module: The module below `tinker_rest_cli.commands`.
        name: What it is called there.
        summary: What it does, in a line, for the help of its group.
    """

    module: str
    name: str
    summary: str


class LazyGroup(Group):
    """A group that imports a command when it is used, and needs none of them for its help.

    Args:
        entries: The commands by their names.
    """

    def __init__(self, *args: Any, entries: dict[str, Entry], **kwargs: Any) -> None:
        """Keep where the commands are."""
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table."""
        return [*self.entries]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported; None where there is none."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"tinker_rest_cli.commands.{entry.module}")
        command: click.Command = getattr(module, entry.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the commands do."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """What a shell may go on with, without importing the commands."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=entry.summary)
            for name, entry in self.entries.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)
