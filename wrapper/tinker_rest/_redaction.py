"""Removes secrets from text that people read: messages, logs and reprs."""

import base64
import html
import logging
import re
from collections import deque
from urllib.parse import unquote

# What an API key or JSON Web Token looks like. Only commands may print credentials in other forms.
API_KEY = r"(tml-|eyJ)[^\s\"'<>,;()\[\]{}]+"
# A signed URL is as good as a key, so never show the query of a URL, even if it continues on the next line.
_URL = r"(\b[a-z][a-z0-9+.-]{0,30}://"
_URL_QUERY = re.compile(
    _URL + r"[^\s?#\"'<>]*)[?#][^\s\"'<>]*(?:(?=[^\S\n]*\n)\s*+(?=\S*[&=%]|[a-z]*\d[0-9a-z]{3})[^\s\"'<>]+)*",
    re.IGNORECASE,
)
_USER_INFO = re.compile(_URL + r")[^\s/@\"'<>]+@", re.IGNORECASE)
# Signatures outside of such queries: in relative URLs, headers and fields of JSON.
_SIGNATURE = re.compile(
    r"(?<![a-z0-9])((?:x-(?:amz|goog)-)?(?:signature(?:provided)?|credential|security-token|sig)"
    r"(?:[\s\"'\\:=,>\[\]]++(?:b[\"'])?(?=\S*\d)(?=[\w+/.~%=-]{16})|=))[^\s&\"'\\<>]*",
    re.IGNORECASE,
)
# "Bearer token is missing" contains no token.
_OTHER_CREDENTIALS = r"\b(bearer|basic)\s+(?=\S*[0-9=._-])[^\s\"'<>,;()\[\]{}]{8,}"
# "tml-" or "http" in Base64, or a token of the Hugging Face Hub.
_OTHERS = r"(dG1sL|aHR0c|hf_(?=[a-z0-9]{20}))[\w+/=-]{16,}"
_SECRET = re.compile(f"(?<![A-Za-z0-9])(?:{API_KEY}|{_OTHERS})|{_OTHER_CREDENTIALS}", re.IGNORECASE)
_ESCAPED = re.compile(r"\\{1,4}(?:u00|x)([0-7][0-9a-f])", re.IGNORECASE)
_UNSEEN = re.compile(r"\0|\x1b\[[0-9;]*m")
# The spellings of secrets in use, such as those that a credential command prints; the newest are kept.
_registered: deque[tuple[str, ...]] = deque(maxlen=100)
_MIN_REGISTERED = 4
_MIN_ENCODED = 12
# Messages need only the beginning of a text, and the patterns are slow on long texts.
_MAX_LENGTH = 2000


def register_secret(secret: str) -> str:
    """Remember a secret that `redact` removes from now on, whatever it looks like, and return it."""
    known = re.sub(r"^(tml-|eyJ)|\\", "", secret)  # a server may leave the prefix out
    is_long = len(known) >= _MIN_ENCODED
    if len(known) < _MIN_REGISTERED or (not is_long and re.fullmatch(API_KEY, secret)):
        return secret  # or the key `tml-test` would hide every "test"
    spellings = [known]
    if is_long:
        spellings.append(known.encode().hex())
        spellings += [base64.b64encode(bytes(shift) + known.encode())[4:-4].decode() for shift in range(3)]
    entry = tuple(spelling.lower() for spelling in spellings)
    if entry not in _registered:
        _registered.append(entry)
    return secret


def redact(text: str) -> str:
    """The beginning of a text without API keys, tokens, passwords in URLs and the queries of URLs."""
    if len(text) > _MAX_LENGTH:
        text = text[:_MAX_LENGTH]
        whole_words = re.match(r"(?s).*\s", text)  # half a secret may not look like one
        text = (whole_words[0] if whole_words else text[:-200]) + "…"
    unescaped = shown = _without_secrets(text)
    if not re.search(r"[%&\\\0\x1b]", shown):
        return shown
    for _ in range(3):  # a proxy may have escaped it again
        unescaped = html.unescape(unquote(_ESCAPED.sub(lambda code: chr(int(code[1], 16)), unescaped)))
    unescaped = _UNSEEN.sub("", re.sub(r"\\{1,4}[nr]", "\n", unescaped))
    found = _without_secrets(unescaped)
    return shown if found == unescaped else found


def _without_secrets(text: str) -> str:
    squeezed = re.sub(r"[\s\\]+", "", text).lower()  # lines may be wrapped, and quotes escaped
    for spelling in (spelling for entry in tuple(_registered) for spelling in entry):
        if spelling in squeezed:
            text = re.sub(r"[\s\\]*".join(map(re.escape, spelling)), "…", text, flags=re.IGNORECASE)
    text = _USER_INFO.sub(r"\1…@", _URL_QUERY.sub(r"\1?…", _SIGNATURE.sub(r"\1…", text)))
    return _SECRET.sub(lambda found: f"{found[1] or found[2] or found[3] + ' '}…", text)


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
    # Keep plain spaces within a line: a space at the end of an ID may be the error.
    lines = (line.strip() for line in text.splitlines())
    line = " ".join(redact("\n".join(line for line in lines if line).replace("\t", " ")).splitlines())
    return line if len(line) <= limit else line[: limit - 1] + "…"
