"""Codes of the member registry and the report-in paperwork. Labels follow the glossary."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Sex(models.TextChoices):
    """GB/T 2261.1, the two values a roster holds."""

    MALE = "1", _("Male")
    FEMALE = "2", _("Female")


class MemberKind(models.TextChoices):
    FULL = "full", _("Full member")
    PROBATIONARY = "probationary", _("Probationary member")


class MembershipStatus(models.TextChoices):
    """Legal status of being a member 党籍 (domain.md §4.8)."""

    NORMAL = "normal", pgettext_lazy("membership", "Normal")
    SUSPENDED = "suspended", pgettext_lazy("membership", "Membership suspended")
    REMOVED = "removed", pgettext_lazy("membership", "Removed")
    WITHDRAWN = "withdrawn", pgettext_lazy("membership", "Withdrawn")
    EXPELLED = "expelled", pgettext_lazy("membership", "Expelled")
    DECEASED = "deceased", pgettext_lazy("membership", "Deceased")


class WorkStatus(models.TextChoices):
    IN_SERVICE = "in_service", pgettext_lazy("work", "In service")
    RETIRED = "retired", pgettext_lazy("work", "Retired")
    STUDENT = "student", pgettext_lazy("work", "Student")
    FLEXIBLE = "flexible", pgettext_lazy("work", "Flexible employment")
    UNEMPLOYED = "unemployed", pgettext_lazy("work", "Unemployed")


class CardState(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("card", "Valid")
    LOST = "lost", pgettext_lazy("card", "Reported lost")
    REPLACED = "replaced", pgettext_lazy("card", "Replaced")
    REVOKED = "revoked", pgettext_lazy("card", "Revoked")


class RegistrationState(models.TextChoices):
    """domain.md §1.5, with the changes of design.md §5."""

    DRAFT = "draft", pgettext_lazy("registration", "Draft")
    PENDING_LETTER = "pending_letter", pgettext_lazy("registration", "Waiting for the letter")
    ISSUED = "issued", pgettext_lazy("registration", "Letter issued, not handed in")
    PENDING_ACCEPTANCE = "pending_acceptance", pgettext_lazy("registration", "Waiting for acceptance")
    ACTIVE = "active", pgettext_lazy("registration", "Registered")
    RETURNED = "returned", pgettext_lazy("registration", "Returned for correction")
    DECLINED = "declined", pgettext_lazy("registration", "Not accepted")
    EXPIRED = "expired", pgettext_lazy("registration", "Letter expired")
    WITHDRAWN = "withdrawn", pgettext_lazy("registration", "Withdrawn")
    LEAVING = "leaving", pgettext_lazy("registration", "Leaving")
    CLOSED = "closed", pgettext_lazy("registration", "Closed")


# One open registration per member and receiving organisation (domain.md §10.2).
OPEN_REGISTRATION_STATES = (
    RegistrationState.DRAFT,
    RegistrationState.PENDING_LETTER,
    RegistrationState.ISSUED,
    RegistrationState.PENDING_ACCEPTANCE,
    RegistrationState.RETURNED,
    RegistrationState.ACTIVE,
    RegistrationState.LEAVING,
)
# What the receiving organisation calls its own registered members.
REGISTERED_STATES = (RegistrationState.ACTIVE, RegistrationState.LEAVING)


class RegistrationReason(models.TextChoices):
    RESIDENCE = "residence", _("Community of residence")
    PAIRED = "paired", _("Community paired with the unit")
    TWO_NEW = "two_new", _("Private firm or social organisation")
    FLOATING = "floating", _("Place of inflow")
    MIXED = "mixed", _("Mixed branch")


class LetterOrigin(models.TextChoices):
    """How a letter reaches the receiver: online, on paper from the portal, on paper from a home outside it."""

    PORTAL = "portal", _("Issued in the portal")
    PAPER = "paper", _("Paper letter")
    OUTSIDE = "outside", _("Paper letter from outside the portal")


class LetterState(models.TextChoices):
    VALID = "valid", pgettext_lazy("letter", "Valid")
    USED = "used", pgettext_lazy("letter", "Used")
    VOID = "void", pgettext_lazy("letter", "Void")


class ReceiptState(models.TextChoices):
    """Where the receipt is, seen from the home side (domain.md §1.5); derived, never stored."""

    PENDING = "receipt_pending", pgettext_lazy("receipt", "Not back yet")
    OVERDUE = "receipt_overdue", pgettext_lazy("receipt", "Overdue")
    RECEIVED = "receipt_received", pgettext_lazy("receipt", "Back, to be filed")
    FILED = "receipt_filed", pgettext_lazy("receipt", "On file")
    # A void letter brings none.
    NONE = "receipt_none", pgettext_lazy("receipt", "None")


class ReceiptVerdict(models.TextChoices):
    ACCEPTED = "accepted", pgettext_lazy("receipt", "Accepted")
    NOT_ACCEPTED = "not_accepted", pgettext_lazy("receipt", "Not accepted")


class DeclineReason(models.TextChoices):
    WRONG_JURISDICTION = "wrong_jurisdiction", _("Outside this organisation's area")
    DUPLICATE = "duplicate", _("Already registered here")
    DATA_WRONG = "data_wrong", _("Details do not match the person")
    OTHER = "other", pgettext_lazy("decline reason", "Other reason")


class CloseReason(models.TextChoices):
    """Code list of domain.md §1.5."""

    RETURNED_TO_HOME = "returned_to_home", _("Returned to the home branch")
    MOVED_RESIDENCE = "moved_residence", _("Moved house")
    CHANGED_UNIT = "changed_unit", _("Changed unit")
    JOINED_ANOTHER = "joined_another", _("Registered with another organisation")
    MISTAKEN_REGISTRATION = "mistaken_registration", _("Registered by mistake")
    HEALTH_OR_AGE = "health_or_age", _("Health or age")
    MEMBERSHIP_ENDED = "membership_ended", _("Membership ended")
    DECEASED = "deceased", pgettext_lazy("close reason", "Deceased")
    BRANCH_ABOLISHED = "branch_abolished", _("Branch dissolved")
    OTHER = "other", pgettext_lazy("close reason", "Other")


# What somebody may ask to leave for; the others come from events on the home side or of the tree.
LEAVING_REASONS = (
    CloseReason.RETURNED_TO_HOME,
    CloseReason.MOVED_RESIDENCE,
    CloseReason.CHANGED_UNIT,
    CloseReason.JOINED_ANOTHER,
    CloseReason.HEALTH_OR_AGE,
    CloseReason.MISTAKEN_REGISTRATION,
    CloseReason.OTHER,
)


class Side(models.TextChoices):
    """On whose behalf something about a registration is asked for."""

    MEMBER = "member", pgettext_lazy("side", "The member")
    RECEIVER = "receiver", pgettext_lazy("side", "The receiving organisation")
    HOME = "home", pgettext_lazy("side", "The home branch")


class AvailableTime(models.TextChoices):
    """When a member can serve; what does not fit is said in words beside it."""

    WEEKDAY = "weekday", pgettext_lazy("available", "Weekdays by day")
    WEEKDAY_EVENING = "weekday_evening", pgettext_lazy("available", "Weekday evenings")
    SATURDAY = "saturday", pgettext_lazy("available", "Saturdays")
    SUNDAY = "sunday", pgettext_lazy("available", "Sundays")
    HOLIDAY = "holiday", pgettext_lazy("available", "Public holidays")
    ANY = "any", pgettext_lazy("available", "Any time by arrangement")


class SkillLevel(models.TextChoices):
    BASIC = "basic", pgettext_lazy("skill level", "Basic")
    PROFICIENT = "proficient", pgettext_lazy("skill level", "Proficient")
    PROFESSIONAL = "professional", pgettext_lazy("skill level", "Professional")


class CardEnd(models.TextChoices):
    """Why a card is no longer valid."""

    LOST = "lost", pgettext_lazy("card end", "Lost")
    DAMAGED = "damaged", pgettext_lazy("card end", "Damaged")
    DETAILS_CHANGED = "details_changed", pgettext_lazy("card end", "Details changed")
    TRANSFERRED = "transferred", pgettext_lazy("card end", "Organisational relation transferred")
    MEMBERSHIP_ENDED = "membership_ended", pgettext_lazy("card end", "Membership ended")


class TransferState(models.TextChoices):
    """Transfer of the organisational relation: the sender stays responsible until it is accepted."""

    SENT = "sent", pgettext_lazy("transfer", "Waiting for acceptance")
    ACCEPTED = "accepted", pgettext_lazy("transfer", "Accepted")
    REFUSED = "refused", pgettext_lazy("transfer", "Not accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("transfer", "Withdrawn")


class TransferReason(models.TextChoices):
    NEW_UNIT = "new_unit", pgettext_lazy("transfer reason", "New employer")
    MOVED_HOUSE = "moved_house", pgettext_lazy("transfer reason", "Moved house")
    RETIRED = "retired", pgettext_lazy("transfer reason", "Retired")
    GRADUATED = "graduated", pgettext_lazy("transfer reason", "Graduated")
    OTHER = "other", pgettext_lazy("transfer reason", "Other reason")


class BatchLineState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("batch line", "Not sent yet")
    DONE = "done", pgettext_lazy("batch line", "Letter issued")
    REFUSED = "refused", pgettext_lazy("batch line", "Not possible")


class SlipState(models.TextChoices):
    """An activation slip: asked for, where needed approved by a second person, printed, then used once."""

    REQUESTED = "requested", pgettext_lazy("slip", "Waiting for approval")
    APPROVED = "approved", pgettext_lazy("slip", "Ready to print")
    PRINTED = "printed", pgettext_lazy("slip", "Printed")
    USED = "used", pgettext_lazy("slip", "Used")
    EXPIRED = "expired", pgettext_lazy("slip", "Expired")
    VOID = "void", pgettext_lazy("slip", "Void")


class DisclosedField(models.TextChoices):
    PHONE = "phone", _("Phone")
    ID_NUMBER = "id_number", _("ID number")
    HOME_ADDRESS = "home_address", _("Home address")


# ID numbers are revealed one by one (design.md §9).
BULK_FIELDS = (DisclosedField.PHONE, DisclosedField.HOME_ADDRESS)


class DisclosureKind(models.TextChoices):
    SINGLE = "single", pgettext_lazy("disclosure", "One person")
    # A receiver's own registered members: it sees their phones anyway, the list is on record once.
    SHEET = "sheet", pgettext_lazy("disclosure", "Contact sheet")
    BULK = "bulk", pgettext_lazy("disclosure", "Unmasked list")


class DisclosureState(models.TextChoices):
    REQUESTED = "requested", pgettext_lazy("disclosure", "Waiting for approval")
    APPROVED = "approved", pgettext_lazy("disclosure", "Ready to open")
    OPENED = "opened", pgettext_lazy("disclosure", "Opened")
    REFUSED = "refused", pgettext_lazy("disclosure", "Refused")
    LAPSED = "lapsed", pgettext_lazy("disclosure", "Lapsed")


class Purpose(models.TextChoices):
    """What personal data may be looked at for; the member reads it."""

    CONTACT = "contact", pgettext_lazy("purpose", "To reach the member")
    ACTIVITY = "activity", pgettext_lazy("purpose", "To arrange an activity or a service")
    CHECK = "check", pgettext_lazy("purpose", "To check details of the roll")
    TRANSFER = "transfer", pgettext_lazy("purpose", "Transfer of the organisational relation")
    CARE = "care", pgettext_lazy("purpose", "A visit or care")
    REPORTING = "reporting", pgettext_lazy("purpose", "Statistics asked for by the superior organisation")
    OTHER = "other", pgettext_lazy("purpose", "Another purpose, put in words")


class CorrectionField(models.TextChoices):
    PHONE = "phone", _("Phone")
    HOME_ADDRESS = "home_address", _("Home address")
    NAME = "name", _("Name")
    EDUCATION = "education", _("Education")
    ETHNICITY = "ethnicity", _("Ethnicity")
    WORK_UNIT = "work_unit", _("Employer")
    WORK_POST = "work_post", _("Post or title")
    PARTY_POST = "party_post", _("Party post")
    # Dates, the ID number, a service record: put right by hand on its own page, answered in words.
    OTHER = "other", pgettext_lazy("correction", "Something else")


class CorrectionState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("correction", "Waiting for an answer")
    CORRECTED = "corrected", pgettext_lazy("correction", "Corrected")
    REFUSED = "refused", pgettext_lazy("correction", "Not corrected")
    WITHDRAWN = "withdrawn", pgettext_lazy("correction", "Withdrawn")
