"""Text files in any encoding, brought to UTF-8 in one streaming pass."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

CHUNK = 1 << 22
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
REPLACED = "\ufffd"


@dataclass(frozen=True, slots=True)
class Text:
    """A text file as UTF-8: the file itself when it was, else a copy in the scratch folder."""

    path: Path
    encoding: str  # as it was found or set
    lines: int  # physical lines, the last one too when no newline ends it
    odd_newlines: bool  # lone carriage returns end lines, or stand inside them
    undecodable: int  # characters that are not of the encoding
    guessed: bool  # neither set nor marked nor valid UTF-8


def open_text(path: Path, encoding: str | None, scratch: Path) -> Text:
    """Find the encoding, count lines, copy as UTF-8 where needed; LookupError if unknown."""
    wanted = codecs.lookup(encoding).name if encoding else None
    marked = _marked(path)
    if marked == "utf-8-sig" or (marked is None and wanted in {None, "utf-8", "utf-8-sig"}):
        text = _counted(path, marked or "utf-8")
        if not text.undecodable:
            return text
        if wanted or marked or _mostly_utf8(path):
            return _copied(path, "utf-8-sig", scratch, guessed=False)
        return _copied(path, _without_mark(path), scratch, guessed=True)
    return _copied(path, marked or wanted or "utf-8", scratch, guessed=False)


def _marked(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(4)
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def _counted(path: Path, encoding: str) -> Text:
    """Count lines and check that every byte decodes, without writing anything."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    newlines = lone = 0
    last = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return Text(path, encoding, 0, False, 1, False)
            newlines += chunk.count(b"\n")
            if b"\r" in chunk:  # looking costs a tenth of counting
                lone += chunk.count(b"\r") - chunk.count(b"\r\n")
            lone -= last == b"\r" and chunk[:1] == b"\n"
            last = chunk[-1:]
    cut = bool(decoder.getstate()[0])
    return Text(path, encoding, newlines + (last not in {b"\n", b""}), lone > 0, int(cut), False)


def _mostly_utf8(path: Path) -> bool:
    """More whole UTF-8 characters than broken ones: a UTF-8 file with a few bad bytes."""
    with path.open("rb") as file:
        text = file.read(CHUNK).decode("utf-8", errors="replace")
    broken = text.count(REPLACED)
    return sum(ord(c) > 127 for c in text) - broken > broken


def _without_mark(path: Path) -> str:
    """UTF-16 shows by its zero bytes; everything else that is not UTF-8 is taken as Windows'."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.count(0) * 4 < len(start):
        return "cp1252"
    return "utf-16-le" if start[1::2].count(0) >= start[::2].count(0) else "utf-16-be"


def _copied(path: Path, encoding: str, scratch: Path, *, guessed: bool) -> Text:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    target = scratch / f"{sha1(str(path).encode(), usedforsecurity=False).hexdigest()}.utf8"
    lines = bad = 0
    lone, last = False, ""
    with path.open("rb") as file, target.open("w", encoding="utf-8", newline="") as out:
        while True:
            chunk = file.read(CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            out.write(text)
            lines += text.count("\n")
            bad += text.count(REPLACED)
            lone = lone or text.count("\r") > text.count("\r\n") + text.endswith("\r")
            last = text[-1:] or last
            if not chunk:
                break
    return Text(target, encoding, lines + (last not in {"\n", ""}), lone, bad, guessed)
