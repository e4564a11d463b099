"""`tinker-rest doctor`: why calls fail."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

import click

from tinker_rest_cli.columns import Column, Listing
from tinker_rest_cli.formatting import counted, printable
from tinker_rest_cli.groups import Command
from tinker_rest_cli.output import show_list
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest_cli.doctor import Finding

SECONDS = 5.0  # for a step
STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red", "skip": "dim"}
FINDINGS: Listing[Finding] = Listing(
    "finding",
    "findings",
    [Column("name", "Name"), Column("result", "Result"), Column("text", "Finding"), Column("remedy", "Remedy")],
    json=lambda finding: {name: getattr(finding, name) for name in ("name", "result", "text", "remedy")},
)


@click.command("doctor", cls=Command)
def doctor(settings: Settings) -> int:
    """Find out why commands fail: check the network, key, clock and server, and suggest fixes.

    Each step takes up to 5 seconds, or --timeout. Nothing is changed, and the key is never shown. -q prints only
    the names of checks that warn or fail.

    The exit status is 0 if nothing failed, warnings or not. Otherwise it is that of the first failure: 2 for an
    invalid URL, 6 for the network, 3 for the key, 1 if the server isn't a Tinker server.
    """
    from tinker_rest_cli.clients import client_options
    from tinker_rest_cli.doctor import examine

    options = {"timeout": SECONDS, **client_options(settings), "max_retries": 0}
    warnings.simplefilter("ignore")  # a finding reports them
    findings = []
    is_table = settings.format == "table" and not settings.quiet
    for finding in examine(options):
        findings.append(finding)
        if is_table:
            _write(finding)
    failed = [finding for finding in findings if finding.result == "fail"]
    warned = [finding for finding in findings if finding.result == "warn"]
    status = int(failed[0].status) if failed else 0
    if is_table:
        parts = [counted(len(some), thing) for some, thing in ((failed, "failure"), (warned, "warning")) if some]
        sys.stdout.write(f"{' and '.join(parts)}.\n" if parts else "All is well.\n")
        return status
    shown = [finding for finding in findings if finding in failed + warned] if settings.quiet else findings
    more = {"exit_status": status, "failures": len(failed), "warnings": len(warned)}
    show_list(settings, FINDINGS, shown, more=more)
    return status


def _write(finding: Finding) -> None:
    from rich.table import Table
    from rich.text import Text

    from tinker_rest_cli.tables import GAP, LABEL, console, write

    row = Table.grid(padding=(0, GAP, 0, 0))
    for width in (4, 10, None):
        row.add_column(width=width, overflow="fold")
    text = Text(printable(finding.text), LABEL if finding.result == "skip" else "")
    row.add_row(Text(finding.result, STYLES[finding.result]), Text(finding.name, LABEL), text)
    if finding.remedy:
        row.add_row("", "", Text(f"> {printable(finding.remedy)}"))
    write(console(), row)
    sys.stdout.flush()
