"""Tuners on the table of NAS-Bench-201, where every network was trained already."""
