from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")

    def ready(self) -> None:
        from dualmgmt.lib import registry
        from members import todo

        for provider in todo.PROVIDERS:
            registry.todos.register(provider)
