"""Commands that make something of results: copies, data for other tools, tables for papers."""
