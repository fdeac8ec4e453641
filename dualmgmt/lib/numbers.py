"""Numbers that people quote: issuer, year and a running number without gaps or repeats."""

from django.db import IntegrityError, transaction
from django.db.models import F

from dualmgmt.models import RunningNumber


def take(scope: str, year: int) -> int:
    """The next number of *scope* in *year*, from 1.

    Must run inside the caller's transaction: the row stays locked until it
    ends, so a rolled-back caller leaves no gap and no two callers get the same.
    """
    if not RunningNumber.objects.filter(scope=scope, year=year).update(last=F("last") + 1):
        try:
            with transaction.atomic():
                RunningNumber.objects.create(scope=scope, year=year, last=1)
            return 1
        except IntegrityError:  # another first caller was faster; its row is there now
            RunningNumber.objects.filter(scope=scope, year=year).update(last=F("last") + 1)
    return RunningNumber.objects.values_list("last", flat=True).get(scope=scope, year=year)
