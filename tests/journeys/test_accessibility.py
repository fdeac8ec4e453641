"""The main pages pass axe's rules for WCAG 2 AA, contrast included."""

from __future__ import annotations

import pytest
from django.urls import reverse

from branches.models import Appointment
from tests.journeys.conftest import People

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = [
    ("resident", "/"),
    ("resident", "/accounts/login/"),
    ("resident", "/accounts/activate/"),
    ("resident", "/needs/new/"),
    ("member", "/todo/"),
    ("member", "/members/me/"),
    ("member", "/members/me/data/"),
    ("member", "/members/me/data/correct/"),
    ("member", "/registrations/new/"),
    ("member", "/projects/"),
    ("member", "/accounts/password/change/"),
    ("member", "/accounts/reauthenticate/"),
    ("member", "/accounts/2fa/"),
    ("member", "/accounts/2fa/webauthn/"),
    ("member", "/accounts/sessions/"),
    ("home_secretary", "/members/"),
    ("home_secretary", "/members/disclosures/"),
    ("home_secretary", "/members/disclosures/new/"),
    ("home_secretary", "/members/corrections/"),
    ("home_secretary", "/members/duplicates/"),
    ("home_secretary", "/letters/"),
    ("home_secretary", "/accounts/slips/"),
    ("unit_secretary", "/organisations/DEMO-U00-1/"),
    ("unit_secretary", "/organisations/DEMO-U00-1/split/"),
    ("unit_secretary", "/organisations/DEMO-U00-2/change/merge/"),
    ("unit_secretary", "/organisations/DEMO-U00-1/appointments/"),
    ("unit_secretary", "/organisations/DEMO-U00-1/appointments/new/"),
    ("unit_secretary", "/organisations/rules/"),
    ("unit_secretary", "/appointments/"),
    ("unit_secretary", "/units/"),
    ("community_secretary", "/registrations/archive/"),
    ("community_secretary", "/registrations/archive/contacts/"),
    ("community_clerk", "/projects/new/"),
    ("community_clerk", "/records/"),
    ("community_secretary", "/feedback/"),
    ("department", "/dashboard/"),
    ("department", "/feedback/periods/"),
    ("auditor", "/audit/"),
    ("auditor", "/retention/"),
    ("security_admin", "/appointments/"),
    ("security_admin", "/appointments/administrators/new/"),
]


@pytest.mark.parametrize("people", ["desktop"], indirect=True)
def test_axe_finds_nothing(people: People) -> None:
    office = Appointment.objects.in_force().get(organisation__code="DEMO-U00-1", role="secretary")
    offices = [
        ("unit_secretary", reverse("appointment_hand_over", args=[office.pk])),
        ("unit_secretary", reverse("appointment_end", args=[office.pk])),
    ]
    found = {}
    for who, path in [*PAGES, *offices]:
        people[who].go(path)
        if hindrances := people[who].hindrances():
            found[path] = hindrances
    assert found == {}
