"""The report: one HTML page about an experiment, which needs nothing else and no network."""

from controller.report.data import ReportData
from controller.report.page import write

__all__ = ["ReportData", "write"]
