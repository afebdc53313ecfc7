"""A document as it is sent: bytes that all readers share, made once for each version."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import Any

from controller.views.page.encode import encode

_COMPRESSED = 4096  # bytes from which on a document is compressed
_LEVEL = 3  # of gzip: half of the time of the default for a tenth more bytes


@dataclass(frozen=True, slots=True)
class Made:
    """A document in JSON, or another text."""

    body: bytes
    compressed: bytes | None  # by gzip, of a large one
    tag: str  # the ETag of its content

    @classmethod
    def of(cls, document: Any) -> Made:
        """Encode a document."""
        return cls.of_text(encode(document))

    @classmethod
    def of_text(cls, text: str) -> Made:
        """Encode text."""
        body = text.encode()
        compressed = gzip.compress(body, _LEVEL, mtime=0) if len(body) >= _COMPRESSED else None
        digest = hashlib.blake2b(body, digest_size=12).hexdigest()
        return cls(body, compressed, f'"{digest}"')
