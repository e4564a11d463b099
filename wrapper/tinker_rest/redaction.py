"""Takes secrets out of text that people read: messages, logs and reprs."""

import json
import logging
import re
from collections import deque

# A signed URL is as good as a key, so no query of a URL is shown.
_URL_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s?#\"'<>]*)[?#][^\s\"'<>]*", re.IGNORECASE)
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://)[^\s/@\"'<>]+@", re.IGNORECASE)
# What an API key or JSON Web Token looks like; no other is accepted, since it could not be taken out again.
API_KEY = r"(tml-|eyJ)[^\s\"'<>,;()\[\]{}]+"
# "Bearer token is missing" holds none.
_OTHER_CREDENTIALS = r"\b(bearer|basic)\s+(?=\S*[0-9=._-])[^\s\"'<>,;()\[\]{}]{8,}"
_SECRET = re.compile(f"(?<![A-Za-z0-9]){API_KEY}|{_OTHER_CREDENTIALS}", re.IGNORECASE)
# What looks like no key, such as what a credential command prints; the newest ones are kept.
_kept: deque[str] = deque(maxlen=100)
_SHORTEST_KEPT = 4
# Messages are about the beginning of a text, and the patterns would take long for all of a long one.
_LONGEST = 2000


def keep_secret(secret: str) -> str:
    """Remember a secret that `redact` takes out from now on, whatever it looks like, and return it."""
    if len(secret) >= _SHORTEST_KEPT and not re.fullmatch(API_KEY, secret):
        for form in {secret, json.dumps(secret)[1:-1]}:  # as it is, and as it stands in JSON
            if form not in _kept:
                _kept.append(form)
    return secret


def redact(text: str) -> str:
    """The text, up to some length, without API keys, tokens, passwords in URLs and the queries of URLs."""
    for secret in tuple(_kept):
        text = text.replace(secret, "…")
    if len(text) > _LONGEST:
        text = text[:_LONGEST]
        whole_words = re.match(r"(?s).*\s", text)  # half a secret may look like none
        text = (whole_words[0] if whole_words else text) + "…"
    text = _USER_INFO.sub(r"\1…@", _URL_QUERY.sub(r"\1?…", text))
    return _SECRET.sub(lambda found: f"{found[1] or found[2] + ' '}…", text)


def shown(value: object) -> str:
    """What a message shows of an argument that was refused: its repr, without secrets and not too long."""
    try:
        text = repr(value)
    except Exception:
        return f"a value of type {type(value).__name__}"
    return one_line(text, 100)


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


_redacting = _Redacting()


def redact_log(name: str) -> None:
    """Take secrets out of what a logger says from now on."""
    logging.getLogger(name).addFilter(_redacting)  # adding it twice changes nothing


def one_line(text: str, limit: int = 300) -> str:
    """The text without secrets, on one line of at most `limit` characters."""
    # Plain spaces within a line stay as they are: one at the end of an id is what is wrong with it.
    lines = (line.strip() for line in text.splitlines())
    line = redact(" ".join(line for line in lines if line).replace("\t", " "))
    return line if len(line) <= limit else line[: limit - 1] + "…"
