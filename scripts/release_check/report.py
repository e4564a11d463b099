"""Says what was checked and what is wrong, as it goes."""

import time
from collections.abc import Iterable
from pathlib import Path

from release_check import install, pythons
from release_check.build import Built


class Report:
    """What failed until now, by its name."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def tell(self, name: str, found: Iterable[str]) -> None:
        """Check one thing and print how it went."""
        started = time.monotonic()
        lines = list(found)
        print(f"{'wrong' if lines else 'right'}: {name} ({time.monotonic() - started:.1f} s)", flush=True)
        for line in lines:
            print(f"       {line}")
        if lines:
            self.failed.append(name)

    def installs(
        self, built: Built, lock: Path, versions: list[str], folder: Path, *, allow_missing: bool
    ) -> None:
        """Try the wheel with each extra in each Python, on a server of its own."""
        from tinker_rest_sandbox import Sandbox

        with Sandbox() as sandbox:
            for version in versions:
                python = pythons.find(version)
                if python is None:
                    print(f"not checked: Python {version}, which is not on this machine")
                    if not allow_missing:
                        self.failed.append(f"Python {version} is missing")
                    continue
                for extra in install.trials(built.wheel):
                    name = f"Python {version}, {f'extra {extra}' if extra else 'core install'}"
                    place = folder / f"{version}-{extra or 'core'}"
                    place.mkdir()
                    server = (sandbox.base_url, sandbox.api_key)
                    self.tell(name, install.problems(python, extra, built, lock, server, place))
