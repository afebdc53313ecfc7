"""The controller: decides what runs next and keeps the account of it."""

__version__ = "0.1.0"
