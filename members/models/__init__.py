from members.models.accounts import ActivationSlip, PastPassword
from members.models.people import HomeMembership, Member, MemberCard, Skill
from members.models.privacy import CorrectionRequest, Disclosure, DistinctPair
from members.models.registrations import ActivityRegistration, IntroductionLetter
from members.models.users import User

__all__ = [
    "ActivationSlip",
    "ActivityRegistration",
    "CorrectionRequest",
    "Disclosure",
    "DistinctPair",
    "HomeMembership",
    "IntroductionLetter",
    "Member",
    "MemberCard",
    "PastPassword",
    "Skill",
    "User",
]
