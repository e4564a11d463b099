"""Draws the picture of a terminal in README and on the site's home page: commands against a sandbox, as SVG."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tinker_rest_sandbox import Sandbox

WIDTH = 130
COMMANDS = (
    "tinker-rest run list --limit 3",
    "tinker-rest checkpoint list --older-than 30d --sort size --limit 3",
    "tinker-rest checkpoint set-ttl tinker://run-id/weights/0001 --ttl 30d",
)


def draw(file: Path) -> None:
    """Run the commands and write what a terminal would show."""
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    with Sandbox() as sandbox:
        for command in COMMANDS:
            console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
            console.print(Text.from_ansi(_output_of(command, sandbox)))
    picture = console.export_svg(title="tinker-rest", unique_id="terminal")
    # Without fonts from another host, and without spaces at the ends of lines.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL).replace(
        "Fira Code", "ui-monospace, SFMono-Regular, Menlo, Consolas"
    )
    file.write_text("\n".join(line.rstrip() for line in picture.splitlines()) + "\n", "utf-8")


def _output_of(command: str, sandbox: Sandbox) -> str:
    environment = {
        **os.environ,
        "TINKER_BASE_URL": sandbox.base_url,
        "TINKER_API_KEY": sandbox.api_key,
        "COLUMNS": str(WIDTH),
        "FORCE_COLOR": "1",
        "TERM": "xterm-256color",
    }
    program = Path(sys.executable).with_name("tinker-rest")
    words = [str(program), *command.split()[1:]]
    done = subprocess.run(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    return done.stdout
