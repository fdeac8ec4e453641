from evaluations.models.feedback import FactualFeedback, Period
from evaluations.models.reports import FeedbackReport, Guidance, ReportChunk, ReportRun, ReportSection

__all__ = ["FactualFeedback", "FeedbackReport", "Guidance", "Period", "ReportChunk", "ReportRun", "ReportSection"]
