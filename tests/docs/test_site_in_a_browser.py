"""The site in a real browser without a window: Chromium, where there is one."""

from __future__ import annotations

import contextlib
import functools
import http.server
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tinker_rest_sandbox import Sandbox

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SOUGHT = "set_checkpoint_ttl"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here; CI installs it where it can"),
    pytest.mark.timeout(600),  # the site may have to be built, beside other tests
]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The address of the site on a plain server of files."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=site)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # In CI everything runs as root, for whom Chromium has no sandbox of its own.
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, and fails where one complained or asked anybody but the site."""
    complaints: list[str] = []
    contexts = []

    def begin(base: str, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda sent: sent.url.startswith((base, "data:")) or complaints.append(f"asked {sent.url}")
        )
        page.on(
            "response", lambda answer: answer.status < 400 or complaints.append(f"{answer.status} {answer.url}")
        )
        return page

    yield begin
    for context in contexts:
        context.close()
    assert complaints == []


# The widths and color schemes in which all pages are looked at, and further ones for those with the most on them.
LOOKS = [(400, "dark"), (1280, "light")]
FURTHER_LOOKS = [(400, "light"), (1280, "dark")]
SCHEMES = {"dark": "slate", "light": "default"}  # as the theme calls them
FACTS = """() => ({
    width: document.documentElement.scrollWidth,
    ground: getComputedStyle(document.body).backgroundColor,
    text: getComputedStyle(document.querySelector("h1")).color,
    shown: [...document.querySelectorAll("pre")].every(one => one.getBoundingClientRect().right <= innerWidth),
})"""


@pytest.mark.long
def test_every_page_fits_and_can_be_read(site: Path, served: str, open_page: Callable[..., Page]) -> None:
    page = open_page(served)
    names = [str(file.relative_to(site)) for file in sorted(site.rglob("*.html"))]
    looked_at = 0
    for name in names:
        page.goto(f"{served}/{name}")
        for width, scheme in LOOKS + (FURTHER_LOOKS if name.endswith("/checkpoints.html") else []):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("body")).to_have_attribute("data-md-color-scheme", SCHEMES[scheme])
            with contextlib.suppress(PlaywrightTimeoutError):  # the sidebars slide to their new places
                page.wait_for_function(
                    "width => document.documentElement.scrollWidth <= width", arg=width, timeout=9000
                )
            facts = page.evaluate(FACTS)
            assert facts["width"] <= width, name
            assert (_brightness(facts["ground"]) > _brightness(facts["text"])) == (scheme == "light"), name
            assert facts["shown"], name
            looked_at += 1
    assert looked_at > 2 * len(names) > 0


def _brightness(colour: str) -> float:
    """Of a colour as browsers write it: `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.9)`."""
    red, green, blue = (float(part) for part in colour.partition("(")[2].rstrip(")").split(",")[:3])
    return red + green + blue


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("from_folder", [False, True], ids=["from a server", "from a folder"])
def test_the_search_finds_a_method_and_its_operation(
    site: Path, served: str, open_page: Callable[..., Page], from_folder: bool, width: int
) -> None:
    base = site.as_uri() if from_folder else served
    page = open_page(base, width)
    page.goto(f"{base}/index.html")
    if width < 1000:
        page.locator("label[for=__search].md-header__button").click()
    page.get_by_role("textbox", name="Search").press_sequentially(SOUGHT)
    results = page.locator(".md-search-result__item a")
    expect(results.first).to_be_visible()
    # Further results of a page are folded.
    page.evaluate("document.querySelectorAll('.md-search-result__more').forEach(one => one.open = true)")
    targets = [str(link.get_attribute("href")) for link in results.all()]
    assert any("http/checkpoints.html?h=" in one and one.endswith(f"#{SOUGHT}") for one in targets), targets
    found = page.locator(f".md-search-result__item a[href$='RestClient.{SOUGHT}']")
    assert found.count() == 1, targets
    found.dispatch_event("click")  # results that come later may fold it again
    expect(page).to_have_url(re.compile(rf"/python/rest-client\.html.*RestClient\.{SOUGHT}$"))


def test_the_way_through_the_site_on_a_phone(served: str, open_page: Callable[..., Page]) -> None:
    page = open_page(served, 400)
    page.goto(f"{served}/index.html")
    page.locator("label[for=__drawer].md-header__button").click()
    page.locator("nav.md-nav--primary").get_by_text("Guide", exact=True).first.click()
    page.locator("nav.md-nav--primary").get_by_role("link", name="Errors and retries").click()
    expect(page.locator("h1")).to_contain_text("Errors and retries")
    page.locator("article").get_by_role("link", name="NotFoundError", exact=True).first.click()
    expect(page).to_have_url(f"{served}/python/errors.html#tinker_rest.errors.NotFoundError")


def test_a_code_block_can_be_copied(served: str, open_page: Callable[..., Page]) -> None:
    page = open_page(served, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{served}/http/server.html")
    page.locator(".language-sh button").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith('curl -H "X-API-Key: $TINKER_API_KEY"')
    assert "\u200b" not in copied


def test_the_api_can_be_tried_out_against_a_sandbox(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    with Sandbox(cors_origins=["*"]) as sandbox:
        # The page names the port that it tells the reader to use.
        page.route(
            "http://127.0.0.1:8765/**",
            lambda route: route.continue_(
                url=route.request.url.replace("http://127.0.0.1:8765", sandbox.base_url)
            ),
        )
        page.goto(f"{site.as_uri()}/http/training_runs.html#list_training_runs")
        page.get_by_role("link", name="Try it out").and_(page.locator("[href$=list_training_runs]")).click()
        page.get_by_role("button", name="Authorize").first.click()
        page.locator(".auth-container input").first.fill(sandbox.api_key)
        page.locator(".auth-btn-wrapper button.authorize").first.click()
        page.locator(".btn-done").first.click()
        page.get_by_role("button", name="Execute").click()
        expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
        assert sandbox.requests[-1].operation_id == "list_training_runs"
    page.close()
