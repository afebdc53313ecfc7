"""The documents of the page: JSON, each with an address, the same live and in a file.

The address of a document is `NAME/KIND`, `NAME/KIND/TRIAL` or `NAME/KIND?KEY=VALUE`, where NAME is
that of the experiment. Each kind has a module here, with a function of the source.
"""

from controller.views.page.documents.registry import (
    DOCUMENTS,
    Document,
    DocumentError,
    Json,
    Query,
    Request,
    address,
    embedded,
    fetch,
    make,
    parse,
)

__all__ = [
    "DOCUMENTS",
    "Document",
    "DocumentError",
    "Json",
    "Query",
    "Request",
    "address",
    "embedded",
    "fetch",
    "make",
    "parse",
]
