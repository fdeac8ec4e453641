from members.models.accounts import ActivationSlip, PastPassword
from members.models.batches import BatchLine, ReportInBatch
from members.models.letters import IntroductionLetter
from members.models.people import HomeMembership, Member, MemberCard, MemberSkill, Skill
from members.models.privacy import CorrectionRequest, Disclosure, DistinctPair
from members.models.registrations import ActivityRegistration, Placement
from members.models.transfers import HomeTransfer
from members.models.users import User

__all__ = [
    "ActivationSlip",
    "ActivityRegistration",
    "BatchLine",
    "CorrectionRequest",
    "Disclosure",
    "DistinctPair",
    "HomeMembership",
    "HomeTransfer",
    "IntroductionLetter",
    "Member",
    "MemberCard",
    "MemberSkill",
    "PastPassword",
    "Placement",
    "ReportInBatch",
    "Skill",
    "User",
]
