"""The report: one HTML page about an experiment, which needs nothing else and no network."""

from controller.views.report.data import ReportData
from controller.views.report.page import write

__all__ = ["ReportData", "write"]
