"""Doorbells of the branches app: an id comes in, one call goes out."""

from celery import shared_task

from branches import notices
from branches.models import Appointment

_APPOINTMENTS = Appointment.objects.select_related("user", "organisation", "granted_by", "replaces__user")


@shared_task(name="branches.tell_appointment_proposed")
def tell_appointment_proposed(pk: int) -> None:
    notices.proposed(_APPOINTMENTS.get(pk=pk))


@shared_task(name="branches.tell_appointment_decided")
def tell_appointment_decided(pk: int) -> None:
    notices.decided(_APPOINTMENTS.get(pk=pk))


@shared_task(name="branches.tell_appointment_ended")
def tell_appointment_ended(pk: int) -> None:
    notices.ended(_APPOINTMENTS.get(pk=pk))
