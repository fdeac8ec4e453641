from branches.models.appointments import Appointment, AppointmentQuerySet
from branches.models.changes import ChangePart, OrganisationChange, Pairing, PairingResource, RuleException
from branches.models.organisations import Organisation, OrganisationQuerySet
from branches.models.papers import PaperText
from branches.models.places import Division, DivisionQuerySet, Unit, UnitQuerySet

__all__ = [
    "Appointment",
    "AppointmentQuerySet",
    "ChangePart",
    "Division",
    "DivisionQuerySet",
    "Organisation",
    "OrganisationChange",
    "OrganisationQuerySet",
    "Pairing",
    "PairingResource",
    "PaperText",
    "RuleException",
    "Unit",
    "UnitQuerySet",
]
