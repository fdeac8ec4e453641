"""How feedback and runs move (domain.md §3.3, design.md §5)."""

from dualmgmt.lib.lifecycle import Lifecycle
from evaluations.enums import FeedbackState as F
from evaluations.enums import RunState as R

feedback = Lifecycle(
    "evaluations.FactualFeedback",
    F,
    {
        F.OPEN: {F.MEMBER_REVIEW},
        F.MEMBER_REVIEW: {F.CONFIRMED},
        F.CONFIRMED: set(),
    },
)

run = Lifecycle(
    "evaluations.ReportRun",
    R,
    {
        R.QUEUED: {R.RUNNING, R.FAILED},
        R.RUNNING: {R.DONE, R.FAILED},
        R.FAILED: {R.QUEUED},
        R.DONE: set(),
    },
)
