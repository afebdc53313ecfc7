"""The dispatcher that uses ansible-runner."""
