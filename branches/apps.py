from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = _("Organisations")

    def ready(self) -> None:
        from branches import effects, queries, todo
        from dualmgmt.lib import registry

        registry.organisation_effects.register(effects.preview, effects.apply)
        registry.candidates.register(queries.in_office)
        for provider in todo.PROVIDERS:
            registry.todos.register(provider)
