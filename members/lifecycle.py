"""How registrations move (domain.md §1.5, design.md §5)."""

from dualmgmt.lib.lifecycle import Lifecycle
from members.enums import (
    BatchLineState,
    CardState,
    CorrectionState,
    DisclosureState,
    LetterState,
    SlipState,
    TransferState,
)
from members.enums import RegistrationState as S

registration = Lifecycle(
    "members.ActivityRegistration",
    S,
    {
        S.DRAFT: {S.PENDING_LETTER, S.WITHDRAWN},
        # An online letter is handed in as it is issued; `issued` is for paper only.
        S.PENDING_LETTER: {S.ISSUED, S.PENDING_ACCEPTANCE, S.RETURNED, S.WITHDRAWN},
        # A paper letter that is voided leaves the registration waiting for another one.
        S.ISSUED: {S.PENDING_ACCEPTANCE, S.EXPIRED, S.WITHDRAWN, S.PENDING_LETTER},
        S.PENDING_ACCEPTANCE: {S.ACTIVE, S.RETURNED, S.DECLINED},
        S.RETURNED: {S.PENDING_LETTER, S.WITHDRAWN},
        S.ACTIVE: {S.LEAVING, S.CLOSED},
        S.LEAVING: {S.ACTIVE, S.CLOSED},
        S.DECLINED: set(),
        # The home branch issues anew: another number, the old letter stays void. Or nobody wants to go any more.
        S.EXPIRED: {S.ISSUED, S.PENDING_ACCEPTANCE, S.WITHDRAWN},
        S.WITHDRAWN: set(),
        S.CLOSED: set(),
    },
)

letter = Lifecycle(
    "members.IntroductionLetter",
    LetterState,
    {LetterState.VALID: {LetterState.USED, LetterState.VOID}, LetterState.USED: set(), LetterState.VOID: set()},
)

card = Lifecycle(
    "members.MemberCard",
    CardState,
    {
        CardState.ACTIVE: {CardState.LOST, CardState.REPLACED, CardState.REVOKED},
        CardState.LOST: {CardState.REPLACED, CardState.REVOKED},
        CardState.REPLACED: set(),
        CardState.REVOKED: set(),
    },
)

slip = Lifecycle(
    "members.ActivationSlip",
    SlipState,
    {
        SlipState.REQUESTED: {SlipState.APPROVED, SlipState.VOID},
        SlipState.APPROVED: {SlipState.PRINTED, SlipState.VOID},
        SlipState.PRINTED: {SlipState.USED, SlipState.EXPIRED, SlipState.VOID},
        SlipState.USED: set(),
        SlipState.EXPIRED: set(),
        SlipState.VOID: set(),
    },
)

# A single disclosure and a contact sheet are opened as they are made; only a list in bulk goes through the rest.
disclosure = Lifecycle(
    "members.Disclosure",
    DisclosureState,
    {
        DisclosureState.REQUESTED: {DisclosureState.APPROVED, DisclosureState.REFUSED, DisclosureState.LAPSED},
        DisclosureState.APPROVED: {DisclosureState.OPENED, DisclosureState.LAPSED},
        DisclosureState.OPENED: set(),
        DisclosureState.REFUSED: set(),
        DisclosureState.LAPSED: set(),
    },
)

correction = Lifecycle(
    "members.CorrectionRequest",
    CorrectionState,
    {
        CorrectionState.ASKED: {CorrectionState.CORRECTED, CorrectionState.REFUSED, CorrectionState.WITHDRAWN},
        CorrectionState.CORRECTED: set(),
        CorrectionState.REFUSED: set(),
        CorrectionState.WITHDRAWN: set(),
    },
)

transfer = Lifecycle(
    "members.HomeTransfer",
    TransferState,
    {
        TransferState.SENT: {TransferState.ACCEPTED, TransferState.REFUSED, TransferState.WITHDRAWN},
        TransferState.ACCEPTED: set(),
        TransferState.REFUSED: set(),
        TransferState.WITHDRAWN: set(),
    },
)

batch_line = Lifecycle(
    "members.BatchLine",
    BatchLineState,
    {
        # What was not possible may be tried again when the reason is gone.
        BatchLineState.WAITING: {BatchLineState.DONE, BatchLineState.REFUSED},
        BatchLineState.REFUSED: {BatchLineState.WAITING},
        BatchLineState.DONE: set(),
    },
)
