"""The signed URLs of what is downloaded. They work for some minutes, so that others are asked for meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from tinker_rest.errors import DownloadError
from tinker_rest.redaction import shown


class SignedUrls:
    """The URLs of all files of one checkpoint, by the names of the files.

    Args:
        ask: Asks the server for them.
    """

    def __init__(self, ask: Callable[[], Awaitable[Mapping[str, str]]]) -> None:
        """Keep whom to ask; nothing is sent yet."""
        self._ask = ask
        self._asking = asyncio.Lock()
        self._urls: Mapping[str, str] | None = None

    async def names(self) -> list[str]:
        """The names of all files. Raises TinkerError."""
        async with self._asking:
            if self._urls is None:
                self._urls = await self._ask()
            return list(self._urls)

    async def url(self, name: str, refused: str | None = None) -> str:
        """The URL of a file.

        Args:
            name: The name of the file.
            refused: One that the storage does not take any longer.

        Raises:
            TinkerError: There is none.
        """
        async with self._asking:  # so that many files ask once
            if self._urls is None or self._urls.get(name) == refused:
                self._urls = await self._ask()
            if name not in self._urls:
                raise DownloadError(f"the server does not know the file {shown(name)} any longer; start again")
            return self._urls[name]
