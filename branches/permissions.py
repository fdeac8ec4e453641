"""Who may do what: one enum of permissions and one table of roles, for all apps.

Views, actions and providers name a permission, never a role. Being a member
needs no role: what members do for themselves is decided by ownership.
"""

from enum import StrEnum, auto

from branches.enums import Role


class Permission(StrEnum):
    ORGANISATION_MANAGE = auto()
    # Found, rename, move, split, merge, dissolve what is below; approve exceptions from the rules of setting.
    ORGANISATION_CHANGE = auto()
    UNIT_MANAGE = auto()
    # Agreement, contact and resource list of a pairing, on either side.
    PAIRING_VIEW = auto()
    APPOINTMENT_VIEW = auto()
    APPOINTMENT_PROPOSE = auto()
    APPOINTMENT_APPROVE = auto()
    ADMINISTRATOR_APPOINT = auto()
    ROSTER_VIEW = auto()
    ROSTER_EDIT = auto()
    # Print activation slips; for accounts that hold an office another such person approves.
    ACCOUNT_MANAGE = auto()
    # Look at an ID number, a phone, an address for a stated purpose; be the second key of a list in bulk.
    PERSONAL_REVEAL = auto()
    # Make one member out of two rows that are one person.
    MEMBER_MERGE = auto()
    CARD_ISSUE = auto()
    LETTER_VIEW = auto()
    LETTER_ISSUE = auto()
    REGISTRATION_VIEW = auto()
    REGISTRATION_ACCEPT = auto()
    # At the receiver's desk: walk-ins and paper letters of homes outside the portal.
    REGISTRATION_ENTER = auto()
    # Send and accept organisational relations.
    RELATION_TRANSFER = auto()
    NEED_VIEW = auto()
    NEED_HANDLE = auto()
    PROJECT_VIEW = auto()
    PROJECT_EDIT = auto()
    PROJECT_PUBLISH = auto()
    CLAIM_VIEW = auto()
    CLAIM_DECIDE = auto()
    CLAIM_FOR_BRANCH = auto()
    RECORD_VIEW = auto()
    RECORD_VERIFY = auto()
    FEEDBACK_VIEW = auto()
    FEEDBACK_WRITE = auto()
    REPORT_VIEW = auto()
    REPORT_ACKNOWLEDGE = auto()
    # Print reports to homes outside the portal and mark them sent.
    REPORT_DELIVER = auto()
    GUIDANCE_WRITE = auto()
    PERIOD_MANAGE = auto()
    JOB_VIEW = auto()
    DASHBOARD_VIEW = auto()
    AUDIT_VIEW = auto()
    # How long what is kept, and what the last runs deleted.
    RETENTION_VIEW = auto()
    # The plain history on an object's own page, for those who answer for it.
    HISTORY_VIEW = auto()


P = Permission

_CLERK = frozenset(
    {
        P.PAIRING_VIEW,
        P.ROSTER_VIEW,
        P.ROSTER_EDIT,
        P.LETTER_VIEW,
        P.REGISTRATION_VIEW,
        P.REGISTRATION_ENTER,
        P.NEED_VIEW,
        P.NEED_HANDLE,
        P.PROJECT_VIEW,
        P.PROJECT_EDIT,
        P.CLAIM_VIEW,
        P.CLAIM_DECIDE,
        P.RECORD_VIEW,
        P.RECORD_VERIFY,
        P.FEEDBACK_VIEW,
        P.FEEDBACK_WRITE,
        P.REPORT_VIEW,
        P.REPORT_DELIVER,
        P.DASHBOARD_VIEW,
    }
)
_ORGANISATION_MEMBER = _CLERK | {
    P.ACCOUNT_MANAGE,
    P.HISTORY_VIEW,
    P.PERSONAL_REVEAL,
    P.CARD_ISSUE,
    P.LETTER_ISSUE,
    P.REGISTRATION_ACCEPT,
    P.RELATION_TRANSFER,
    P.CLAIM_FOR_BRANCH,
    P.REPORT_ACKNOWLEDGE,
    P.GUIDANCE_WRITE,
}
_APPOINTING = frozenset({P.APPOINTMENT_VIEW, P.APPOINTMENT_PROPOSE, P.APPOINTMENT_APPROVE})
_SECRETARY = (
    _ORGANISATION_MEMBER
    | _APPOINTING
    | {P.ORGANISATION_MANAGE, P.ORGANISATION_CHANGE, P.UNIT_MANAGE, P.MEMBER_MERGE, P.PROJECT_PUBLISH}
)
_DEPARTMENT = _APPOINTING | {
    P.ACCOUNT_MANAGE,
    P.HISTORY_VIEW,
    P.ORGANISATION_MANAGE,
    P.ORGANISATION_CHANGE,
    P.UNIT_MANAGE,
    P.PAIRING_VIEW,
    P.PERIOD_MANAGE,
    P.JOB_VIEW,
    P.DASHBOARD_VIEW,
    P.REPORT_VIEW,
    P.REPORT_DELIVER,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.SECRETARY: _SECRETARY,
    Role.DEPUTY_SECRETARY: _SECRETARY,
    Role.ORGANISATION_MEMBER: _ORGANISATION_MEMBER,
    Role.CLERK: _CLERK,
    # The department sees figures and reports; person-level lists are not its daily work (domain.md §5).
    Role.DEPARTMENT_OFFICER: _DEPARTMENT,
    Role.SOCIAL_WORK_OFFICER: frozenset({P.DASHBOARD_VIEW}),
    Role.INSTRUCTOR: frozenset(),
    Role.LIAISON: frozenset(),
    # The three administrators hold no business data (MLPS level 3).
    Role.SYSTEM_ADMIN: frozenset({P.JOB_VIEW, P.RETENTION_VIEW}),
    # Who may do what is their whole business: they are the second key for every appointment (design.md §9).
    Role.SECURITY_ADMIN: frozenset(
        {P.ACCOUNT_MANAGE, P.APPOINTMENT_VIEW, P.APPOINTMENT_APPROVE, P.ADMINISTRATOR_APPOINT}
    ),
    Role.AUDITOR: frozenset({P.AUDIT_VIEW, P.RETENTION_VIEW}),
}

ADMINISTRATOR_ROLES = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})


# What officers of a committee or department may grant; administrators are granted by security administrators.
OFFICE_ROLES = tuple(role for role in Role if role not in ADMINISTRATOR_ROLES)
# Of a city or district committee only (design.md §9).
DEPARTMENT_ROLES = frozenset({Role.DEPARTMENT_OFFICER, Role.SOCIAL_WORK_OFFICER})


# Whoever holds one of these signs in with a second factor.
STRONG_ROLES = ADMINISTRATOR_ROLES | DEPARTMENT_ROLES


def roles_with(permission: Permission) -> list[Role]:
    return [role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions]
