"""Doorbells of the projects app: an id comes in, one call goes out."""

from celery import shared_task

from projects import notices
from projects.models import Claim, Need, ServiceProject, ServiceRecord

_CLAIMS = Claim.objects.select_related(
    "project__organisation", "member", "branch", "claimed_by", "stands_in_for__member", "stands_in_for__project"
)
_RECORDS = ServiceRecord.objects.select_related("claim__project__organisation", "member")


@shared_task(name="projects.tell_need_reported")
def tell_need_reported(pk: int) -> None:
    notices.need_reported(Need.objects.select_related("organisation").get(pk=pk))


@shared_task(name="projects.tell_project_waits")
def tell_project_waits(pk: int) -> None:
    notices.project_waits(ServiceProject.objects.select_related("organisation").get(pk=pk))


@shared_task(name="projects.tell_project_returned")
def tell_project_returned(pk: int) -> None:
    notices.project_returned(ServiceProject.objects.get(pk=pk))


@shared_task(name="projects.tell_project_suspended")
def tell_project_suspended(pk: int) -> None:
    notices.project_suspended(ServiceProject.objects.get(pk=pk))


@shared_task(name="projects.tell_claim_made")
def tell_claim_made(pk: int) -> None:
    notices.claim_made(_CLAIMS.get(pk=pk))


@shared_task(name="projects.tell_claim_withdrawn")
def tell_claim_withdrawn(pk: int) -> None:
    notices.claim_withdrawn(_CLAIMS.get(pk=pk))


@shared_task(name="projects.tell_claim_confirmed")
def tell_claim_confirmed(pk: int) -> None:
    notices.claim_confirmed(_CLAIMS.get(pk=pk))


@shared_task(name="projects.tell_claim_ended")
def tell_claim_ended(pk: int) -> None:
    notices.claim_ended(_CLAIMS.get(pk=pk))


@shared_task(name="projects.tell_claim_freed")
def tell_claim_freed(pk: int) -> None:
    notices.claim_freed(_CLAIMS.get(pk=pk))


@shared_task(name="projects.tell_claim_offered")
def tell_claim_offered(pk: int) -> None:
    notices.claim_offered(_CLAIMS.get(pk=pk))


@shared_task(name="projects.tell_claim_taken_over")
def tell_claim_taken_over(pk: int) -> None:
    notices.claim_taken_over(_CLAIMS.get(pk=pk))


@shared_task(name="projects.tell_offer_declined")
def tell_offer_declined(pk: int) -> None:
    notices.offer_declined(_CLAIMS.get(pk=pk))


@shared_task(name="projects.tell_record_stated")
def tell_record_stated(pk: int) -> None:
    notices.record_stated(_RECORDS.get(pk=pk))


@shared_task(name="projects.tell_record_decided")
def tell_record_decided(pk: int) -> None:
    notices.record_decided(_RECORDS.get(pk=pk))
