"""All URLs of the portal; apps keep theirs in their own ``urls.py``."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
