"""Template tags of the design system; docs/face.md shows each in use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from branches.access import may_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt import auditwords
from dualmgmt.lib import registry
from dualmgmt.models import AuditEvent

register = template.Library()
HISTORY_LINES = 30

# Which tone a state is painted in; the word is always there, colour never speaks alone.
TONES = {
    "good": {
        "active", "accepted", "verified", "confirmed", "published", "done", "completed", "finished", "valid", "used",
        "answered", "receipt_filed",
    },
    "wait": {
        "draft", "pending_letter", "issued", "pending_acceptance", "collected", "in_review", "applied", "stated",
        "open", "member_review", "queued", "running", "leaving", "offered", "converted", "approved",
        "receipt_pending", "receipt_received",
    },
    "warn": {"returned", "suspended", "disputed", "referred", "unclaimed", "expired", "lost", "receipt_overdue"},
    "bad": {"declined", "rejected", "cancelled", "failed", "void", "not_accepted", "revoked"},
}  # fmt: skip


@register.simple_tag
def pill(state: str, label: str) -> SafeString:
    """A state as a coloured word: ``{% pill project.state project.get_state_display %}``."""
    tone = next((tone for tone, states in TONES.items() if state in states), "quiet")
    return format_html('<span class="pill pill-{}">{}</span>', tone, label)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative Bootstrap icon out of the sprite."""
    return format_html(
        '<svg class="icon" aria-hidden="true" width="1em" height="1em"><use href="{}#{}"></use></svg>',
        static("vendor/bootstrap-icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def panels(context: Context, place: str, subject: Any) -> SafeString:
    """What upper apps show on this page: ``{% panels "member.detail" member %}``."""
    request = context["request"]
    blocks = [
        render_to_string("components/panel.html", {"panel": panel, **panel.context}, request)
        for panel in registry.panels.at(place, request.user, subject)
    ]
    return mark_safe("".join(blocks))  # noqa: S308 – rendered by templates just above


@register.simple_tag
def lookup(mapping: Mapping[Any, Any], key: Any) -> Any:
    return mapping[key]


@register.filter
def hours(value: Decimal | int | None) -> str:
    """Numbers without idle decimals: 2.0 → 2, 2.5 → 2.5; ``None`` is a dash."""
    if value is None:
        return "—"
    number = Decimal(value)
    return formats.number_format(number.quantize(Decimal(1)) if number == number.to_integral() else number.normalize())


@register.filter
def cell(value: Any) -> str:
    """Any value as it stands in a table: dates in the language's form, a dash for nothing."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dt.datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, dt.date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, Decimal):
        return hours(value)
    return str(value)


@register.inclusion_tag("components/chart.html")
def chart(title: str, names: Sequence[str], values: Sequence[float | None], unit: str = "") -> dict[str, Any]:
    """A bar chart beside the table of the same numbers, which the page renders itself."""
    return {"title": title, "data": {"names": list(names), "values": list(values), "unit": unit, "title": str(title)}}


@register.filter
def page_window(page: Any) -> list[int | str]:
    """Page numbers to offer around the current one."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.simple_tag(takes_context=True)
def history(context: Context, subject: Any) -> SafeString:
    """The plain history of one object, for those who answer for its organisation: ``{% history project %}``."""
    request = context["request"]
    mine = Organisation.objects.where(request.user, Permission.HISTORY_VIEW)
    if not may_anywhere(request.user, Permission.HISTORY_VIEW):
        return SafeString("")
    rows = AuditEvent.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk), organisation_id__in=mine.values("pk")
    )
    events = [
        (row, auditwords.sentence(row), list(auditwords.details(row))) for row in rows.order_by("-pk")[:HISTORY_LINES]
    ]
    if not events:
        return SafeString("")
    return mark_safe(render_to_string("components/history.html", {"events": events}, request))  # noqa: S308 - rendered
