"""What every page's frame needs: name, navigation, capacity."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _


def portal(request: HttpRequest) -> dict[str, Any]:
    return {"portal_name": settings.PORTAL_NAME or _("Dual management, dual duty portal")}
