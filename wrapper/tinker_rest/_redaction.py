"""Removes secrets from text that people read: messages, logs and reprs."""

import json
import logging
import re
from collections import deque

# A signed URL is as good as a key, so no query of a URL is shown.
_URL_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s?#\"'<>]*)[?#][^\s\"'<>]*", re.IGNORECASE)
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://)[^\s/@\"'<>]+@", re.IGNORECASE)
# Relative or percent-encoded URLs, and those that hold a space or a quote, have signatures too.
_SIGNATURE = re.compile(
    r"\b((?:x-(?:amz|goog)-)?(?:signature|credential|security-token|sig)(?:=|%3d))[^\s&\"'<>]*", re.IGNORECASE
)
# What an API key or JSON Web Token looks like; no other is accepted, since it could not be removed again.
API_KEY = r"(tml-|eyJ)[^\s\"'<>,;()\[\]{}]+"
# "Bearer token is missing" holds none.
_OTHER_CREDENTIALS = r"\b(bearer|basic)\s+(?=\S*[0-9=._-])[^\s\"'<>,;()\[\]{}]{8,}"
_SECRET = re.compile(f"(?<![A-Za-z0-9]){API_KEY}|{_OTHER_CREDENTIALS}", re.IGNORECASE)
_ENCODED = re.compile(r"tml%2d[^\s\"'<>,;()\[\]{}]+", re.IGNORECASE)
# Secrets that do not look like a key, such as those that a credential command prints; the newest are kept.
_registered: deque[str] = deque(maxlen=100)
_MIN_REGISTERED = 4
# Messages are about the beginning of a text, and the patterns would take long for all of a long one.
_MAX_LENGTH = 2000


def register_secret(secret: str) -> str:
    """Remember a secret that `redact` removes from now on, whatever it looks like, and return it."""
    if len(secret) >= _MIN_REGISTERED and not re.fullmatch(API_KEY, secret):
        for form in {secret, json.dumps(secret)[1:-1]}:  # as it is, and as it stands in JSON
            if form not in _registered:
                _registered.append(form)
    return secret


def redact(text: str) -> str:
    """The beginning of a text without API keys, tokens, passwords in URLs and the queries of URLs."""
    for secret in tuple(_registered):
        text = text.replace(secret, "…")
    if len(text) > _MAX_LENGTH:
        text = text[:_MAX_LENGTH]
        whole_words = re.match(r"(?s).*\s", text)  # half a secret may look like none
        text = (whole_words[0] if whole_words else text) + "…"
    text = _USER_INFO.sub(r"\1…@", _URL_QUERY.sub(r"\1?…", text))
    text = _ENCODED.sub("tml%2D…", _SIGNATURE.sub(r"\1…", text))
    return _SECRET.sub(lambda found: f"{found[1] or found[2] + ' '}…", text)


def safe_repr(value: object) -> str:
    """The repr of a refused argument for a message: without secrets and not too long."""
    try:
        text = repr(value)
    except Exception:
        return f"a value of type {type(value).__name__}"
    return summarize(text, 100)


def redact_record(record: logging.LogRecord) -> bool:
    """Remove secrets from the message of a log record; a filter for loggers."""
    record.msg, record.args = redact(record.getMessage()), ()
    return True


def summarize(text: str, limit: int = 300) -> str:
    """The text without secrets, on one line of at most `limit` characters."""
    # Plain spaces within a line stay as they are: one at the end of an id is what is wrong with it.
    lines = (line.strip() for line in text.splitlines())
    line = redact(" ".join(line for line in lines if line).replace("\t", " "))
    return line if len(line) <= limit else line[: limit - 1] + "…"
