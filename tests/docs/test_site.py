"""The documentation as a site: that it can be built, what fails it, and that every block of code in it is run."""

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from checkout import ROOT, SPEC, description
from code_blocks import GUIDE, all_blocks, answer_to_curl

import tinker_rest
from tinker_rest_cli.root import root
from tinker_rest_sandbox import Sandbox

pytestmark = pytest.mark.timeout(600)  # the site may have to be built, beside other tests

CODE = re.compile(r'<div class="([^"]*highlight[^"]*)"><pre><span></span><code[^>]*>(.*?)</code></pre>', re.DOTALL)


def build(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "docs"), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)


def code_of(site: Path, page: str) -> list[tuple[str, str]]:
    """The blocks of code of a built page, as classes and text; signatures are none."""
    return [
        (classes, html.unescape(re.sub(r"<[^>]+>", "", code)).replace("\u200b", ""))
        for classes, code in CODE.findall((site / page).read_text())
        if "doc-signature" not in classes
    ]


def pages_of(site: Path) -> list[str]:
    return [str(file.relative_to(site)) for file in sorted(site.rglob("*.html"))]


def test_every_page_of_the_guide_and_of_the_references_is_there(site: Path) -> None:
    pages = set(pages_of(site))
    assert {str(page.relative_to(GUIDE).with_suffix(".html")) for page in GUIDE.rglob("*.md")} <= pages
    tags = {tag["name"] for tag in description()["tags"]}
    assert {f"http/{name}.html" for name in {*tags, "index", "schemas"}} <= pages
    assert (site / "openapi.yaml").read_bytes() == SPEC.read_bytes()
    assert (site / "openapi-3.0.yaml").read_bytes() == (ROOT / "generated" / "openapi-3.0.yaml").read_bytes()


def test_every_operation_and_schema_and_public_name_has_a_place(site: Path) -> None:
    ids = {found for page in pages_of(site) for found in re.findall(r'\bid="([^"]+)"', (site / page).read_text())}
    operations = [one["operationId"] for item in description()["paths"].values() for one in item.values()]
    assert set(operations) <= ids
    assert {f"schema-{name}" for name in description()["components"]["schemas"]} <= ids
    last_parts = {one.rpartition(".")[2] for one in ids if one.startswith("tinker_rest")}
    assert set(tinker_rest.__all__) - {"types"} <= last_parts
    assert set(tinker_rest.types.__all__) <= last_parts
    for client in (tinker_rest.RestClient, tinker_rest.AdminClient, tinker_rest.ServiceClient):
        methods = {name for name in dir(client) if not name.startswith("_") and callable(getattr(client, name))}
        shown = {one.rpartition(".")[2] for one in ids if f".{client.__name__}." in one}
        assert {name for name in methods if not name.endswith("_async")} <= shown, client


def test_experimental_operations_are_marked(site: Path) -> None:
    http = "".join((site / page).read_text() for page in pages_of(site) if page.startswith("http/"))
    operations = [one for item in description()["paths"].values() for one in item.values()]
    alpha = [one["operationId"] for one in operations if one.get("x-stability-level") == "alpha"]
    assert http.count(">experimental</span>") == len(alpha) > 0
    note = "Experimental: servers may change or remove this operation."
    for name in (*alpha, "iter_session_search", "iter_checkpoint_search", "upload_external_weights"):
        assert note in (getattr(tinker_rest.RestClient, name).__doc__ or ""), name


def test_fields_of_schemas_show_an_example(site: Path) -> None:
    page = (site / "http" / "schemas.html").read_text().replace("<wbr>", "")
    assert "for example <code>tinker://5f2d7413" in page


def test_every_command_and_option_is_in_the_reference(site: Path) -> None:
    page = (site / "cli.html").read_text()
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    top = click.Context(root, info_name="tinker-rest")
    seen = 0
    for name in root.list_commands(top):
        command = root.get_command(top, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=top)
        subcommands = command.list_commands(context) if isinstance(command, click.Group) else []
        for one in [command, *(command.get_command(context, sub) for sub in subcommands)]:
            assert one is not None
            anchor = name if one is command else f"{name}-{one.name}"
            assert f'id="{anchor}"' in page
            for parameter in one.params:
                assert isinstance(parameter, click.Argument) or parameter.opts[-1] in text, (anchor, parameter)
                seen += 1
    assert seen > 100
    assert "--scenario FILE" in text  # of the sandbox, whose arguments are not click's


def test_every_block_of_code_is_run_by_a_test(site: Path) -> None:
    run = {text.strip() for _, _, text in all_blocks()}
    seen = 0
    for page in pages_of(site):
        for classes, code in code_of(site, page):
            if "language-text" in classes or page.startswith("http/"):  # a drawing; tested below
                continue
            seen += 1
            assert code.strip() in run, f"{page}: {code}"
    assert seen > 20


def test_every_operation_has_a_curl_line_that_works(site: Path, sandbox: Sandbox) -> None:
    lines = [
        code for page in pages_of(site) if page.startswith("http/")
        for classes, code in code_of(site, page) if "language-sh" in classes and code.startswith("curl ")
    ]  # fmt: skip
    assert len(lines) == sum(len(item) for item in description()["paths"].values())
    for line in lines:
        sandbox.reset()
        status, body = answer_to_curl(line, sandbox)
        # Two need another request first: there is nothing to unpublish, and no upload to finish.
        needs_another = any(words in body for words in (b"is already private", b"Upload"))
        assert status < 400 or needs_another, f"{line}: {status} {body!r}"


def test_a_folder_with_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = build("--out", tmp_path)
    assert done.returncode == 2
    assert "holds something else" in done.stderr
    assert (tmp_path / "thesis.txt").exists()


# What is written into a page, and what is said of it.
FAULTS = {
    "[more](nowhere.md)": "'nowhere.md'",
    "[more](quickstart.md#nowhere)": "does not contain an anchor '#nowhere'",
    '<a href="../http/sessions.html#of-none">x</a>': "links to ../http/sessions.html#of-none, an anchor",
    '<a href="../http/none.html">x</a>': "links to ../http/none.html, which is not there",
    "![logo](https://example.com/logo.png)": "fetches https://example.com/logo.png",
    '<script src="//example.com/a.js"></script>': "fetches //example.com/a.js",
    "<style>@import 'https://example.com/a.css'</style>": "fetches https://example.com/a.css",
    "[`nothing`][tinker_rest.nothing]": "tinker_rest.nothing",
}


@pytest.mark.long
def test_faults_fail_the_build(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    shutil.copytree(GUIDE, pages)
    with (pages / "guide" / "authentication.md").open("a") as page:
        page.write("\n\n" + "\n\n".join(FAULTS))
    done = build("--check", "--pages", pages)
    assert done.returncode == 1, done.stdout
    assert [complaint for complaint in FAULTS.values() if complaint not in done.stderr] == []
    assert "Traceback" not in done.stderr
