"""Classes of commands and groups: a group imports a command when it is used; each has the common options."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import click

from tinker_rest_cli.settings import COMMON_OPTIONS, Settings


class Command(click.Command):
    """A command with the common options and its own, which replace common ones with the same name.

    Its function gets the Settings as the first argument.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add the common options."""
        super().__init__(*args, **kwargs)
        taken = {name for parameter in self.params for name in parameter.opts}
        self.common = [option for option in COMMON_OPTIONS if not taken & {*option.opts}]
        self.params.extend(self.common)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Raises a usage error if the common options contradict each other."""
        settings = ctx.ensure_object(Settings)
        if settings.fields and (settings.quiet or settings.format == "csv"):
            raise click.UsageError("--json cannot be combined with -q or --format csv", ctx)
        return ctx.invoke(self.callback, settings, **ctx.params) if self.callback else None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's options first, then the common ones under their own heading."""
        own = [one for one in self.get_params(ctx) if isinstance(one, click.Option) and one not in self.common]
        for heading, options in (("Options", own), ("Common options", self.common)):
            records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


ALIASES = {"ls": "list", "rm": "delete", "show": "info"}


class Group(click.Group):
    """A group of commands in one module. It accepts aliases and suggests similar names."""

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names. Raises a usage error with a suggestion."""
        given, names = args[0], self.list_commands(ctx)
        name = given if given in names else ALIASES.get(given, given)
        if name in names or given.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, [name, *args[1:]])
        from difflib import get_close_matches

        near = get_close_matches(given, names, 1)
        hint = f". Did you mean {near[0]!r}?" if near else ""
        raise click.UsageError(f"no such command {given!r}{hint}", ctx)


class Entry(NamedTuple):
    """A command that is imported when it is used."""

    module: str  # below tinker_rest_cli.commands
    name: str  # in the module
    summary: str  # for the help of its group


class LazyGroup(Group):
    """A group that imports a command when it is used, and none of them for its help."""

    def __init__(self, *args: Any, entries: dict[str, Entry], **kwargs: Any) -> None:
        """Keep the table of commands."""
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table."""
        return [*self.entries]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported; None if there is none."""
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
