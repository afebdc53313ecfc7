"""What becomes of results: copies of trials, data for other tools, and tables for papers."""
