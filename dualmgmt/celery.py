"""The Celery application; tasks are found in every app's ``tasks`` module."""

import os

from celery import Celery

from dualmgmt.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dualmgmt.settings")

app = Celery("dualmgmt")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()
