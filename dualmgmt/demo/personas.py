"""One sign-in per persona of the demo (design.md §3); everybody here is made up."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PASSWORD = "shuangguan-2026"


@dataclass(frozen=True)
class Persona:
    """``key`` is for the journeys, ``username`` is typed, ``title`` says who it is, ``hint`` what comes next."""

    key: str
    username: str
    name: str
    title: str | Promise
    hint: str | Promise
    password: str = PASSWORD


PERSONAS: tuple[Persona, ...] = (
    Persona("member", "dangyuan", "李建红", _("Party member"), _("Reports in where she lives, claims projects")),
    Persona("second_member", "dangyuan2", "张海燕", _("Party member, registered"), _("Answers her factual feedback")),
    Persona("home_secretary", "shuji", "王书明", _("Home branch secretary"), _("Issues letters, acknowledges reports")),
    Persona("community_secretary", "shequ", "孙丽华", _("Community secretary"), _("Accepts members, runs projects")),
    Persona("community_clerk", "ganshi", "刘洋", _("Community clerk"), _("Drafts projects, verifies records")),
    Persona("unit_secretary", "danwei", "陈卫东", _("Unit committee secretary"), _("Reads the unit's reports")),
    Persona("street_officer", "jiedao", "赵文静", _("Street work committee"), _("Is the second key for communities")),
    Persona("department", "zuzhibu", "周明远", _("Organisation department"), _("Looks at figures, compiles reports")),
    Persona("auditor", "shenji", "吴清", _("Auditor"), _("Reads the audit log")),
    Persona("system_admin", "xitong", "郑凯", _("System administrator"), _("Looks at jobs")),
    Persona("security_admin", "anquan", "冯洁", _("Security administrator"), _("Holds no business data")),
    Persona("security_admin2", "anquan2", "程亮", _("Security administrator"), _("Is the second key for offices")),
)

BY_KEY = {persona.key: persona for persona in PERSONAS}
