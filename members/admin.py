"""Reference tables of the members app in Django's admin, which is off in production (design.md §9)."""

from __future__ import annotations

from django.contrib import admin

from members.models import Skill


@admin.register(Skill)
class SkillAdmin(admin.ModelAdmin[Skill]):
    list_display = ["code", "name", "parent", "order"]
    list_editable = ["name", "order"]
    list_filter = ["parent"]
    search_fields = ["code", "name"]

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).select_related("parent")
