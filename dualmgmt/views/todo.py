"""Where everybody lands: what waits for me, and the next step."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from branches.capacity import acting_as, others
from dualmgmt.lib import registry


def todo(request: HttpRequest) -> HttpResponse:
    """What waits in the capacity chosen, and how much in the others."""
    elsewhere = [
        (appointment, sum(line.count for line in registry.todos.for_user(acting_as(request.user, appointment))))
        for appointment in others(request.user)
    ]
    context = {"todos": registry.todos.for_user(request.user), "elsewhere": [row for row in elsewhere if row[1]]}
    return render(request, "todo.html", context)
