"""Commands that show searches and their trials. They change nothing."""
