"""The audit log in words: one sentence per event, one label per detail. Nothing else names events for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dualmgmt.models import AuditEvent

EVENTS: dict[str, str | Promise] = {
    "access.refused": _("Was refused a page"),
    "account.activated": _("Set a password with an activation slip"),
    "account.disabled": _("Disabled an account nobody used"),
    "account.identity_connected": _("Connected an account elsewhere"),
    "account.identity_removed": _("Removed an account elsewhere"),
    "account.opened": _("Opened an account"),
    "account.sign_in_failed": _("Failed to sign in"),
    "account.password_changed": _("Changed the password"),
    "account.second_factor": _("Changed the second factor"),
    "account.slip_approved": _("Approved an activation slip"),
    "account.slip_expired": _("Activation slip expired"),
    "account.slip_printed": _("Printed an activation slip"),
    "account.slip_requested": _("Asked for an activation slip"),
    "account.timed_out": _("Was signed out after a time-out"),
    "account.session_ended": _("Ended the session left longest"),
    "account.signed_in": _("Signed in"),
    "account.signed_out": _("Signed out"),
    "appointment.approved": _("Approved an appointment"),
    "appointment.declined": _("Turned an appointment down"),
    "appointment.ended": _("Ended an appointment"),
    "appointment.proposed": _("Proposed an appointment"),
    "batch.drafted": _("Put down a report-in of a unit"),
    "batch.line_changed": _("Chose another receiver for a line of a unit's report-in"),
    "batch.lines_dropped": _("Took lines off a unit's report-in"),
    "batch.sent": _("Had the letters of a unit's report-in issued"),
    "card.issued": _("Issued a member card"),
    "card.lost": _("Reported a member card lost"),
    "card.replaced": _("Replaced a member card"),
    "card.revoked": _("Revoked a member card"),
    "claim.confirmed": _("Confirmed a claim"),
    "claim.declined": _("Declined a claim"),
    "claim.finished": _("Finished a claim"),
    "claim.handed_over": _("Handed a claim over to another branch"),
    "claim.made": _("Claimed a project"),
    "claim.offer_declined": _("Declined to take over a claim"),
    "claim.offer_withdrawn": _("Took a request to take over back"),
    "claim.offered": _("Asked a stand-in to take over a claim"),
    "claim.participants_named": _("Named the participants of a claim"),
    "claim.passed_on": _("Handed a claim over to a stand-in"),
    "claim.taken_over": _("Took over a claim"),
    "claim.withdrawn": _("Withdrew a claim"),
    "correction.asked": _("Asked for a correction of the roll"),
    "correction.made": _("Corrected the roll as asked"),
    "correction.refused": _("Did not make a correction"),
    "correction.withdrawn": _("Withdrew a request for correction"),
    "divisions.imported": _("Imported divisions"),
    "exception.approved": _("Approved an exception from a rule of setting"),
    "export.made": _("Exported a list"),
    "feedback.confirmed": _("Confirmed factual feedback"),
    "feedback.shown": _("Showed factual feedback to the member"),
    "feedback.silence": _("Recorded that no objection was made"),
    "feedback.written": _("Wrote factual feedback"),
    "guidance.written": _("Wrote guidance"),
    "keys.rotated": _("Encrypted values with the newest key"),
    "letter.entered": _("Entered a paper letter from outside the portal"),
    "letter.expired": _("Letter expired"),
    "letter.handed_in": _("Handed a letter in"),
    "letter.issued": _("Issued an introduction letter"),
    "letter.not_entered": _("Tried to enter a paper letter"),
    "letter.receipt_sent": _("Sent a receipt by post"),
    "letter.receipt_filed": _("Filed a receipt"),
    "letter.reissued": _("Issued another letter in place of one"),
    "letter.voided": _("Voided a letter"),
    "member.added": _("Put a member on the roll"),
    "member.edited": _("Changed a member's data"),
    "member.merged": _("Took over what was kept on a second row of the same person"),
    "member.merged_away": _("Closed a row as a second one of the same person"),
    "member.moved": _("Moved the organisational relation"),
    "member.skill_removed": _("Took a skill off a member's list"),
    "member.skills": _("Stated a member's skills"),
    "member.status_changed": _("Changed the membership status"),
    "member.told_apart": _("Noted that two rows are two people"),
    "need.answered": _("Answered a need"),
    "need.converted": _("Turned a need into a project"),
    "need.handed_over": _("Handed a need over"),
    "need.reported": _("Reported a need"),
    "need.referred": _("Referred a need to a department"),
    "need.rejected": _("Did not accept a need"),
    "need.verified": _("Verified a need"),
    "organisation.created": _("Added an organisation"),
    "organisation.dissolved": _("Dissolved an organisation"),
    "organisation.edited": _("Changed an organisation's settings"),
    "organisation.merged": _("Merged an organisation"),
    "organisation.moved": _("Moved an organisation"),
    "organisation.renamed": _("Renamed an organisation"),
    "organisation.split": _("Split a branch"),
    "pairing.edited": _("Changed the agreement of a pairing"),
    "pairing.ended": _("Ended a pairing"),
    "pairing.made": _("Made a pairing"),
    "pairing.resource_edited": _("Changed a resource of a pairing"),
    "pairing.resource_offered": _("Offered a resource in a pairing"),
    "pairing.resource_withdrawn": _("Withdrew a resource of a pairing"),
    "paper.printed": _("Printed a paper"),
    "paper.words_set": _("Set the words of a paper"),
    "period.created": _("Set up an evaluation period"),
    "period.prepared": _("Opened factual feedback"),
    "personal.approved": _("Approved an unmasked list"),
    "personal.asked": _("Asked for an unmasked list"),
    "personal.list_opened": _("Opened an unmasked list"),
    "personal.refused": _("Refused an unmasked list"),
    "personal.revealed": _("Looked at a personal number"),
    "personal.sheet_opened": _("Opened a contact sheet"),
    "project.cancelled": _("Cancelled a project"),
    "project.completed": _("Completed a project"),
    "project.drafted": _("Drafted a project"),
    "project.edited": _("Changed a project"),
    "project.handed_over": _("Handed a project over"),
    "project.published": _("Published a project"),
    "project.resumed": _("Resumed a project"),
    "project.returned": _("Returned a project"),
    "project.submitted": _("Submitted a project for review"),
    "project.suspended": _("Suspended a project"),
    "project.unclaimed": _("Closed a project nobody claimed"),
    "record.returned": _("Returned a service record"),
    "record.stated": _("Stated a service"),
    "record.verified": _("Verified a service record"),
    "registration.accepted": _("Accepted a registration"),
    "registration.closed": _("Closed a registration"),
    "registration.closing_filed": _("Filed a closing receipt"),
    "registration.declined": _("Did not accept a registration"),
    "registration.edited": _("Changed a registration form"),
    "registration.leave_asked": _("Asked to close a registration"),
    "registration.leave_cancelled": _("Took the closing of a registration back"),
    "registration.moved": _("Placed a registered member in another branch"),
    "registration.not_identified": _("Could not identify somebody at the desk"),
    "registration.taken_back": _("Took back what was started at the desk"),
    "registration.walk_in": _("Started a registration at the desk"),
    "registration.walk_in_refused": _("Did not confirm a walk-in"),
    "registration.returned": _("Returned a registration form"),
    "registration.started": _("Started a registration"),
    "registration.submitted": _("Asked for the introduction letter"),
    "registration.withdrawn": _("Withdrew a registration"),
    "report.acknowledged": _("Acknowledged a feedback report"),
    "report.sent": _("Sent a feedback report by post"),
    "report.read": _("Read a feedback report"),
    "reports.run_retried": _("Started a report run again"),
    "reports.run_started": _("Started a report run"),
    "retention.deleted": _("Deleted what was kept long enough"),
    "roster.imported": _("Imported a roster"),
    "transfer.accepted": _("Accepted the organisational relation of a member"),
    "transfer.not_identified": _("Looked for somebody with a letter from outside the portal"),
    "transfer.refused": _("Did not accept the organisational relation of a member"),
    "transfer.sent": _("Sent the organisational relation of a member"),
    "transfer.withdrawn": _("Withdrew the transfer of an organisational relation"),
    "unit.added": _("Added a unit"),
    "unit.edited": _("Changed a unit"),
}
# The first part of an event: what the auditor filters by.
GROUPS: dict[str, str | Promise] = {
    "access": pgettext_lazy("audit", "Refused pages"),
    "account": pgettext_lazy("audit", "Accounts and sign-in"),
    "appointment": pgettext_lazy("audit", "Appointments"),
    "batch": pgettext_lazy("audit", "Report-ins of units"),
    "card": pgettext_lazy("audit", "Member cards"),
    "claim": pgettext_lazy("audit", "Claims"),
    "correction": pgettext_lazy("audit", "Corrections of the roll"),
    "divisions": pgettext_lazy("audit", "Divisions"),
    "exception": pgettext_lazy("audit", "Exceptions from rules"),
    "export": pgettext_lazy("audit", "Exports"),
    "feedback": pgettext_lazy("audit", "Factual feedback"),
    "guidance": pgettext_lazy("audit", "Guidance"),
    "keys": pgettext_lazy("audit", "Encryption keys"),
    "letter": pgettext_lazy("audit", "Introduction letters"),
    "member": pgettext_lazy("audit", "Members"),
    "need": pgettext_lazy("audit", "Needs"),
    "organisation": pgettext_lazy("audit", "Organisations"),
    "pairing": pgettext_lazy("audit", "Pairings"),
    "paper": pgettext_lazy("audit", "Printed papers"),
    "period": pgettext_lazy("audit", "Evaluation periods"),
    "personal": pgettext_lazy("audit", "Personal data shown"),
    "project": pgettext_lazy("audit", "Service projects"),
    "record": pgettext_lazy("audit", "Service records"),
    "registration": pgettext_lazy("audit", "Registrations"),
    "report": pgettext_lazy("audit", "Feedback reports"),
    "reports": pgettext_lazy("audit", "Report runs"),
    "retention": pgettext_lazy("audit", "Retention"),
    "roster": pgettext_lazy("audit", "Roster imports"),
    "transfer": pgettext_lazy("audit", "Transfers of organisational relations"),
    "unit": pgettext_lazy("audit", "Units"),
}
DETAILS: dict[str, str | Promise] = {
    "added": pgettext_lazy("audit", "added"),
    "after": pgettext_lazy("audit", "after"),
    "before": pgettext_lazy("audit", "before"),
    "category": pgettext_lazy("audit", "category"),
    "changed": pgettext_lazy("audit", "changed"),
    "document": pgettext_lazy("audit", "document number"),
    "ended": pgettext_lazy("audit", "ended"),
    "fields": pgettext_lazy("audit", "fields"),
    "filter": pgettext_lazy("audit", "filter"),
    "from": pgettext_lazy("audit", "from"),
    "last_day": pgettext_lazy("audit", "last day"),
    "method": pgettext_lazy("audit", "method"),
    "name": pgettext_lazy("audit", "name"),
    "number": pgettext_lazy("audit", "number"),
    "path": pgettext_lazy("audit", "address of the page"),
    "person": pgettext_lazy("audit", "person"),
    "placement": pgettext_lazy("audit", "placed in"),
    "purpose": pgettext_lazy("audit", "purpose"),
    "reason": pgettext_lazy("audit", "reason"),
    "receiver": pgettext_lazy("audit", "receiving organisation"),
    "refused": pgettext_lazy("audit", "refused"),
    "replaced": pgettext_lazy("audit", "in place of"),
    "members": pgettext_lazy("audit", "members"),
    "role": pgettext_lazy("audit", "role"),
    "rows": pgettext_lazy("audit", "rows"),
    "rule": pgettext_lazy("audit", "rule"),
    "source": pgettext_lazy("audit", "source"),
    "stated": pgettext_lazy("audit", "with a statement"),
    "title": pgettext_lazy("audit", "title"),
    "to": pgettext_lazy("audit", "to"),
    "typed": pgettext_lazy("audit", "name typed"),
    "unchanged": pgettext_lazy("audit", "unchanged"),
    "username": pgettext_lazy("audit", "user name"),
}


def sentence(event: AuditEvent) -> str:
    """What was done, in words."""
    return str(EVENTS.get(event.event, event.event))


def subject(event: AuditEvent) -> str:
    """The kind of thing it was done to and its key: 党员 12."""
    try:
        name = apps.get_model(event.subject_type)._meta.verbose_name
    except (LookupError, ValueError):
        name = event.subject_type
    return f"{name} {event.subject_id}".strip()


def _label(event: AuditEvent, key: str) -> str:
    if key in DETAILS:
        return str(DETAILS[key])
    try:  # the label of the subject's own field
        return str(apps.get_model(event.subject_type)._meta.get_field(key).verbose_name)  # type: ignore[union-attr]
    except Exception:
        return key


def _words(event: AuditEvent, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, dict):
        return "；".join(f"{_label(event, key)}：{_words(event, inner)}" for key, inner in value.items()) or "—"
    if isinstance(value, list):
        return "、".join(_words(event, inner) for inner in value) or "—"
    return "—" if value in (None, "") else str(value)


def details(event: AuditEvent) -> Iterator[tuple[str, str]]:
    """Label and value of everything else on the row."""
    for key, value in event.details.items():
        yield _label(event, key), _words(event, value)
