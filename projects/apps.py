from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = _("Service projects")

    def ready(self) -> None:
        from dualmgmt.lib import registry
        from projects import effects, leaving, panels, personal, todo

        for provider in todo.PROVIDERS:
            registry.todos.register(provider)
        registry.panels.register("member.detail", panels.service_of_member)
        registry.panels.register("my_page", panels.service_of_member)
        registry.panels.register("member.service", panels.service_of_member)
        registry.panels.register("organisation.detail", panels.projects_of_organisation)
        registry.panels.register("registration.detail", panels.service_of_registration)
        registry.organisation_effects.register(effects.preview, effects.apply)
        registry.leaving.register(leaving.ends, leaving.facts, leaving.closed)
        registry.status_effects.register(leaving.preview_status, leaving.apply_status)
        registry.personal_data.register(personal.sections)
        registry.merging.register(personal.preview_merge, personal.apply_merge)
        registry.viewers.register(personal.viewers)
        registry.retentions.register(*personal.RETENTIONS)
