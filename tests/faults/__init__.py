"""Inject real faults into running searches, and check the promises."""
