"""The blocks of code in the documentation, and what sends the requests of its curl lines."""

import re
import shlex
import urllib.error
import urllib.request
from email.message import Message
from typing import IO
from urllib.parse import urlsplit

from checkout import ROOT

from tinker_rest_sandbox import Sandbox

GUIDE = ROOT / "scripts" / "documentation" / "pages"
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *sorted(str(p.relative_to(ROOT)) for p in GUIDE.rglob("*.md")),
)
# What needs an account or a person at a terminal; tests/command_line runs these against a sandbox.
NEED_AN_ACCOUNT = ("tinker-rest auth login", "tinker-rest auth status", "tinker-rest auth logout")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def all_blocks() -> list[tuple[str, str, str]]:
    """Every block of every page: its name for a test, its language and its text."""
    return [
        (f"{page.rpartition('/pages/')[2]}-{number}", language, text)
        for page in PAGES
        for number, (language, text) in enumerate(_BLOCK.findall((ROOT / page).read_text()))
    ]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def answer_to_curl(command: str, sandbox: Sandbox) -> tuple[int, bytes]:
    """Send what a line with curl would send, but to this sandbox. Returns the answer's status and body."""
    curl, *options, url = shlex.split(command.replace("\\\n", " "))
    assert curl == "curl"
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    path = parts.path.removeprefix("/services/tinker-prod")
    request = urllib.request.Request(f"{sandbox.base_url}{path}{query}")
    for option, value in zip(options[::2], options[1::2], strict=True):
        if option == "-d":
            request.data = value.encode()
        elif option == "-X":
            request.method = value
        else:
            assert option == "-H"
            name, _, text = value.partition(": ")
            request.add_header(name, text.replace("$TINKER_API_KEY", sandbox.api_key))
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
