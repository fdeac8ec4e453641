"""REST access to the project hall and to one's claims, through the same querysets and actions as the pages."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from members.models import User
from projects.actions import claims
from projects.models import Claim, ServiceProject


def signed_in(request: Request) -> User:
    """The account behind a request; ``IsAuthenticated`` has turned everybody else away."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


class NewestFirst(CursorPagination):
    """Keyset pages: the thousandth costs what the first costs."""

    ordering = "-pk"


class ProjectSerializer(serializers.ModelSerializer[ServiceProject]):
    organisation = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    publisher = serializers.CharField(source="organisation.name", read_only=True)
    category = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    places_left = serializers.IntegerField(read_only=True)

    class Meta:
        model = ServiceProject
        fields = [
            "id", "number", "title", "description", "category", "kind", "organisation", "publisher", "place", "places",
            "places_left", "starts_at", "ends_at", "claims_open_at", "claims_close_at", "expected_hours", "open_to",
            "open_to_members", "open_to_branches", "state", "published_at",
        ]  # fmt: skip


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    number = serializers.CharField(read_only=True)
    project_title = serializers.CharField(source="project.title", read_only=True)
    claimant = serializers.CharField(read_only=True)

    class Meta:
        model = Claim
        fields = ["id", "number", "project", "project_title", "claimant", "places", "state", "claimed_at"]


class ProjectApiFilter(django_filters.FilterSet):
    organisation = django_filters.CharFilter(field_name="organisation__code")
    category = django_filters.CharFilter(field_name="category__code")

    class Meta:
        model = ServiceProject
        fields = ["kind", "state", "organisation", "category"]


class ProjectViewSet(ReadOnlyModelViewSet[ServiceProject]):
    """Projects one may see; ``claim`` takes a place for the member who is signed in."""

    queryset = ServiceProject.objects.none()
    serializer_class = ProjectSerializer
    filterset_class = ProjectApiFilter
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[ServiceProject]:
        rows = ServiceProject.objects.visible_to(signed_in(self.request))
        return rows.select_related("organisation", "category")

    @extend_schema(request=None, responses={201: ClaimSerializer, 409: None})
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """201 with the claim; 409 with a sentence and a code when it is refused."""
        user = signed_in(request)
        if user.as_member is None:
            raise PermissionDenied
        claim = claims.claim_as_member(project=self.get_object(), member=user.as_member, by=user)
        return Response(ClaimSerializer(claim).data, status=status.HTTP_201_CREATED)


class ClaimViewSet(ReadOnlyModelViewSet[Claim]):
    """One's own claims, one's branches' and those on one's projects."""

    queryset = Claim.objects.none()
    serializer_class = ClaimSerializer
    filterset_fields = ["state", "project"]
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Claim]:
        return Claim.objects.visible_to(signed_in(self.request)).select_related("project", "member", "branch")
