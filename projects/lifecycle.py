"""How needs, projects, claims and records move (domain.md §2, design.md §5)."""

from dualmgmt.lib.lifecycle import Lifecycle
from projects.enums import ClaimState as C
from projects.enums import NeedState as N
from projects.enums import ProjectState as P
from projects.enums import RecordState as R

need = Lifecycle(
    "projects.Need",
    N,
    {
        N.COLLECTED: {N.VERIFIED, N.CONVERTED, N.REFERRED, N.REJECTED, N.ANSWERED},
        N.VERIFIED: {N.CONVERTED, N.REFERRED, N.REJECTED, N.ANSWERED},
        N.CONVERTED: {N.ANSWERED},
        N.REFERRED: {N.ANSWERED},
        N.REJECTED: set(),
        N.ANSWERED: set(),
    },
)

project = Lifecycle(
    "projects.ServiceProject",
    P,
    {
        # Not everything needs a second person: the author may publish what design.md §9 lets them.
        P.DRAFT: {P.IN_REVIEW, P.PUBLISHED, P.CANCELLED},
        P.IN_REVIEW: {P.PUBLISHED, P.RETURNED, P.CANCELLED},
        P.RETURNED: {P.IN_REVIEW, P.PUBLISHED, P.CANCELLED},
        P.PUBLISHED: {P.SUSPENDED, P.CANCELLED, P.UNCLAIMED, P.COMPLETED},
        P.SUSPENDED: {P.PUBLISHED, P.CANCELLED, P.COMPLETED},
        P.UNCLAIMED: {P.PUBLISHED, P.CANCELLED},
        P.CANCELLED: set(),
        P.COMPLETED: set(),
    },
)

claim = Lifecycle(
    "projects.Claim",
    C,
    {
        C.OFFERED: {C.CONFIRMED, C.DECLINED, C.WITHDRAWN},
        C.APPLIED: {C.CONFIRMED, C.DECLINED, C.WITHDRAWN},
        C.CONFIRMED: {C.WITHDRAWN, C.FINISHED, C.HANDED_OVER},
        C.DECLINED: set(),
        C.WITHDRAWN: set(),
        C.HANDED_OVER: set(),
        C.FINISHED: set(),
    },
)

record = Lifecycle(
    "projects.ServiceRecord",
    R,
    {
        R.STATED: {R.RETURNED, R.VERIFIED},
        # A statement is never overwritten: the member states a new record instead.
        R.RETURNED: set(),
        R.VERIFIED: {R.DISPUTED},
        R.DISPUTED: {R.VERIFIED},
    },
)
