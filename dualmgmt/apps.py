from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.db.models.signals import post_migrate


def ensure_cache_table(sender: AppConfig, using: str, **kwargs: object) -> None:
    """The database cache needs its table before the first request; migrating makes it."""
    if settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
        call_command("createcachetable", database=using, verbosity=0)


class DualmgmtConfig(AppConfig):
    name = "dualmgmt"
    verbose_name = "Portal"

    def ready(self) -> None:
        from dualmgmt import identities, retention
        from dualmgmt.lib import drafts, registry

        registry.retentions.register(*retention.KINDS)
        registry.personal_data.register(drafts.sections)
        registry.personal_data.register(identities.sections)
        post_migrate.connect(ensure_cache_table, sender=apps.get_app_config("dualmgmt"))
