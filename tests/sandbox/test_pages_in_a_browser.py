"""The pages in a real browser without a window: Chromium, where there is one."""

from __future__ import annotations

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

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "<script>document.title = 'bad'</script><img src=x onerror=\"document.title = 'bad'\">"
WIDTHS = (400, 1280)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here; CI installs it where it can")


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

    def begin(url: str, width: int = 1280) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
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


@pytest.mark.parametrize("path", ["/", "/docs#set_checkpoint_ttl"])
def test_pages_fit_and_can_be_read(shared_sandbox: Sandbox, open_page: Any, path: str) -> None:
    for width in WIDTHS:
        page = open_page(f"{shared_sandbox.base_url}{path}", width)
        page.wait_for_load_state("networkidle") if path != "/" else page.wait_for_selector("tbody td")
        if "#" in path:
            assert abs(page.locator("#set_checkpoint_ttl").bounding_box()["y"]) < 100
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            colours = page.evaluate(
                "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
            )
            text, ground = (sum(map(int, colour[4:-1].split(","))) for colour in colours)
            assert (text < ground) == (scheme == "light")


def test_a_lost_sandbox_is_told_of(browser: Browser) -> None:
    with Sandbox() as sandbox:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{sandbox.base_url}/")
        expect(page.locator("#state")).to_have_text("Live")
        sandbox.stop()
        expect(page.locator("#state")).to_have_text("The sandbox does not answer")
        sandbox.start()
        expect(page.locator("#state")).to_have_text("Live")
        context.close()
