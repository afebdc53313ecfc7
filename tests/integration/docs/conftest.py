"""Documentation tests use a home directory of their own, like the searches."""

from tests.integration.search.conftest import lab

__all__ = ["lab"]
