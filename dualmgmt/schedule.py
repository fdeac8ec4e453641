"""The one schedule: what beat wakes, and when (Asia/Shanghai). Both ways to run read it.

A task in it is a doorbell: it looks for rows whose time has come, so a missed or a
doubled ring changes nothing.
"""

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "wake promised work whose first call was lost": {
        "task": "dualmgmt.sweep_outbox",
        "schedule": 60.0,
        # A ring that waited longer than this is dropped: the next one does the same.
        "options": {"expires": 55},
    },
    "seal the audit log": {
        "task": "dualmgmt.seal_audit",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "hand on report runs whose worker died": {
        "task": "evaluations.sweep_runs",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "prepare feedback, record silence, start due reports": {
        "task": "evaluations.daily",
        "schedule": crontab(hour=6, minute=10),
    },
    "expire slips, disable unused accounts of officers": {
        "task": "members.tidy_accounts",
        "schedule": crontab(hour=1, minute=10),
    },
    "delete what has been kept long enough": {
        "task": "dualmgmt.retain",
        "schedule": crontab(hour=2, minute=30),
    },
    "remind of transfers of the organisational relation": {
        "task": "members.remind_of_transfers",
        "schedule": crontab(hour=7, minute=10),
    },
    "expire paper letters": {
        "task": "members.expire_letters",
        "schedule": crontab(hour=0, minute=30),
    },
    "call letters to mind that end soon or are overdue": {
        "task": "members.remind_of_letters",
        "schedule": crontab(hour=8, minute=20),
    },
    "remind of registrations that are being left": {
        "task": "members.remind_leaving",
        "schedule": crontab(hour=7, minute=20),
    },
}
