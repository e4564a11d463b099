"""Takes secrets out of text that people read: messages, logs and reprs."""

import re

# A signed URL is as good as a key, so no query of a URL is shown.
_URL_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#\"'<>]*)[?#][^\s\"'<>]*", re.IGNORECASE)
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"'<>]+@", re.IGNORECASE)
_API_KEY = re.compile(r"\btml-[A-Za-z0-9_\-]{4,}")
_JSON_WEB_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)*")


def redact(text: str) -> str:
    """The text without API keys, tokens, passwords in URLs and the queries of URLs."""
    text = _USER_INFO.sub(r"\1…@", _URL_QUERY.sub(r"\1?…", text))
    return _JSON_WEB_TOKEN.sub("eyJ…", _API_KEY.sub("tml-…", text))


def one_line(text: str, limit: int = 300) -> str:
    """The text without secrets, on one line of at most `limit` characters."""
    line = " ".join(redact(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
