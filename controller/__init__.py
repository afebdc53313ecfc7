"""The controller: decides what runs next and keeps the account of it."""
