"""Every example in examples/methods, run to its end: it must learn, and inherit what it should."""
