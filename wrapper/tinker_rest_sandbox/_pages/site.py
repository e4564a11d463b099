"""Serves the pages on the port of the API."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib import resources
from urllib.parse import parse_qsl

import yaml
from attrs import define, field
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tinker_rest_sandbox._control import PREFIX, ControlApp
from tinker_rest_sandbox._exposure import host_name, is_loopback
from tinker_rest_sandbox._pages.activity import Activity, header_of
from tinker_rest_sandbox._pages.overview import Overview
from tinker_rest_sandbox._responses import ApiError, json_response
from tinker_rest_sandbox._spec import Spec, description_text, load_spec

_STATIC_TYPES = {"css": "text/css", "html": "text/html", "js": "text/javascript", "svg": "image/svg+xml"}
_STATIC = resources.files("tinker_rest_sandbox") / "_pages" / "static"
# Swagger UI's files, which this MkDocs plugin includes.
_SWAGGER_UI = resources.files("mkdocs_swagger_ui_tag") / "swagger-ui"
_FILES = {
    "overview.js": _STATIC / "overview.js",
    "docs.js": _STATIC / "docs.js",
    "pages.css": _STATIC / "pages.css",
    "icon.svg": _STATIC / "icon.svg",
    "swagger-ui-bundle.js": _SWAGGER_UI / "javascripts" / "swagger-ui-bundle.js",
    "swagger-ui.css": _SWAGGER_UI / "stylesheets" / "swagger-ui.css",
}
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
# Swagger UI's style sheet contains icons.
_DOCS_POLICY = _POLICY.replace("img-src 'self'", "img-src 'self' data:")


@define
class Site:
    """Serves the pages, and leaves all other paths to the control path and the API, whose requests it records.

    The sandbox's data is only shown to programs on this machine, and only under a name that no website can
    claim. The description of the API contains no data and is for everyone.
    """

    _api: ASGIApp
    _control: ControlApp
    _spec: Spec
    _base_url: str
    _overview: Overview
    _activity: Activity
    _pages: Mapping[str, Callable[[Scope], Response]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._pages = {
            "/": self._index,
            "/docs": self._docs,
            "/openapi.yaml": lambda _: _response(self._yaml, "application/yaml"),
            "/openapi.json": self._json,
            f"{PREFIX}page": self._state,
            f"{PREFIX}page/exports": self._exports,
            **{f"{PREFIX}page/{name}": self._file for name in _FILES},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        page = self._pages.get(scope["path"])
        if page is None:
            is_control = (scope["raw_path"] + b"/").startswith(PREFIX.encode())
            if is_control:
                await self._control(scope, receive, send)
            else:
                await self._activity.watch(self._api, scope, receive, send)
            return
        try:
            response = page(scope) if scope["method"] in {"GET", "HEAD"} else _not_allowed()
        except ApiError as error:
            response = error.response()
            response.headers.update(_HEADERS)
        await response(scope, receive, send)

    def _index(self, scope: Scope) -> Response:
        _check_is_local(scope)
        return _response((_STATIC / "overview.html").read_text("utf-8"), "text/html")

    def _state(self, scope: Scope) -> Response:
        _check_is_local(scope)
        return json_response(200, self._overview.document(_query(scope)), _HEADERS)

    def _exports(self, scope: Scope) -> Response:
        _check_is_local(scope)
        return _response(self._overview.exports(_query(scope).get("user", ""), self._address(scope)), "text/plain")

    def _docs(self, _: Scope) -> Response:
        response = _response((_STATIC / "docs.html").read_text("utf-8"), "text/html")
        response.headers["Content-Security-Policy"] = _DOCS_POLICY
        return response

    def _file(self, scope: Scope) -> Response:
        file = _FILES[scope["path"].rpartition("/")[2]]
        return _response(file.read_text("utf-8"), _STATIC_TYPES[file.name.rpartition(".")[2]])

    @cached_property
    def _yaml(self) -> str:
        if self._spec is load_spec():
            return description_text()
        return yaml.safe_dump(self._spec.document, sort_keys=False, allow_unicode=True)

    def _json(self, scope: Scope) -> Response:
        """The description, with the address of the request as its server."""
        server = {"url": self._address(scope), "description": "This sandbox."}
        document = json.dumps({**self._spec.document, "servers": [server]}, ensure_ascii=False)
        return _response(document, "application/json")

    def _address(self, scope: Scope) -> str:
        host = header_of(scope, b"host")
        return f"http://{host}" if host else self._base_url


def _query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1")))


def _check_is_local(scope: Scope) -> None:
    """Refuse other machines, and names that are not this machine's.

    Otherwise, a website that points its name at this machine could let a browser read the data.
    """
    client = scope["client"]
    is_local = client is not None and is_loopback(client[0])
    if not is_local or not is_loopback(host_name(header_of(scope, b"host") or "")):
        raise ApiError(403, "This page is only for programs on the sandbox's machine.")


def _not_allowed() -> Response:
    return json_response(405, {"detail": "Method Not Allowed"}, {"Allow": "GET, HEAD", **_HEADERS})


def _response(text: str, media_type: str) -> Response:
    return Response(text, 200, _HEADERS, media_type)
