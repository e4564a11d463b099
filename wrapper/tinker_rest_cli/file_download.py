"""Downloads a small file from a signed URL: to a temporary name first, and without the API key."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import BinaryIO

from tinker_rest_cli.failures import CommandError, ExitStatus
from tinker_rest_cli.progress import Bar

SECONDS = 60.0


def download(url: str, target: str, bar: Bar) -> int:
    """Download a file and return its size in bytes.

    Args:
        url: Where it is.
        target: The file to write, which is replaced when all is there, or a device or pipe; `-` for stdout.
        bar: Told how far it is.

    Raises:
        CommandError: It could not be downloaded.
        OSError: It could not be written.
    """
    if target == "-":
        return _copy(url, sys.stdout.buffer, bar)
    path = Path(target)
    if path.exists() and not path.is_file():  # such as /dev/null, which must not be replaced
        with path.open("wb") as device:
            return _copy(url, device, bar)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            count = _copy(url, file, bar)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _copy(url: str, file: BinaryIO, bar: Bar) -> int:
    import httpx

    from tinker_rest.redaction import one_line

    try:
        with httpx.stream("GET", url, timeout=SECONDS, follow_redirects=True) as response:
            response.raise_for_status()
            length = response.headers.get("content-length", "")
            total = int(length) if length.isdigit() else None
            for chunk in response.iter_raw():
                file.write(chunk)
                bar.update(response.num_bytes_downloaded, total=total)
            count = response.num_bytes_downloaded
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        message = f"the download was answered with {status}. Try again: that makes a new URL"
        raise CommandError(message, ExitStatus.NETWORK) from None
    except httpx.HTTPError as error:
        message = f"the download broke off: {one_line(str(error)) or type(error).__name__}. Try again"
        raise CommandError(message, ExitStatus.NETWORK) from None
    if total is not None and count != total:
        raise CommandError(f"{count} of {total} bytes came. Try again", ExitStatus.NETWORK)
    return count
