"""The one schedule: what beat wakes, and when (Asia/Shanghai). Both ways to run read it.

A task in it is a doorbell: it looks for rows whose time has come, so a missed or a
doubled ring changes nothing.
"""

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "wake promised work whose first call was lost": {
        "task": "dualmgmt.sweep_outbox",
        "schedule": 60.0,
        # A ring that waited longer than this is dropped: the next one does the same.
        "options": {"expires": 55},
    },
}
