"""Archives of checkpoints: when they are ready, their signed URLs, and their bytes."""

from __future__ import annotations

import array
import gzip
import hashlib
import hmac
import io
import json
import random
import secrets
import sqlite3
import sys
import tarfile
import time
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, quote

from .answers import Refusal
from .clock import Clock
from .representations import tinker_path

URL_LIFETIME = timedelta(minutes=15)
SUFFIX = ".tar.gz"
COLUMNS = 512


class Archives:
    """Knows which archives are built, and signs and checks their URLs.

    Args:
        clock: By this the URLs expire.
        build_seconds: How long an archive takes to be built, in seconds of real time.
        origin: Where the archives are served, such as `http://127.0.0.1:8766`.
    """

    def __init__(self, clock: Clock, build_seconds: float, origin: str) -> None:
        self._clock = clock
        self._build_seconds = build_seconds
        self._origin = origin
        self._secret = secrets.token_bytes(32)
        self._ready_at: dict[str, float] = {}

    def sign(self, checkpoint: sqlite3.Row) -> tuple[str, str]:
        """The URL of a checkpoint's archive, and the HTTP date at which it expires.

        The first call for a checkpoint begins to build its archive.

        Raises:
            Refusal: While the archive is being built; 503 with `Retry-After`.
        """
        now = time.monotonic()
        ready_at = self._ready_at.setdefault(tinker_path(checkpoint), now + self._build_seconds)
        if now < ready_at:
            raise Refusal(503, "The archive is being built.", (("Retry-After", "1"),))
        parts = (checkpoint["run_id"], checkpoint["kind"], checkpoint["name"])
        path = "/archives/" + "/".join(quote(part, safe=":") for part in parts) + SUFFIX
        expires = (self._clock.now() + URL_LIFETIME).replace(microsecond=0)
        seconds = str(int(expires.timestamp()))
        url = f"{self._origin}{path}?expires={seconds}&signature={self._signature(path, seconds)}"
        return url, format_datetime(expires, usegmt=True)

    def check(self, path: str, query: str) -> None:
        """Check the signature of a URL.

        Args:
            path: The path as it came over the wire.
            query: The query as it came over the wire.

        Raises:
            Refusal: If the signature is wrong or the URL has expired; 403.
        """
        fields = parse_qs(query)
        expires = fields.get("expires", [""])[-1]
        signature = fields.get("signature", [""])[-1]
        if not hmac.compare_digest(self._signature(path, expires).encode(), signature.encode()):
            raise Refusal(403, "The signature is wrong.")
        if int(expires) <= self._clock.now().timestamp():
            raise Refusal(403, "The URL has expired.")

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._secret, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


def archive_bytes(checkpoint: sqlite3.Row, run: sqlite3.Row) -> bytes:
    """The gzip-compressed tar archive of a checkpoint; the same bytes every time."""
    address = tinker_path(checkpoint)
    stem = "adapter_" if run["is_lora"] else ""
    files = {
        "README.md": f"# {address}\n\nMade by the sandbox; the numbers mean nothing.\n".encode(),
        f"{stem}config.json": json.dumps(_config(run), indent=2).encode() + b"\n",
        f"{stem}model.safetensors": _safetensors(address, run["lora_rank"] or 8),
    }
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _config(run: sqlite3.Row) -> dict[str, object]:
    if not run["is_lora"]:
        return {"_name_or_path": run["base_model"], "torch_dtype": "float32"}
    return {
        "base_model_name_or_path": run["base_model"],
        "lora_alpha": run["lora_rank"],
        "peft_type": "LORA",
        "r": run["lora_rank"],
        "target_modules": "all-linear",
        "task_type": "CAUSAL_LM",
    }


def _safetensors(address: str, rows: int) -> bytes:
    """A valid safetensors file with one matrix of small random numbers."""
    rng = random.Random(address)  # noqa: S311 - the same bytes every time
    numbers = array.array("f", (rng.uniform(-0.02, 0.02) for _ in range(rows * COLUMNS)))
    if sys.byteorder == "big":
        numbers.byteswap()
    content = numbers.tobytes()
    tensor = {"dtype": "F32", "shape": [rows, COLUMNS], "data_offsets": [0, len(content)]}
    header = json.dumps({"model.layers.0.weight": tensor}).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content
