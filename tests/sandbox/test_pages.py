"""The pages beside the API, as HTTP."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from checkout import SPEC, read_description

from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox._spec import Spec

PAGES = ("/", "/docs", "/openapi.yaml", "/openapi.json", "/__sandbox__/page")
HOSTILE = "<script>document.title='bad'</script>"


class Page(HTMLParser):
    """What a page links to and names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.addresses += [named[name] or "" for name in ("href", "src") if name in named]
        self.ids += [named["id"] or ""] if "id" in named else []
        self.inline += [name for name in named if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in named):
            self.inline.append(tag)


@pytest.fixture
def browser_like(shared_sandbox: Sandbox) -> Any:
    """Asks without a key, as a browser does."""
    with httpx.Client(base_url=shared_sandbox.base_url, trust_env=False) as client:
        yield client


def state_of(sandbox: Sandbox, **query: object) -> dict[str, Any]:
    response = httpx.get(f"{sandbox.base_url}/__sandbox__/page", params=query, trust_env=False)
    response.raise_for_status()
    state: dict[str, Any] = response.json()
    return state


@pytest.mark.parametrize("path", PAGES)
def test_pages_need_no_key_and_allow_nothing_from_outside(browser_like: httpx.Client, path: str) -> None:
    response = browser_like.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    head = browser_like.head(path)
    assert (head.status_code, head.content) == (200, b"")
    refused = browser_like.post(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_all_that_a_page_links_to_is_there(browser_like: httpx.Client, path: str) -> None:
    page = Page(browser_like.get(path).text)
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids))
    for address in set(page.addresses):
        if address.startswith("#"):
            assert address[1:] in page.ids
        else:
            assert address.startswith("/")
            assert browser_like.get(address).status_code == 200, address


def test_the_description_is_served_in_both_forms(browser_like: httpx.Client) -> None:
    assert browser_like.get("/openapi.yaml").content == SPEC.read_bytes()
    served = browser_like.get("/openapi.json").json()
    assert served == {**read_description(SPEC.read_text()), "servers": served["servers"]}


def test_the_description_names_the_address_that_was_asked(browser_like: httpx.Client, raw_request: Any) -> None:
    base_url = str(browser_like.base_url).rstrip("/")
    assert [server["url"] for server in browser_like.get("/openapi.json").json()["servers"]] == [base_url]
    _, _, body = raw_request("GET", "/openapi.json", Host="sandbox.internal:8443")
    assert [server["url"] for server in json.loads(body)["servers"]] == ["http://sandbox.internal:8443"]


def test_the_viewer_is_served_from_its_package(browser_like: httpx.Client) -> None:
    script = browser_like.get("/__sandbox__/page/swagger-ui-bundle.js")
    assert (script.status_code, script.headers["content-type"].partition(";")[0]) == (200, "text/javascript")
    assert "SwaggerUIBundle" in script.text
    assert browser_like.get("/__sandbox__/page/swagger-ui.css").headers["content-type"].startswith("text/css")


def test_the_description_of_a_sandbox_of_ones_own_is_shown(start: Callable[..., Sandbox]) -> None:
    document = read_description(SPEC.read_text())
    document["info"]["title"] = HOSTILE
    sandbox = start(spec=Spec(document))
    assert HOSTILE not in httpx.get(f"{sandbox.base_url}/docs", trust_env=False).text
    for name in ("openapi.yaml", "openapi.json"):
        shown = httpx.get(f"{sandbox.base_url}/{name}", trust_env=False).text
        assert read_description(shown)["info"]["title"] == HOSTILE


def test_the_state_counts_all_and_lists_a_part(sandbox: Sandbox, alice: httpx.Client) -> None:
    state = state_of(sandbox)
    runs = alice.get("/api/v1/training_runs?limit=1").json()["cursor"]["total_count"]
    assert state["counts"]["runs"] > runs  # of all users
    assert state["counts"]["checkpoints"] == state["checkpoints"]["total"]
    assert len(state["checkpoints"]["items"]) == state["checkpoints"]["limit"]
    first = {item["path"] for item in state["checkpoints"]["items"]}
    second = state_of(sandbox, checkpoints=state["checkpoints"]["limit"])["checkpoints"]
    assert second["offset"] == state["checkpoints"]["limit"]
    assert not first & {item["path"] for item in second["items"]}
    last = state_of(sandbox, checkpoints=10**9, runs=10**9, sessions=10**9)
    for name in ("checkpoints", "runs", "sessions"):
        assert last[name]["items"], name
        assert last[name]["offset"] + len(last[name]["items"]) == last[name]["total"]


def test_the_state_follows_changes(sandbox: Sandbox, alice: httpx.Client) -> None:
    before = state_of(sandbox)["counts"]
    path = "/api/v1/training_runs/run-id/checkpoints/weights/0001"
    alice.post(f"{path}/publish")
    alice.put(f"{path}/ttl", json={"ttl_seconds": 3600})
    after = state_of(sandbox)["counts"]
    assert (after["public"], after["expiring"]) == (before["public"] + 1, before["expiring"] + 1)
    sandbox.clock.advance(3601)
    expired = state_of(sandbox)["counts"]
    assert expired["checkpoints"] == before["checkpoints"] - 1
    assert expired["bytes"] < before["bytes"]


def test_requests_are_shown_without_keys(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    alice.get("/api/v1/training_runs/run-id")
    bob.get("/api/v1/training_runs/run-id")
    httpx.get(f"{sandbox.base_url}/api/v1/sessions", headers={"X-API-Key": "tml-other-secret"}, trust_env=False)
    httpx.get(f"{sandbox.base_url}/api/v1/tml-path-secret/x?key=tml-query-secret&jwt=eyJsecret", trust_env=False)
    token = alice.post("/api/v1/auth/token", json={}).json()["jwt"]
    alice.get("/api/v1/sessions", headers={"X-API-Key": token})
    state = state_of(sandbox)
    asked = [(request["user"], request["status"]) for request in reversed(state["requests"])]
    assert asked == [("alice", 200), ("bob", 404), ("tml-…", 401), ("no key", 404), ("alice", 200), ("alice", 200)]
    assert state["requests"][2]["target"] == "/api/v1/tml-…/x?key=tml-…&jwt=eyJ…"
    assert state["counts"]["requests"] == 6
    assert all(request["milliseconds"] > 0 for request in state["requests"])
    text = json.dumps(state)
    for secret in ("secret", sandbox.api_key, sandbox.other_api_key, token):
        assert secret not in text


def test_pages_are_no_requests_to_the_api(sandbox: Sandbox) -> None:
    for path in PAGES:
        httpx.get(f"{sandbox.base_url}{path}", trust_env=False)
    assert state_of(sandbox)["counts"]["requests"] == len(sandbox.requests) == 0


@pytest.mark.parametrize("query", ["checkpoints=-1", "runs=x", "sessions=1.5", "runs=" + "9" * 30])
def test_a_place_that_is_no_number_is_400(browser_like: httpx.Client, query: str) -> None:
    assert browser_like.get(f"/__sandbox__/page?{query}").status_code == 400


@pytest.mark.parametrize("path", ["/", "/__sandbox__/page"])
@pytest.mark.parametrize(
    "host", ["rebound.example", "rebound.example:8765", "127.0.0.1.example", "192.168.0.7", "x"]
)
def test_the_state_is_not_shown_under_a_foreign_name(raw_request: Any, path: str, host: str) -> None:
    status, _, body = raw_request("GET", path, Host=host)
    assert status == 403
    assert "machine" in json.loads(body)["detail"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:8765", "[::1]"])
def test_the_state_is_shown_under_every_name_of_this_machine(raw_request: Any, host: str) -> None:
    assert raw_request("GET", "/__sandbox__/page", Host=host)[0] == 200


def test_what_is_asked_from_another_address_is_refused() -> None:
    from tinker_rest_sandbox._pages.site import _check_is_local
    from tinker_rest_sandbox._responses import ApiError

    scope = {"headers": [(b"host", b"127.0.0.1")]}
    for client in (("127.0.0.1", 1), ("::1", 1)):
        _check_is_local({**scope, "client": client})
    for client in (("192.168.0.7", 1), None):
        with pytest.raises(ApiError):
            _check_is_local({**scope, "client": client})


def test_a_request_without_an_answer_is_shown(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    parts = urlsplit(sandbox.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.putrequest("PUT", "/api/v1/sessions/session-id/project")
    connection.putheader("Content-Length", "10")
    connection.endheaders(b"{")
    connection.close()
    for _ in range(100):
        requests = state_of(sandbox)["requests"]
        if requests:
            break
    assert [(request["method"], request["status"]) for request in requests] == [("PUT", None)]


def test_a_search_and_a_user_narrow_every_list(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    alice.get("/api/v1/training_runs/run-id")
    bob.get("/api/v1/sessions")
    state = state_of(sandbox, search="RUN-ID")
    assert {item["run_id"] for item in state["checkpoints"]["items"]} == {"run-id"}
    assert state["checkpoints"]["total"] == len(
        alice.get("/api/v1/training_runs/run-id/checkpoints").json()["checkpoints"]
    )
    assert [item["run_id"] for item in state["runs"]["items"]] == ["run-id"]
    assert [request["user"] for request in state["requests"]] == ["alice"]
    state = state_of(sandbox, owner="bob")
    for name in ("checkpoints", "runs", "sessions"):
        assert {item["owner"] for item in state[name]["items"]} == {"bob"}, name
    assert [request["user"] for request in state["requests"]] == ["bob"]
    assert state_of(sandbox, search="no such thing", checkpoints=30)["checkpoints"]["items"] == []
    assert state_of(sandbox, search="100%'_")["runs"]["total"] == 0
    assert state_of(sandbox, search="nightly")["sessions"]["total"] == 1


def test_the_exports_of_a_user_work_in_a_shell(sandbox: Sandbox) -> None:
    key = sandbox.add_user(name="carol", api_key="tml-carol's").api_key
    with httpx.Client(base_url=f"{sandbox.base_url}/__sandbox__/page", trust_env=False) as browser:
        command = browser.get("exports", params={"user": "carol"}).text
        assert browser.get("exports", params={"user": "nobody"}).status_code == 404
        assert (
            browser.get("exports", params={"user": "carol"}, headers={"Host": "evil.example"}).status_code == 403
        )
    shell = ["sh", "-c", f'{command}; printf "%s\\n" "$TINKER_BASE_URL" "$TINKER_API_KEY"']
    shown = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [sandbox.base_url, key]
