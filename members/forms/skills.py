"""Skills 专长 in forms: a tree of two levels, ticked or stated one by one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dualmgmt.lib.forms import DateInput
from members.enums import SkillLevel
from members.models import MemberSkill, Skill


def skill_choices() -> list[tuple[Any, Any]]:
    """Skills under their parents; a parent with children can be chosen as a whole. One query."""
    skills = list(Skill.objects.all())
    below: dict[int, list[Skill]] = {}
    for skill in skills:
        if skill.parent_id is not None:
            below.setdefault(skill.parent_id, []).append(skill)
    plain = [(skill.pk, skill.name) for skill in skills if skill.parent_id is None and skill.pk not in below]
    groups: list[tuple[Any, Any]] = []
    for skill in skills:
        if skill.pk in below:
            whole = _("%(skill)s (in general)") % {"skill": skill.name}
            groups.append((skill.name, [(skill.pk, whole), *((row.pk, row.name) for row in below[skill.pk])]))
    return [*plain, *groups]


class GroupedCheckboxes(forms.CheckboxSelectMultiple):
    """Check boxes folded under the name of their group; a group with something ticked is open."""

    template_name = "forms/grouped_checkboxes.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["groups"] = [
            (group, options, any(option["selected"] for option in options))
            for group, options, _index in context["widget"]["optgroups"]
        ]
        return context


def offer_skills(field: forms.Field) -> None:
    """Give a choice of skills its groups; call it when the form is made, so that the tree is today's."""
    field.choices = skill_choices()  # type: ignore[attr-defined]


class SkillForm(forms.Form):
    """One skill, how well it is mastered, and what shows it."""

    skill = forms.ModelChoiceField(label=gettext_lazy("Skill"), queryset=Skill.objects.all())
    level = forms.ChoiceField(label=gettext_lazy("Level"), choices=SkillLevel.choices)
    certificate = forms.CharField(
        label=gettext_lazy("Certificate"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Its name and who issued it; no number is needed."),
    )
    certificate_valid_until = forms.DateField(
        label=gettext_lazy("Certificate valid until"),
        required=False,
        widget=DateInput,
        help_text=gettext_lazy("Empty where it has no last day."),
    )

    def __init__(self, *args: Any, row: MemberSkill | None = None, **kwargs: Any) -> None:
        if row is not None:
            names = ("skill", "level", "certificate", "certificate_valid_until")
            kwargs["initial"] = {name: getattr(row, name) for name in names}
        super().__init__(*args, **kwargs)
        self.fields["skill"].choices = [("", _("Please choose")), *skill_choices()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("certificate_valid_until") and not cleaned.get("certificate"):
            self.add_error("certificate", _("Name the certificate whose last day this is."))
        return cleaned
