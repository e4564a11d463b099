"""What is a break, and what is not: oasdiff's judgement, but for the tables below."""

import json
import re
import tempfile
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from spec_diff import oasdiff

Json = dict[str, Any]


class Kind(IntEnum):
    """What a change means to callers of the API.

    Attributes:
        ADDITION: Programs and generated clients of the older description go on.
        BREAK: Some may fail.
        BROKEN_PROMISE: What was announced to stay until a day goes sooner; no version allows that.
    """

    ADDITION = 1
    BREAK = 2
    BROKEN_PROMISE = 3


class Change(NamedTuple):
    """A change, and the ids of the operations that it is seen in."""

    kind: Kind
    id: str
    text: str
    operations: tuple[str, ...]

    def __str__(self) -> str:
        """The change as a line of Markdown."""
        where = ", ".join(f"`{name}`" for name in self.operations)
        return f"{self.text[:1].upper()}{self.text[1:]}{f': {where}' if where else ''}"


# Changes that oasdiff takes for additions, by patterns of their ids, and why they are breaks to us.
BREAKS_TO_US = {
    r"api-operation-id-removed": "generated methods are named after it",
    r"api-tag-removed": "generated modules and classes are named after it",
    r"api-schema-removed": "generated classes are named after it",
    r"(response-optional-property|optional-response-header)-removed": "a program that reads it finds nothing",
    r"response-non-success-status-removed": "a redirect is what the archive's clients wait for",
    r"response-(property|mediatype)-enum-value-removed": "generated constants are named after it",
    r"(request|response)-.*-default-value-(changed|removed)": "an omitted value means something else",
    r".*-discriminator-(removed|property-name-changed|mapping-(changed|deleted))": "a tag does not find its class",
    r"(?!endpoint-).*-with-deprecation": "it was announced, and is gone all the same",
    r"api-security-component-removed": "generated clients set the key by its name",
}
# Changes that oasdiff takes for breaks, and why they are additions to us.
ADDITIONS_TO_US = {
    r"response-(property|mediatype)-enum-value-added": "enumerations in responses are open: lint-spec sees to it",
    r"response-(property|body)-one-of-added": "unions in responses are open: newer servers may send other tags",
}
# Null in a union is not a choice that a newer server may add.
NULL_ADDED = re.compile(r"null", re.IGNORECASE)
BROKEN_PROMISES = re.compile(
    r".*(removed-before-sunset|sunset-deleted|sunset-date-changed-earlier|sunset-(parse|invalid|missing))"
)


def read_document(spec: Path) -> Json:
    """A description as YAML has it."""
    # libyaml is ten times as fast, where PyYAML was built with it.
    document: Json = yaml.load(spec.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document


def changes(base: Path, revision: Path) -> list[Change]:
    """What has changed from one description to another, each once, the worst first."""
    found: dict[tuple[object, ...], list[Json]] = {}
    told = oasdiff.compare(base, revision)
    before, after = read_document(base), read_document(revision)
    for one in [*told, *_gone_after_their_day(before, revision, told)]:
        if one["section"] == "info":
            continue  # versions are judged in versions.py
        # What changed in one place of the document is one change, in however many operations it is seen.
        places = [_place(one.get(side)) for side in ("baseSource", "revisionSource")]
        found.setdefault((one["id"], *places) if any(places) else (one["id"], one["text"]), []).append(one)
    merged = [_merged(group) for group in found.values()]
    merged += [
        Change(Kind.BREAK, "server-removed", f"removed the server `{url}`", ())
        for url in _servers(before)
        if url not in _servers(after)
    ]
    return sorted(merged, key=lambda one: (-one.kind, one.id, one.text, one.operations))


def _gone_after_their_day(base: Json, revision: Path, told: list[Json]) -> Iterator[Json]:
    """Operations removed after their sunset; oasdiff only reports those without one."""
    if not _forget_days(base):
        return
    too_early = {(one["operation"], one["path"]) for one in told if one["id"].endswith("-before-sunset")}
    with tempfile.TemporaryDirectory() as folder:
        without_days = Path(folder) / "base.yaml"
        without_days.write_text(json.dumps(base))  # which is YAML too
        for one in oasdiff.compare(without_days, revision):
            if (
                one["id"].endswith("-removed-with-deprecation")
                and (one["operation"], one["path"]) not in too_early
            ):
                yield one


def _forget_days(node: Any) -> bool:
    """Remove every x-sunset below a node; say whether there was one."""
    found = False
    if isinstance(node, dict):
        found = node.pop("x-sunset", None) is not None
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            found = _forget_days(one) or found
    return found


def _place(source: Json | None) -> tuple[int, int] | None:
    return (source["line"], source["column"]) if source else None


def _merged(group: list[Json]) -> Change:
    text = min(
        (re.sub(r" \(shared schema: .*\)", "", one["text"]) for one in group), key=lambda text: (len(text), text)
    )
    if group[0]["id"].startswith(("endpoint-", "api-")) and group[0].get("path"):
        text += f" (`{group[0]['operation']} {group[0]['path']}`)"
    names = sorted({one["operationId"] for one in group if one.get("operationId")})
    return Change(max(map(_kind, group)), group[0]["id"], text, tuple(names))


def _kind(change: Json) -> Kind:
    name = change["id"]
    if BROKEN_PROMISES.fullmatch(name):
        return Kind.BROKEN_PROMISE
    if any(re.fullmatch(pattern, name) for pattern in BREAKS_TO_US):
        return Kind.BREAK
    if any(re.fullmatch(pattern, name) for pattern in ADDITIONS_TO_US) and not (
        "one-of" in name and NULL_ADDED.search(change["text"])
    ):
        return Kind.ADDITION
    return Kind.BREAK if change["level"] > 1 else Kind.ADDITION


def _servers(document: Json) -> list[str]:
    return [one["url"] for one in document.get("servers", [])]
