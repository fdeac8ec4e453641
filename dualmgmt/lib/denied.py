"""The one exception by which an action says no."""

from django.utils.functional import Promise


class ActionDenied(Exception):
    """An action was refused.

    ``reason`` is a sentence for the person who asked: pages show it as a
    message, the API as a 409, buttons as their tooltip. ``code`` is stable and
    meant for programs and tests.
    """

    def __init__(self, reason: str | Promise, code: str = "denied") -> None:
        super().__init__(str(code))
        self.reason = reason
        self.code = code

    def __str__(self) -> str:
        return str(self.reason)
