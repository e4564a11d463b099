"""Which version a description may have, after what has changed since the last release."""

import re

from spec_diff.changes import Change, Kind

PARTS = ("major", "minor", "patch")


def version_problems(before: str, now: str, found: list[Change], *, edited: bool, released: bool) -> list[str]:
    """Why a description may not have its version, a line for each reason.

    Semantic versioning: a break needs a new major version, an addition a new minor version, and any other edit a
    new patch version. Before 1.0.0 a break needs a new minor version, anything else a new patch version.

    Args:
        before: The version of the last release.
        now: The version of the description.
        found: What has changed.
        edited: Whether the two differ in anything at all, such as words.
        released: Whether `before` was released. What never was may be edited, but not broken, under its version.
    """
    old, new = _parse(before), _parse(now)
    if old is None or new is None:
        return [f"info.version must be of the form 1.2.3, not {(before if old is None else now)!r}"]
    if new < old:
        return [f"info.version is {now}, which is lower than the last release's {before}"]
    problems = [
        f"{one}: this was announced to stay, and no version allows it" for one in found if _is_promise(one)
    ]
    raised = next((place for place, (was, is_now) in enumerate(zip(old, new, strict=True)) if is_now > was), 3)
    worst = max((one.kind for one in found), default=None)
    stable = old[0] > 0
    if worst is not None and worst >= Kind.BREAK:
        needed, why = (0 if stable else 1), "something breaks"
    elif worst is not None and released:
        needed, why = (1 if stable else 2), "something was added"
    elif edited and released:
        needed, why = 2, "the text differs"
    else:
        return problems
    if raised > needed:
        problems.append(
            f"{why}, and info.version is still {now}: after {before} it must have a higher {PARTS[needed]} version"
        )
    return problems


def _is_promise(change: Change) -> bool:
    return change.kind is Kind.BROKEN_PROMISE


def _parse(version: str) -> tuple[int, int, int] | None:
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
