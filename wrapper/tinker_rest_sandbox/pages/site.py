"""Serves the pages beside the API, on the same port."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..answers import Refusal
from ..control_access import host_name
from ..exposure import is_loopback
from ..spec import Spec, description_text, load_spec
from .activity import Activity, header_of
from .overview import Overview

PRIVATE_PREFIX = "/__sandbox__/"
_STATIC_TYPES = {"css": "text/css", "html": "text/html", "js": "text/javascript", "svg": "image/svg+xml"}
_STATIC = {f"{PRIVATE_PREFIX}page/{name}": name for name in ("overview.js", "pages.css", "icon.svg")}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Site:
    """Answers the paths of the pages, and leaves all others to the API.

    What the sandbox holds is shown to programs on this machine alone, under a name that no web site can take for
    its own. The reference and the description hold no data and are for everybody.

    Args:
        api: Answers the API.
        spec: The description that the API serves.
        base_url: The address of the API, for the examples of the reference.
        overview: Tells what the page at `/` shows.
        activity: Where the requests to the API are remembered.
    """

    def __init__(self, api: ASGIApp, spec: Spec, base_url: str, overview: Overview, activity: Activity) -> None:
        self._api = api
        self._spec = spec
        self._base_url = base_url
        self._overview = overview
        self._activity = activity
        self._pages: Mapping[str, Callable[[Scope], Response]] = {
            "/": self._local(lambda _: _static("overview.html")),
            f"{PRIVATE_PREFIX}page": self._local(self._state),
            "/docs": lambda _: _response(self._reference, "text/html"),
            "/openapi.yaml": lambda _: _response(self._yaml, "application/yaml"),
            "/openapi.json": lambda _: _response(self._json, "application/json"),
            **{path: self._static_page(name) for path, name in _STATIC.items()},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        page = self._pages.get(scope["path"])
        if page is None:
            if scope["path"].startswith(PRIVATE_PREFIX):
                await self._api(scope, receive, send)
            else:
                await self._activity.watch(self._api, scope, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"}:
            response = _refused(405, "Method Not Allowed", Allow="GET, HEAD")
        else:
            try:
                response = page(scope)
            except Refusal as refusal:
                response = _refused(refusal.status, refusal.detail)
        await response(scope, receive, send)

    def _local(self, page: Callable[[Scope], Response]) -> Callable[[Scope], Response]:
        def checked(scope: Scope) -> Response:
            if not _is_from_this_machine(scope):
                raise Refusal(403, "This page is for programs on the sandbox's own machine.")
            return page(scope)

        return checked

    @staticmethod
    def _static_page(name: str) -> Callable[[Scope], Response]:
        return lambda _: _static(name)

    def _state(self, scope: Scope) -> Response:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        return _response(json.dumps(self._overview.document(query), ensure_ascii=False), "application/json")

    @cached_property
    def _reference(self) -> str:
        from .reference import reference_page  # only whoever opens the page waits for it

        return reference_page(self._spec.document, self._base_url)

    @cached_property
    def _yaml(self) -> str:
        if self._spec is load_spec():
            return description_text()
        import yaml

        return yaml.safe_dump(self._spec.document, sort_keys=False, allow_unicode=True)

    @cached_property
    def _json(self) -> str:
        return json.dumps(self._spec.document, ensure_ascii=False)


def _is_from_this_machine(scope: Scope) -> bool:
    """Whether a program on this machine asks, and asks for it by an address.

    A web site whose name is made to point to this machine could otherwise let a browser read what is shown.
    """
    client = scope["client"]
    if client is None or not is_loopback(client[0]):
        return False
    return is_loopback(host_name(header_of(scope, b"host") or ""))


def _static(name: str) -> Response:
    file = resources.files(__package__) / "static" / name
    return _response(file.read_text("utf-8"), _STATIC_TYPES[name.rpartition(".")[2]])


def _response(text: str, media_type: str) -> Response:
    return Response(text, 200, _HEADERS, media_type)


def _refused(status: int, detail: Any, **headers: str) -> Response:
    return Response(json.dumps({"detail": detail}), status, {**_HEADERS, **headers}, "application/json")
