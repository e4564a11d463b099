"""`tinker-rest doctor`: why calls fail."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tinker_rest_cli.groups import Command
from tinker_rest_cli.output import Column, Listing, show_list
from tinker_rest_cli.paging import Found
from tinker_rest_cli.settings import Settings, pass_settings
from tinker_rest_cli.texts import counted, printable

if TYPE_CHECKING:
    from tinker_rest_cli.doctor.findings import Finding

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red", "skip": "dim"}

FINDINGS: Listing[Finding] = Listing(
    "finding",
    lambda one: one.name,
    [
        Column("name", "Name", lambda one: one.name),
        Column("result", "Result", lambda one: one.level),
        Column("text", "Finding", lambda one: one.text),
        Column("remedy", "Remedy", lambda one: one.remedy),
    ],
    lambda one: one.to_dict(),
)


@click.command("doctor", cls=Command)
@pass_settings
def doctor(settings: Settings) -> int:
    """Examine the way to the server, the key, the clock and what the server offers, and say what to do.

    Each step may take 5 seconds, or what --timeout says, and all of them 30. The exit status is 0 where nothing
    failed, also with warnings, and else that of the first failure: 3 for the key, 6 for the network, 2 for an
    address that is none, 1 for a server that is not one of Tinker. -q prints the names of what warns or fails.

    Nothing is changed on the server: what is asked is asked by GET, and the key is never shown. Only where the
    server refuses the key, or a command prints it, it is asked, as before any call, whether it wants a token.
    """
    if settings.quiet or settings.format != "table":
        findings = _examined(settings, lambda _: None)
        status = _status(findings)
        shown = [one for one in findings if one.level in ("warn", "fail")] if settings.quiet else findings
        more = {"exit_status": status, "failures": _count(findings, "fail"), "warnings": _count(findings, "warn")}
        show_list(settings, FINDINGS, Found.all_of(shown), more=lambda: more)
        return status
    from tinker_rest_cli.tables import GAP, LABEL, Page

    page = Page()
    width = 10

    def write(finding: Finding) -> None:
        level, margin = finding.level, 4 + len(GAP) + width + len(GAP)
        name = page.styled(f"{finding.name:<{width}}", LABEL)
        first = f"{page.styled(f'{level:<4}', STYLES[level])}{GAP}{name}{GAP}"
        page.fold(printable(finding.text), LABEL if level == "skip" else "", first=first, margin=margin)
        if finding.remedy:
            page.fold(printable(finding.remedy), "", first=" " * (margin - 2) + "> ", margin=margin)
        sys.stdout.flush()

    findings = _examined(settings, write)
    failures, warned = _count(findings, "fail"), _count(findings, "warn")
    said = [counted(count, thing) for count, thing in ((failures, "failure"), (warned, "warning")) if count]
    page.write(f"{' and '.join(said)}." if said else "All is well.")
    return _status(findings)


def _examined(settings: Settings, tell: Callable[[Finding], None]) -> list[Finding]:
    from tinker_rest_cli.clients import set_up
    from tinker_rest_cli.doctor.examination import examine

    async def run() -> list[Finding]:
        findings = []
        async for finding in examine(settings.base_url, settings.timeout):
            tell(finding)
            findings.append(finding)
        return findings

    set_up(settings)
    return asyncio.run(run())


def _count(findings: list[Finding], level: str) -> int:
    return sum(one.level == level for one in findings)


def _status(findings: list[Finding]) -> int:
    return next((int(one.status) for one in findings if one.level == "fail"), 0)
