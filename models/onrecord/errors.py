"""Every error that onrecord raises on purpose.

    OnrecordError
    ├── ArticleError            an article that cannot be read
    │   ├── EmptyTextError      nothing but white space
    │   ├── TextTooLongError    over the stated limit
    │   └── InvalidTextError    not text, or not valid Unicode
    ├── CheckpointError         a checkpoint folder that cannot be trusted
    ├── RegistryError           a user's actor registry with a bad row
    └── CorpusError             a file of records that cannot be read, with file and line

Each message says what was given, what is legal, and what to do next.
"""

from __future__ import annotations

import errno

_REMEDIES = {
    errno.EACCES: "mind its permissions, or choose another path",
    errno.EDQUOT: "make room and give the same command again, or choose another path",
    errno.EEXIST: "a file stands where a folder is to be made: choose another path",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOENT: "check the path; its folder must be there",
    errno.ENOSPC: "make room and give the same command again, or choose another path",
    errno.ENOTDIR: "a part of the path is a file: choose another path",
    errno.EROFS: "choose another path",
}


class OnrecordError(Exception):
    """Base of all errors raised on purpose."""


class ArticleError(OnrecordError):
    """An article that cannot be read; other articles of the same call are unaffected."""


class EmptyTextError(ArticleError):
    """The text is empty or only white space."""


class TextTooLongError(ArticleError):
    """The text is over the limit; nothing is truncated silently."""


class InvalidTextError(ArticleError):
    """The text is not a string, or holds characters that no text has."""


class CheckpointError(OnrecordError):
    """The checkpoint folder is incomplete, altered, or of another format version."""


class RegistryError(OnrecordError):
    """The actor registry has missing columns, duplicate aliases or a bad row."""


class CorpusError(OnrecordError):
    """A corpus file or record is malformed; names the file and the line."""


def told(error: OSError) -> str:
    """Return a failure of the system in one line: where, what, and what to do about it."""
    path = error.filename2 or error.filename
    where = f"{str(path).removesuffix('.tmp')}: " if path is not None else ""
    remedy = _REMEDIES.get(error.errno or 0, "check the path and the disk")
    return f"{where}{error.strerror or error}; {remedy}"
