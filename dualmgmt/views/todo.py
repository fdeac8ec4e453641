"""Where everybody lands: what waits for me, and the next step."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dualmgmt.lib import registry


def todo(request: HttpRequest) -> HttpResponse:
    return render(request, "todo.html", {"todos": registry.todos.for_user(request.user)})
