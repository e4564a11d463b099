"""The contents of checkpoint archives and external weights."""

import array
import gzip
import io
import json
import random
import sqlite3
import sys
import tarfile
from collections.abc import Mapping

from tinker_rest_sandbox._representations import tinker_path

COLUMNS = 512
# Regardless of the rank, or building an archive would take minutes.
MAX_ROWS = 512


def weight_file_names(run: sqlite3.Row | Mapping[str, bool]) -> tuple[str, str]:
    """The names of the files of a run's checkpoints: the configuration and the tensors."""
    stem = "adapter_" if run["is_lora"] else ""
    return f"{stem}config.json", f"{stem}model.safetensors"


def weight_files(checkpoint: sqlite3.Row, run: sqlite3.Row) -> dict[str, bytes]:
    """The files of a checkpoint by their names; the same bytes every time, and for each of its copies."""
    config, tensors = weight_file_names(run)
    storage = checkpoint["copied_from"] or tinker_path(checkpoint)
    return {
        config: json.dumps(_config(run), indent=2).encode() + b"\n",
        tensors: _safetensors(storage, min(run["lora_rank"] or 8, MAX_ROWS)),
    }


def archive_bytes(checkpoint: sqlite3.Row, run: sqlite3.Row) -> bytes:
    """The gzip-compressed tar archive of a checkpoint; the same bytes every time."""
    readme = f"# {tinker_path(checkpoint)}\n\nCreated by the sandbox; the numbers mean nothing.\n"
    files = {"README.md": readme.encode(), **weight_files(checkpoint, run)}
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
