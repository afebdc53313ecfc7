"""The screen of a running search: a live view on a terminal, else plain lines."""

from controller.views.screen.inspecting import inspecting
from controller.views.screen.screen import Screen

__all__ = ["Screen", "inspecting"]
