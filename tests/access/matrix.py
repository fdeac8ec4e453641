"""Every URL, what it takes, and who gets in. A URL that is not here fails the suite.

``reads`` names the personas who may GET, ``writes`` those who may POST; ``None``
means that the method is not there at all (405). Personas are those of
``tests.world``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dualmgmt.models import AuditEvent
from tests.scene import Scene

ANYBODY = "*"
SIGNED_IN = (
    "stranger member other_member home_secretary other_secretary unit_secretary community_secretary community_clerk "
    "other_community_secretary street_officer department_officer system_admin security_admin auditor "
    "sibling_secretary sibling_community_secretary district_secretary"
)
# Own, ancestor, sibling and foreign organisation, on the unit line and on the area line.
SECRETARIES = (
    "home_secretary unit_secretary sibling_secretary other_secretary "
    "community_secretary street_officer sibling_community_secretary other_community_secretary district_secretary"
)
OFFICERS = f"{SECRETARIES} community_clerk"
MEMBERS = "member other_member"
BUSINESS = f"{MEMBERS} {OFFICERS} department_officer"
APPOINTERS = f"{SECRETARIES} department_officer security_admin"
ACCOUNT_MANAGERS = "home_secretary unit_secretary district_secretary department_officer security_admin"
# Whose organisation leads a place.
AREA = (
    "community_secretary street_officer sibling_community_secretary other_community_secretary district_secretary "
    "department_officer"
)
ABOVE_HOME = "unit_secretary district_secretary"
ABOVE_RECEIVER = "street_officer district_secretary"
HOME = f"home_secretary {ABOVE_HOME}"
RECEIVER = f"community_secretary community_clerk {ABOVE_RECEIVER}"
RECEIVER_HEADS = f"community_secretary {ABOVE_RECEIVER}"
SIBLING_HOME = f"sibling_secretary {ABOVE_HOME}"
# Where members from elsewhere report in: at the receivers and above them.
DESKS = f"{RECEIVER} sibling_community_secretary other_community_secretary"
BOTH_SIDES = f"member {HOME} {RECEIVER}"


@dataclass(frozen=True)
class Row:
    reads: str | None = None
    writes: str | None = None
    kwargs: Callable[[Scene], dict[str, Any]] = lambda scene: {}

    def may(self, persona: str, method: str) -> bool | None:
        """Whether *persona* gets in; ``None`` where the method is not allowed for anybody."""
        who = self.reads if method == "GET" else self.writes
        if who is None:
            return None
        return who == ANYBODY or persona in who.split()


def pk(of: str) -> Callable[[Scene], dict[str, Any]]:
    return lambda scene: {"pk": getattr(scene, of).pk}


def li(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.world.members["li"].pk}


def li_and_wang(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.world.members["li"].pk, "other_pk": scene.world.members["wang"].pk}


def li_as_member_pk(scene: Scene) -> dict[str, Any]:
    return {"member_pk": scene.world.members["li"].pk}


def community(scene: Scene) -> dict[str, Any]:
    return {"code": scene.world.community.code}


def outside_code(scene: Scene) -> dict[str, Any]:
    return {"code": scene.outside_letter.issuer.code}


def letter_words(scene: Scene) -> dict[str, Any]:
    return {"code": scene.world.community.code, "paper": "letter"}


def branch(scene: Scene) -> dict[str, Any]:
    return {"code": scene.world.branch_a.code}


def unit(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.world.units["bureau"].pk}


def audit_row(scene: Scene) -> dict[str, Any]:
    return {"pk": AuditEvent.objects.latest("pk").pk}


def secretary_account(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.world.users["home_secretary"].pk}


def city(scene: Scene) -> dict[str, Any]:
    return {"code": scene.world.city.code}


def batch_line(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.batch.lines.get().pk}


def token(scene: Scene) -> dict[str, Any]:
    return {"token": "unknown"}


def section(scene: Scene) -> dict[str, Any]:
    mine = scene.report.sections.get(branch=scene.world.branch_a)
    return {"pk": scene.report.pk, "section_pk": mine.pk}


def step(name: str) -> Callable[[Scene], dict[str, Any]]:
    return lambda scene: {"pk": scene.project.pk, "step": name}


def notice(scene: Scene) -> dict[str, Any]:
    found = scene.world.users["home_secretary"].notices.first()
    assert found is not None
    return {"pk": found.pk}


MATRIX: dict[str, Row] = {
    # Public
    "front": Row(ANYBODY, ANYBODY),
    "health": Row(ANYBODY, ANYBODY),
    "set_language": Row(ANYBODY, ANYBODY),
    "need_new": Row(ANYBODY, ANYBODY),
    "need_reported": Row(ANYBODY),
    "need_track": Row(ANYBODY, ANYBODY),
    "letter_check": Row(ANYBODY, None, lambda scene: {"token": scene.letter.code}),
    # Everybody signed in
    "todo": Row(SIGNED_IN),
    "draft": Row(None, "", lambda scene: {"key": "need_enter"}),  # only with the field signed for that form
    "notice_list": Row(SIGNED_IN),
    "notice_read": Row(None, "home_secretary", notice),
    "notice_read_all": Row(None, SIGNED_IN),
    "audit_list": Row("auditor"),
    "audit_export": Row("auditor"),
    "audit_detail": Row("auditor", None, audit_row),
    "api_schema": Row(SIGNED_IN),
    "api_docs": Row(SIGNED_IN),
    # API: the querysets answer, so who sees nothing gets an empty list
    "api_project-list": Row(SIGNED_IN),
    "api_project-detail": Row(BUSINESS, None, pk("project")),
    "api_project-claim": Row(None, MEMBERS, pk("project")),
    "api_claim-list": Row(SIGNED_IN),
    "api_claim-detail": Row(f"member {RECEIVER}", None, pk("claim")),
    # Organisations
    "organisation_list": Row(BUSINESS),
    "organisation_detail": Row(BUSINESS, None, community),
    "organisation_new": Row(f"{SECRETARIES} department_officer", f"{SECRETARIES} department_officer"),
    "organisation_import": Row(f"{SECRETARIES} department_officer", f"{SECRETARIES} department_officer"),
    "organisation_edit": Row(f"{RECEIVER_HEADS} department_officer", f"{RECEIVER_HEADS} department_officer", community),
    "organisation_change": Row(
        f"{ABOVE_RECEIVER} department_officer",
        f"{ABOVE_RECEIVER} department_officer",
        lambda scene: {"code": scene.world.community.code, "kind": "rename"},
    ),
    "themed_new": Row(f"{RECEIVER_HEADS} department_officer", f"{RECEIVER_HEADS} department_officer", community),
    "placed_members": Row(RECEIVER, None, community),
    "placement_move": Row(None, RECEIVER_HEADS, community),
    "organisation_split": Row(f"{ABOVE_HOME} department_officer", f"{ABOVE_HOME} department_officer", branch),
    "paper_list": Row(f"{RECEIVER_HEADS} department_officer", None, community),
    "paper_edit": Row(f"{RECEIVER_HEADS} department_officer", f"{RECEIVER_HEADS} department_officer", letter_words),
    "paper_preview": Row(f"{RECEIVER_HEADS} department_officer", None, letter_words),
    "branch_rules": Row(f"{SECRETARIES} department_officer"),
    "branch_rules_export": Row(f"{SECRETARIES} department_officer"),
    "exception_new": Row(f"{ABOVE_RECEIVER} department_officer", f"{ABOVE_RECEIVER} department_officer", community),
    "pairing_new": Row(None, f"{HOME} department_officer", branch),
    "pairing_end": Row(None, f"{HOME} department_officer", pk("pairing")),
    "pairing_list": Row(f"{OFFICERS} department_officer"),
    "pairing_detail": Row(f"{HOME} {RECEIVER} department_officer", None, pk("pairing")),
    "pairing_edit": Row(f"{HOME} department_officer", f"{HOME} department_officer", pk("pairing")),
    "resource_new": Row(f"{HOME} department_officer", f"{HOME} department_officer", pk("pairing")),
    "resource_edit": Row(f"{HOME} department_officer", f"{HOME} department_officer", pk("resource")),
    "resource_withdraw": Row(None, f"{HOME} department_officer", pk("resource")),
    "unit_list": Row(f"{SECRETARIES} department_officer"),
    "unit_new": Row(AREA, AREA),
    "unit_detail": Row(f"{ABOVE_HOME} department_officer", None, unit),
    "unit_edit": Row(f"{ABOVE_HOME} department_officer", f"{ABOVE_HOME} department_officer", unit),
    # Offices
    "appointment_desk": Row(APPOINTERS),
    "appointment_list": Row(f"{HOME} department_officer security_admin", None, branch),
    "appointment_new": Row(f"{HOME} department_officer", f"{HOME} department_officer", branch),
    "administrator_new": Row("security_admin", "security_admin"),
    "appointment_approve": Row(None, f"{HOME} department_officer security_admin", pk("proposal")),
    "appointment_decline": Row(None, f"{HOME} department_officer security_admin", pk("proposal")),
    "appointment_end": Row(
        f"{HOME} department_officer",
        f"{HOME} department_officer",
        pk("office"),
    ),
    "appointment_hand_over": Row(
        f"{HOME} department_officer",
        f"{HOME} department_officer",
        pk("office"),
    ),
    "capacity_choose": Row(None, SIGNED_IN),
    # Members
    "member_list": Row(OFFICERS),
    "roster_print": Row(OFFICERS),
    "member_new": Row(OFFICERS, OFFICERS),
    "member_detail": Row(BOTH_SIDES, None, li),
    "member_dual": Row(BOTH_SIDES, None, li),
    "member_edit": Row(HOME, HOME, li),
    "member_account": Row(HOME, HOME, li),
    "member_status": Row(HOME, HOME, li),
    "officer_account": Row(ACCOUNT_MANAGERS, ACCOUNT_MANAGERS, secretary_account),
    "account_activate": Row(ANYBODY, ANYBODY),
    "slip_desk": Row(f"{SECRETARIES} department_officer security_admin"),
    "slip_approve": Row(None, ACCOUNT_MANAGERS, pk("slip")),
    "slip_print": Row(None, "unit_secretary", pk("slip")),
    "member_card": Row(HOME, None, li),
    "card_print": Row(f"member {HOME}", None, li),
    "card_issue": Row(None, HOME, li),
    "card_end": Row(None, HOME, li),
    "my_page": Row(MEMBERS),
    "my_card": Row(MEMBERS),
    "my_card_lost": Row(None, "member"),
    "my_skills": Row(MEMBERS, MEMBERS),
    "my_skill_remove": Row(None, "member", lambda scene: {"skill_pk": scene.skill.pk}),
    "member_skills": Row(HOME, HOME, li),
    "member_skill_remove": Row(None, HOME, lambda scene: {**li(scene), "skill_pk": scene.skill.pk}),
    "card_register": Row(SECRETARIES),
    "card_sheet": Row(SECRETARIES),
    "card_issue_many": Row(None, SECRETARIES),
    "member_reveal": Row(HOME, HOME, lambda scene: {**li(scene), "field": "phone"}),
    "contact_sheet": Row(OFFICERS, OFFICERS),
    "disclosure_list": Row(SECRETARIES),
    "disclosure_new": Row(SECRETARIES, SECRETARIES),
    "disclosure_detail": Row("home_secretary", None, pk("disclosure")),
    "disclosure_export": Row("home_secretary", None, pk("disclosure")),
    "disclosure_decide": Row(None, ABOVE_HOME, pk("disclosure")),
    "disclosure_open": Row(None, "home_secretary", pk("disclosure")),
    "my_data": Row(MEMBERS),
    "my_data_download": Row(MEMBERS),
    "correction_new": Row(MEMBERS, MEMBERS),
    "correction_list": Row(OFFICERS),
    "correction_detail": Row(f"member {HOME}", None, pk("correction")),
    "correction_answer": Row(None, HOME, pk("correction")),
    "correction_withdraw": Row(None, "member", pk("correction")),
    "duplicate_list": Row(SECRETARIES),
    "duplicate_pair": Row(ABOVE_HOME, None, li_and_wang),
    "duplicate_merge": Row(None, ABOVE_HOME, li_and_wang),
    "duplicate_apart": Row(None, ABOVE_HOME, li_and_wang),
    "retention": Row("system_admin auditor"),
    "roster_import": Row(OFFICERS, OFFICERS),
    "roster_import_template": Row(OFFICERS),
    "roster_import_preview": Row(OFFICERS, None, token),
    "roster_import_confirm": Row(None, OFFICERS, token),
    "roster_import_refused": Row(OFFICERS, None, token),
    # Reporting in
    "registration_list": Row(BUSINESS),
    "registration_new": Row(MEMBERS, MEMBERS),
    "registration_new_for": Row(HOME, HOME, li_as_member_pk),
    # The receiver's desk: paper letters from outside the portal, walk-ins, receipts by post
    "desk": Row(DESKS),
    "letter_enter": Row(DESKS, DESKS),
    "walk_in_new": Row(DESKS, DESKS),
    "outside_home": Row(RECEIVER, RECEIVER, outside_code),
    "walk_in_refuse": Row(None, "other_secretary district_secretary", pk("walk_in")),
    "desk_withdraw": Row(None, RECEIVER, pk("walk_in")),
    "receipt_sent": Row(None, RECEIVER, pk("outside_letter")),
    # Transfers of the organisational relation
    "transfer_list": Row(OFFICERS),
    "transfer_new": Row(HOME, HOME, li_as_member_pk),
    "transfer_enter": Row(SECRETARIES, SECRETARIES),
    "transfer_detail": Row(f"{SIBLING_HOME} other_secretary", None, pk("transfer")),
    "transfer_accept": Row(None, "other_secretary district_secretary", pk("transfer")),
    "transfer_refuse": Row(None, "other_secretary district_secretary", pk("transfer")),
    "transfer_withdraw": Row(None, SIBLING_HOME, pk("transfer")),
    "registration_detail": Row(BOTH_SIDES, None, pk("registration")),
    "registration_print": Row(BOTH_SIDES, None, pk("registration")),
    "record_card_print": Row(BOTH_SIDES, None, pk("registration")),
    # An open registration has no closing receipt.
    "closing_print": Row("", None, pk("registration")),
    "registration_differs": Row(None, RECEIVER_HEADS, pk("registration")),
    "registration_into_roll": Row(None, HOME, pk("registration")),
    "registration_edit": Row(f"member {HOME}", f"member {HOME}", pk("asked")),
    "registration_submit": Row(None, f"member {HOME}", pk("asked")),
    "registration_withdraw": Row(None, f"member {HOME}", pk("asked")),
    "registration_issue": Row(None, HOME, pk("asked")),
    "registration_return": Row(None, HOME, pk("asked")),
    "registration_accept": Row(None, RECEIVER_HEADS, pk("registration")),
    "registration_decline": Row(None, RECEIVER_HEADS, pk("registration")),
    "registration_leave": Row(f"member {HOME} {RECEIVER_HEADS}", f"member {HOME} {RECEIVER_HEADS}", pk("registration")),
    "registration_stay": Row(None, f"member {HOME} {RECEIVER_HEADS}", pk("registration")),
    "registration_close": Row(RECEIVER_HEADS, RECEIVER_HEADS, pk("registration")),
    "registration_file_closing": Row(None, HOME, pk("registration")),
    "archive": Row(OFFICERS),
    "archive_print": Row(OFFICERS),
    "archive_export": Row(OFFICERS),
    "batch_list": Row(OFFICERS),
    "batch_new": Row(SECRETARIES),
    "batch_draft": Row(None, SECRETARIES),
    "batch_detail": Row(ABOVE_HOME, None, pk("batch")),
    "batch_send": Row(None, ABOVE_HOME, pk("batch")),
    "batch_discard": Row(None, ABOVE_HOME, pk("batch")),
    "batch_letters": Row(ABOVE_HOME, None, pk("batch")),
    "batch_line": Row(ABOVE_HOME, ABOVE_HOME, batch_line),
    "batch_line_drop": Row(None, ABOVE_HOME, batch_line),
    "acceptance_desk": Row(SECRETARIES),
    "acceptance_accept": Row(None, SECRETARIES),
    "registration_statistics": Row(f"{OFFICERS} department_officer"),
    "registration_statistics_node": Row("department_officer", None, city),
    "registration_statistics_export": Row("department_officer", None, city),
    "registration_statistics_records": Row(
        "department_officer", None, lambda scene: {**city(scene), "figure": "overdue"}
    ),
    "letter_list": Row(OFFICERS),
    "letter_register_print": Row(OFFICERS),
    "letter_find": Row(SECRETARIES),
    "letter_hand_in": Row(None, SECRETARIES),
    "letter_detail": Row(BOTH_SIDES, None, pk("letter")),
    "letter_print": Row(BOTH_SIDES, None, pk("letter")),
    "letter_file_receipt": Row(None, HOME, pk("letter")),
    "letter_export": Row(OFFICERS),
    "letter_void": Row(None, HOME, pk("letter")),
    "letter_reissue": Row(None, HOME, pk("letter")),
    # Needs and projects
    "need_list": Row(OFFICERS),
    "need_enter": Row(OFFICERS, OFFICERS),
    "need_detail": Row(RECEIVER, None, pk("need")),
    "need_verify": Row(None, RECEIVER, pk("need")),
    "need_close": Row(None, RECEIVER, pk("need")),
    "project_list": Row(BUSINESS),
    "project_desk": Row(OFFICERS),
    "project_new": Row(OFFICERS, OFFICERS),
    "project_detail": Row(BUSINESS, None, pk("project")),
    "project_edit": Row(RECEIVER, RECEIVER, pk("project")),
    "project_claim": Row(None, MEMBERS, pk("project")),
    "project_claim_as_branch": Row(None, BUSINESS, pk("project")),
    "project_move": Row(None, RECEIVER, step("suspend")),
    # Claims and records
    "claim_list": Row(BUSINESS),
    "claim_detail": Row(f"member {RECEIVER}", None, pk("claim")),
    "claim_withdraw": Row(None, "member", pk("claim")),
    "claim_confirm": Row(None, RECEIVER, pk("claim")),
    "claim_decline": Row(None, RECEIVER, pk("claim")),
    "claim_finish": Row(None, RECEIVER, pk("claim")),
    "claim_offer": Row("member", "member", pk("claim")),
    "claim_offer_withdraw": Row(None, "member", pk("claim")),
    "claim_answer": Row(None, "member", pk("claim")),
    "claim_participants": Row(HOME, HOME, pk("branch_claim")),
    "record_new": Row("member", "member", lambda scene: {"claim_pk": scene.claim.pk}),
    "record_list": Row(BUSINESS),
    "record_verify_many": Row(None, BUSINESS),
    "record_detail": Row(BOTH_SIDES, None, pk("record")),
    "record_verify": Row(None, RECEIVER, pk("record")),
    "record_return": Row(None, RECEIVER, pk("record")),
    # Evaluations
    "feedback_list": Row(OFFICERS),
    "feedback_mine": Row(MEMBERS),
    "feedback_show_plain": Row(None, OFFICERS),
    "feedback_detail": Row(RECEIVER, None, pk("feedback")),
    "feedback_write": Row(None, RECEIVER, pk("feedback")),
    "feedback_answer": Row(None, "", pk("feedback")),  # still open: not even the member has seen it
    "period_list": Row("department_officer"),
    "period_new": Row("department_officer", "department_officer"),
    "period_prepare": Row(None, "department_officer", lambda scene: {"code": scene.period.code}),
    "period_compile": Row(None, "department_officer", lambda scene: {"code": scene.period.code}),
    "run_list": Row("department_officer system_admin"),
    "run_detail": Row("department_officer system_admin", None, pk("run")),
    "run_retry": Row(None, "department_officer", pk("run")),
    "report_list": Row(f"{OFFICERS} department_officer"),
    # The report of a unit: a branch in it reads its own section (tests/evaluations).
    "report_detail": Row(f"{HOME} sibling_secretary department_officer", None, pk("report")),
    "report_sent": Row(None, "", pk("report")),  # its addressee is in the portal: nothing to post
    "report_print": Row(f"{ABOVE_HOME} department_officer", None, pk("report")),
    "report_export": Row(f"{ABOVE_HOME} department_officer", None, pk("report")),
    "report_acknowledge": Row(None, HOME, section),
    "report_guide": Row(None, HOME, section),
    "dashboard": Row(f"{OFFICERS} department_officer"),
    "dashboard_node": Row("department_officer", None, city),
    "dashboard_records": Row("department_officer", None, lambda scene: {**city(scene), "figure": "hours"}),
}
