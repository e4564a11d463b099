"""A stand-in for the Hugging Face Hub on a real socket: repositories with branches of files, in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_" + "abcdefghij" * 3 + "wxyz"
MAX_REGULAR = 1000  # larger files are sent to the storage first


@dataclass
class Repo:
    private: bool
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {".gitattributes": b""}})
    messages: list[str] = field(default_factory=list)


class Hub:
    """The contents of the Hub, the requests that it received, and those that it refuses."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.storage: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.role = "write"
        self.refusals: dict[str, int] = {}  # the status for requests that match a pattern

    def answer(self, method: str, target: str, token: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        """The status, headers, and content: bytes, or JSON of anything else."""
        parts = urlsplit(target)
        path = parts.path
        line = f"{method} {path}"
        self.requests.append(line)
        for pattern, status in self.refusals.items():
            if re.fullmatch(pattern, line):
                return status, {}, {"error": f"refused, {token} may not"}
        if found := re.fullmatch(r"PUT /storage/(\w+)", line):
            assert hashlib.sha256(body).hexdigest() == found[1]
            self.storage[found[1]] = body
            return 200, {}, b""
        if token != TOKEN:
            return 401, {}, {"error": f"Invalid credentials: {token}"}
        if line == "GET /api/whoami-v2":
            access = {"accessToken": {"displayName": "t", "role": self.role}}
            return 200, {}, {"type": "user", "name": "ada", "auth": access}
        given = json.loads(body) if body and "/commit/" not in path else {}
        if line == "POST /api/validate-yaml":
            is_bare = not given["content"].startswith("---\n")
            return 200, {}, {"errors": [], "warnings": [{"message": "empty metadata"}] if is_bare else []}
        if line == "POST /api/repos/create":
            repo_id = f"{given.get('organization') or 'ada'}/{given['name']}"
            if repo_id in self.repos:
                return 409, {}, {"error": "You already created this model repo", "url": f"{self.url}/{repo_id}"}
            is_private = given.get("private") or given.get("visibility") == "private"
            self.repos[repo_id] = Repo(private=bool(is_private))
            return 200, {}, {"url": f"{self.url}/{repo_id}", "name": repo_id}
        pattern = r"/(?:api/models/)?(\w+/[\w.-]+?)(?:\.git)?(/(?:branch|preupload|commit|info|resolve)/.*)?"
        found = re.fullmatch(pattern, path)
        assert found is not None, line
        repo = self.repos.get(found[1])
        if repo is None:
            return 404, {"X-Error-Code": "RepoNotFound"}, {"error": "Repository not found"}
        return self._of_repo(found[1], repo, method, found[2] or "", given, body, parse_qs(parts.query))

    def _of_repo(
        self,
        repo_id: str,
        repo: Repo,
        method: str,
        rest: str,
        given: Any,
        body: bytes,
        query: dict[str, list[str]],
    ) -> tuple[int, dict[str, str], Any]:
        if not rest:
            files = [{"rfilename": name} for name in repo.branches["main"]]
            return 200, {}, {"id": repo_id, "private": repo.private, "siblings": files, "sha": "0" * 40}
        if rest == "/info/lfs/objects/batch":
            return 200, {}, {"transfer": "basic", "objects": [self._upload(one) for one in given["objects"]]}
        _, what, revision, *names = (unquote(one) for one in rest.split("/"))
        if what == "branch":
            if revision in repo.branches:
                return 409, {}, {"error": "Reference already exists"}
            repo.branches[revision] = {**repo.branches["main"]}
            return 200, {}, {}
        files = repo.branches.get(revision)
        if files is None:
            return 404, {"X-Error-Code": "RevisionNotFound"}, {"error": f"Invalid rev id: {revision}"}
        if what == "resolve":
            content = files.get("/".join(names))
            if content is None:
                return 404, {"X-Error-Code": "EntryNotFound"}, {"error": "Entry not found"}
            headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": "0" * 40}
            return 200, headers, content
        if what == "preupload":
            return 200, {}, {"files": [self._mode(one) for one in given["files"]]}
        assert (what, method) == ("commit", "POST")
        return 200, {}, self._commit(repo_id, repo, revision, body, is_request="create_pr" in query)

    def _upload(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted["oid"] in self.storage:
            return wanted
        return {**wanted, "actions": {"upload": {"href": f"{self.url}/storage/{wanted['oid']}"}}}

    def _mode(self, wanted: dict[str, Any]) -> dict[str, Any]:
        mode = "regular" if wanted["size"] < MAX_REGULAR else "lfs"
        return {"path": wanted["path"], "uploadMode": mode, "shouldIgnore": False}

    def _commit(self, repo_id: str, repo: Repo, revision: str, body: bytes, *, is_request: bool) -> dict[str, Any]:
        files = {**repo.branches[revision]}
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "header":
                repo.messages.append(value["summary"])
            elif entry["key"] == "file":
                assert value["encoding"] == "base64"
                files[value["path"]] = base64.b64decode(value["content"])
            else:
                assert entry["key"] == "lfsFile", entry
                files[value["path"]] = self.storage[value["oid"]]
        repo.branches["refs/pr/1" if is_request else revision] = files
        made = {"commitUrl": f"{self.url}/{repo_id}/commit/abc", "commitOid": "abc", "success": True}
        return {**made, "pullRequestUrl": f"{self.url}/{repo_id}/discussions/1" if is_request else None}


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, headers, content = hub.answer(self.command, self.path, token, body)
            sent = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            if not isinstance(content, bytes):
                self.send_header("Content-Type", "application/json")
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(sent)

        do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
