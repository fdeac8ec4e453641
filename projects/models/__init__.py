from projects.models.claims import Claim, ClaimParticipant, ServiceRecord
from projects.models.needs import Category, Need
from projects.models.projects import ServiceProject

__all__ = ["Category", "Claim", "ClaimParticipant", "Need", "ServiceProject", "ServiceRecord"]
