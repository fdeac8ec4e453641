"""A browser's own description in the words its owner knows it by."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()

# The first match counts: nearly every browser calls itself Chrome or Safari as well.
BROWSERS = [
    ("MicroMessenger", gettext_lazy("WeChat")),
    ("DingTalk", gettext_lazy("DingTalk")),
    ("Edg", "Edge"),
    ("QQBrowser", gettext_lazy("QQ browser")),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
SYSTEMS = [
    ("OpenHarmony", gettext_lazy("HarmonyOS")),
    ("HarmonyOS", gettext_lazy("HarmonyOS")),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
]


@register.filter
def device(user_agent: str) -> str:
    """``Mozilla/5.0 (Windows NT 10.0) … Firefox/140.0`` → ``Firefox · Windows``."""
    names = [next((str(name) for mark, name in kinds if mark in user_agent), "") for kinds in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, names)) or _("Unknown device")
