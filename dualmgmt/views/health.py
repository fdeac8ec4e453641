"""Health for the load balancer: the database answers and the outbox moves."""

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from dualmgmt.models import Outbox

# Work promised longer ago than this and not done means that no worker runs.
STUCK_AFTER = dt.timedelta(minutes=15)


@login_not_required
def health(request: HttpRequest) -> JsonResponse:
    stuck = Outbox.objects.filter(done_at=None, created_at__lt=timezone.now() - STUCK_AFTER, attempts=0).exists()
    return JsonResponse({"database": "ok", "worker": "stuck" if stuck else "ok"}, status=503 if stuck else 200)
