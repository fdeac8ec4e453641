"""What every page that changes something does: try the action, say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise

from dualmgmt.lib.denied import ActionDenied


def attempt(request: HttpRequest, action: Callable[[], Any], done: str | Promise) -> bool:
    """Run *action*; tell the user *done*, or the sentence by which it was refused."""
    try:
        action()
    except ActionDenied as denied:
        messages.error(request, str(denied))
        return False
    messages.success(request, str(done))
    return True


def complain(request: HttpRequest, form: forms.BaseForm) -> None:
    """Say what is wrong with a small form that has no page of its own."""
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        for error in errors:
            messages.error(request, f"{label}: {error}" if label else str(error))
