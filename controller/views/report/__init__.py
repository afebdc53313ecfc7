"""The report: one HTML page about an experiment. It needs no other file and no network."""

from controller.views.report.data import ReportData
from controller.views.report.page import write

__all__ = ["ReportData", "write"]
