"""Makes the page with every command of `tinker-rest` and its options, from the commands themselves."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator

import click
from click.testing import CliRunner

from documentation.http_prose import paragraphs, text
from tinker_rest_cli.groups import Command
from tinker_rest_cli.root import PROGRAM, root
from tinker_rest_cli.settings import COMMON_OPTIONS

PLACE = "cli.md"
_INTRODUCTION = f"""\
---
hide: [navigation]
---

# Command line reference

Every command of `{PROGRAM}`, as `--help` prints it. For an introduction, output formats and exit statuses, read
[The command line](guide/command-line.md).
"""


def page() -> str:
    """The source of the page."""
    top = click.Context(root, info_name=PROGRAM)
    lines = [_INTRODUCTION, *_overview(top), *_section(top), *_common_options(top)]
    return "\n".join(lines)


def _commands_of(context: click.Context) -> Iterator[click.Context]:
    """The visible commands of a group, each with the context that its help needs."""
    group = context.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield click.Context(command, info_name=name, parent=context)


def _anchor(context: click.Context) -> str:
    return context.command_path.removeprefix(f"{PROGRAM} ").replace(" ", "-")


def _overview(top: click.Context) -> Iterator[str]:
    yield "| command | what it does |\n| --- | --- |"
    for context in _commands_of(top):
        for one in list(_commands_of(context)) or [context]:
            summary = text(one.command.get_short_help_str(200)).replace("|", "\\|")
            yield f"| [`{one.command_path.removeprefix(PROGRAM).strip()}`](#{_anchor(one)}) | {summary} |"
    yield "\nEvery command also takes the [common options](#common-options).\n"


def _section(top: click.Context) -> Iterator[str]:
    for context in _commands_of(top):
        if isinstance(context.command, click.Group):
            yield f"## {context.info_name} {{ #{_anchor(context)} }}\n\n{_prose(context.command)}\n"
            for one in _commands_of(context):
                yield from _command(one, "###")
        else:
            yield from _command(context, "##")


def _command(context: click.Context, heading: str) -> Iterator[str]:
    command = context.command
    name = context.command_path.removeprefix(PROGRAM).strip()
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"{heading} {name} {{ #{_anchor(context)} }}\n"
    if command.context_settings.get("ignore_unknown_options"):  # it reads its arguments by itself
        yield f"```text\n{CliRunner().invoke(root, [name, '--help']).output}\n```\n"
        return
    yield f"```text\n{context.command_path} {usage}\n```\n"
    yield _prose(command) + "\n"
    common = command.common if isinstance(command, Command) else []
    yield _options([one for one in command.get_params(context) if one not in common], context)


def _common_options(top: click.Context) -> Iterator[str]:
    yield f"## Common options {{ #common-options }}\n\n{_options(list(COMMON_OPTIONS), top)}"


def _options(parameters: list[click.Parameter], context: click.Context) -> str:
    records = [one.get_help_record(context) for one in parameters if "--help" not in one.opts]
    rows = "".join(
        f"<tr><td><code>{text(names)}</code></td><td>{text(meaning)}</td></tr>"
        for names, meaning in filter(None, records)
        if meaning
    )
    if not rows:
        return ""
    head = '<thead><tr><th scope="col">Option</th><th scope="col">Meaning</th></tr></thead>'
    return f'<div class="http options" markdown="0"><table>{head}<tbody>{rows}</tbody></table></div>\n'


def _prose(command: click.Command) -> str:
    """The help of a command. A paragraph that click is told not to wrap becomes a block."""
    parts: list[str] = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(command.help or "").replace("\f", "")):
        if paragraph.startswith("\b\n"):
            parts.append(f"```text\n{textwrap.dedent(paragraph[2:])}\n```\n")
        else:
            parts.append(f'<div markdown="0">{paragraphs(paragraph, {})}</div>\n')
    return "\n".join(parts)
