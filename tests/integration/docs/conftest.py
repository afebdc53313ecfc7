"""The pages run on a home of their own, as the searches of the tests do."""

from tests.integration.search.conftest import lab

__all__ = ["lab"]
