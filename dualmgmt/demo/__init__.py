"""Made-up people and history on real divisions, to try the portal with."""

from django.conf import settings

# The demo's root committee: no office would choose this code, so it tells a demo from real data.
ROOT_CODE = "DEMO"


def is_demo() -> bool:
    """Whether this database holds the demo; never true in production settings.

    Asked on the sign-in page only, where one indexed query is cheaper than a
    flag that outlives the data.
    """
    from branches.models import Organisation

    return not settings.PRODUCTION and Organisation.objects.filter(code=ROOT_CODE).exists()
