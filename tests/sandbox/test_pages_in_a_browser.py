"""The pages in a real browser without a window: Chromium, if it is installed."""

from __future__ import annotations

import copy
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox._spec import Spec, load_spec

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "<script>document.title = 'bad'</script><img src=x onerror=\"document.title = 'bad'\">"
# Swagger UI says this of any link to an operation.
EXPECTED = "escaping deep link whitespace"
WIDTHS = (400, 1280)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; CI installs it if it can")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # In CI everything runs as root, for whom Chromium has no sandbox of its own.
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, and fails where one complained or asked anybody but the sandbox."""
    complaints: list[str] = []
    contexts = []

    def begin(url: str, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: EXPECTED in message.text or complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        origin = "/".join(url.split("/")[:3])
        page.on("request", lambda sent: sent.url.startswith(origin) or complaints.append(f"asked {sent.url}"))
        page.goto(url)
        return page

    yield begin
    for context in contexts:
        context.close()
    assert complaints == []


def test_the_page_follows_what_happens(sandbox: Sandbox, alice: httpx.Client, open_page: Any) -> None:
    page = open_page(f"{sandbox.base_url}/")
    expect(page.locator("#state")).to_have_text("Live")
    expect(page.locator("[data-rows=requests] td")).to_have_text("None yet.")
    alice.get("/api/v1/training_runs/run-id")
    row = page.locator("[data-rows=requests] tr").first
    expect(row).to_contain_text("/api/v1/training_runs/run-id")
    expect(row).to_contain_text("200")
    expect(row).to_contain_text("alice")
    total = int(page.locator("[data-count=checkpoints]").inner_text())
    alice.delete("/api/v1/training_runs/run-id/checkpoints/weights/0001")
    expect(page.locator("[data-count=checkpoints]")).to_have_text(str(total - 1))


def test_lists_are_turned_over(sandbox: Sandbox, open_page: Any) -> None:
    page = open_page(f"{sandbox.base_url}/")
    place = page.locator("[data-pager=checkpoints] span")
    expect(place).to_contain_text(re.compile(r"^1.15 of "))
    first = page.locator("[data-rows=checkpoints] code").first.inner_text()
    page.get_by_label("Next checkpoints").click()
    expect(place).to_contain_text(re.compile(r"^16.30 of "))
    assert page.locator("[data-rows=checkpoints] code").first.inner_text() != first
    page.get_by_label("Last checkpoints").click()
    expect(page.get_by_label("Next checkpoints")).to_be_disabled()
    page.get_by_label("First checkpoints").click()
    expect(page.locator("[data-rows=checkpoints] code").first).to_have_text(first)


def test_a_search_and_a_user_narrow_the_lists(sandbox: Sandbox, open_page: Any) -> None:
    page = open_page(f"{sandbox.base_url}/")
    page.get_by_label("Search").fill("run-id")
    expect(page.locator("[data-pager=runs] span")).to_have_text(re.compile("1 of 1$"))
    expect(page.locator("[data-rows=sessions] td")).to_have_text("No matches.")
    page.get_by_label("Search").fill("")
    page.get_by_label("User").select_option("bob")
    owners = page.locator("[data-rows=runs] td[data-label=Owner]")
    expect(owners.first).to_have_text("bob")
    assert set(owners.all_inner_texts()) == {"bob"}


def test_a_row_leads_to_its_details_and_to_what_belongs_to_it(sandbox: Sandbox, open_page: Any) -> None:
    page = open_page(f"{sandbox.base_url}/")
    page.get_by_label("Search").fill("run-id/weights/0001")
    page.get_by_role("button", name="tinker://run-id/weights/0001").click()
    details = page.get_by_role("dialog", name="tinker://run-id/weights/0001")
    expect(details).to_contain_text("bytes)")
    details.get_by_role("button", name="run-id", exact=True).click()
    expect(details).to_be_hidden()
    expect(page.get_by_label("Search")).to_have_value("run-id")
    page.get_by_role("button", name="run-id", exact=True).click()
    expect(page.get_by_role("dialog", name="run-id")).to_contain_text("adamw")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_one_click_copies_the_exports(sandbox: Sandbox, open_page: Any) -> None:
    page = open_page(f"{sandbox.base_url}/", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#state")).to_have_text("Live")
    page.get_by_label("User").select_option("bob")
    page.get_by_role("button", name="Copy exports").click()
    expect(page.locator("#copied")).to_have_text("Copied for bob. Paste it into a terminal.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"export TINKER_BASE_URL={sandbox.base_url} TINKER_API_KEY={sandbox.other_api_key}"


def test_a_pause_is_kept(sandbox: Sandbox, alice: httpx.Client, open_page: Any) -> None:
    page = open_page(f"{sandbox.base_url}/")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#state")).to_have_text("Paused")
    alice.get("/api/v1/sessions")
    page.wait_for_timeout(1500)
    expect(page.locator("[data-count=requests]")).to_have_text("0")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-count=requests]")).to_have_text("1")


@pytest.fixture
def kept_in_a_file(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(db=tmp_path / "sandbox.db", validate_responses=True) as sandbox:
        yield sandbox
        assert sandbox.violations == []


def test_markup_in_what_users_write_does_nothing(
    kept_in_a_file: Sandbox, connect: Callable[..., httpx.Client], tmp_path: Path, open_page: Any
) -> None:
    sandbox = kept_in_a_file
    alice = connect(sandbox)
    with closing(sqlite3.connect(tmp_path / "sandbox.db")) as database, database:
        database.execute("UPDATE runs SET user_metadata = ? WHERE run_id = 'run-id'", (json.dumps(HOSTILE),))
        database.execute("UPDATE runs SET last_request = 4102444800000000 WHERE run_id = 'run-id'")
    alice.post("/api/v1/create_session", json={"display_name": HOSTILE})
    alice.get("/api/v1/sessions/%3Cscript%3E", params={"x": "<script>"})
    page = open_page(f"{sandbox.base_url}/")
    expect(page.locator("[data-rows=runs]")).to_contain_text("<script>document.title = 'bad'</script>")
    expect(page.locator("[data-rows=sessions]")).to_contain_text(HOSTILE)
    assert page.locator("tbody script, tbody img").count() == 0
    assert page.title() == "Tinker sandbox"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_and_can_be_read(shared_sandbox: Sandbox, open_page: Any, width: int) -> None:
    page = open_page(f"{shared_sandbox.base_url}/", width)
    page.wait_for_selector("tbody td")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        colours = page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        text, ground = (sum(map(int, colour[4:-1].split(","))) for colour in colours)
        assert (text < ground) == (scheme == "light")


def test_the_viewer_shows_every_operation_and_tries_them_out(sandbox: Sandbox, open_page: Any) -> None:
    page = open_page(f"{sandbox.base_url}/docs#/training_runs/list_training_runs")
    expect(page.locator(".opblock")).to_have_count(len(load_spec().operations))
    shown = page.locator(".opblock-summary-operation-id").all_inner_texts()
    assert {name.replace("\u200b", "") for name in shown} == set(load_spec().operations)
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".auth-container input").fill(sandbox.api_key)
    page.locator(".auth-container").get_by_role("button", name="Apply credentials").click()
    page.locator(".auth-container").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_status").last).to_have_text("200", timeout=30_000)
    (request,) = sandbox.requests
    assert (request.operation_id, request.header("x-api-key")) == ("list_training_runs", sandbox.api_key)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_viewer_follows_the_colours_of_the_system(sandbox: Sandbox, open_page: Any, scheme: str) -> None:
    page = open_page(f"{sandbox.base_url}/docs", color_scheme=scheme)
    colour = page.locator(".info .title").evaluate("title => getComputedStyle(title).color")
    assert (sum(map(int, colour[4:-1].split(","))) < 384) == (scheme == "light")


def test_markup_in_a_description_does_nothing(start: Callable[..., Sandbox], browser: Browser) -> None:
    document = copy.deepcopy(dict(load_spec().document))
    document["info"]["title"] = document["info"]["description"] = HOSTILE
    document["paths"]["/api/v1/sessions"]["get"].update(summary=HOSTILE, description=HOSTILE)
    with closing(browser.new_context()) as context:
        page = context.new_page()  # which complains of what the policy blocked
        page.goto(f"{start(spec=Spec(document)).base_url}/docs#/sessions/list_sessions")
        expect(page.locator(".info .title")).to_contain_text("<script>")
        page.wait_for_selector(".opblock-description", state="attached")
        assert page.title() == "Tinker REST API"
        assert page.locator("#viewer script, #viewer [onerror]").count() == 0


def test_a_lost_sandbox_is_told_of(browser: Browser) -> None:
    with Sandbox() as sandbox:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{sandbox.base_url}/")
        expect(page.locator("#state")).to_have_text("Live")
        sandbox.stop()
        expect(page.locator("#state")).to_have_text("The sandbox is not responding")
        sandbox.start()
        expect(page.locator("#state")).to_have_text("Live")
        context.close()
