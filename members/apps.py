from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")

    def ready(self) -> None:
        from dualmgmt.lib import registry
        from members import effects, panels, personal, queries, todo
        from members.actions import membership

        for provider in todo.PROVIDERS:
            registry.todos.register(provider)
        registry.candidates.register(queries.accounts_placed)
        registry.candidates.register(queries.accounts_at_home)
        registry.panels.register("organisation.detail", panels.setting_of_organisation)
        registry.panels.register("organisation.detail", panels.activity_members)
        registry.panels.register("registration.detail", panels.placements_of_registration)
        registry.panels.register("member.detail", panels.transfers_of_member)
        registry.panels.register("my_page", panels.transfers_of_member)
        registry.organisation_effects.register(effects.preview, effects.apply)
        registry.setting_vetoes.register(effects.veto_setting)
        registry.status_effects.register(membership.preview, membership.end_registrations)
        registry.personal_data.register(personal.sections)
        registry.merging.register(personal.preview_merge, personal.apply_merge)
        registry.viewers.register(personal.viewers)
        registry.retentions.register(*personal.RETENTIONS)
