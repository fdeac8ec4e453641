"""API errors speak with the same sentences as the pages."""

from typing import Any

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from dualmgmt.lib.denied import ActionDenied


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refused action with 409 and its sentence; leave the rest to DRF."""
    if isinstance(error, ActionDenied):
        return Response({"detail": str(error.reason), "code": error.code}, status=status.HTTP_409_CONFLICT)
    return exception_handler(error, context)
