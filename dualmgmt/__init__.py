"""Floor and roof of the portal: settings, shared library, job queue, start pages."""

from dualmgmt.celery import app as celery_app

__all__ = ["celery_app"]
