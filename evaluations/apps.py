from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationsConfig(AppConfig):
    name = "evaluations"
    verbose_name = _("Evaluations")

    def ready(self) -> None:
        from dualmgmt.lib import registry
        from evaluations import effects, panels, personal, todo

        for provider in todo.PROVIDERS:
            registry.todos.register(provider)
        registry.panels.register("member.post", panels.guidance_of_member)
        registry.panels.register("member.service", panels.feedback_of_member)
        registry.panels.register("member.service", panels.reported_of_member)
        registry.spans.register(panels.spans)
        registry.panels.register("member.detail", panels.evaluation_of_member)
        registry.panels.register("my_page", panels.evaluation_of_member)
        registry.organisation_effects.register(effects.preview, effects.apply)
        registry.personal_data.register(personal.sections)
        registry.viewers.register(personal.viewers)
        registry.merging.register(personal.preview_merge, personal.apply_merge)
