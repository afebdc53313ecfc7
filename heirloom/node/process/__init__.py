"""The trial's process: its environment, sandbox, output, end and result."""
