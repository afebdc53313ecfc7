"""Commands for the machines that run trials."""
