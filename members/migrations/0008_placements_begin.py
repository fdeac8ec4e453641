"""Every registered member's placement of today becomes the first row of its history."""

from django.db import migrations


def begin(apps, schema_editor):
    registrations = apps.get_model("members", "ActivityRegistration").objects.exclude(placement=None)
    placement = apps.get_model("members", "Placement")
    rows = registrations.exclude(accepted_on=None).filter(placements=None).values_list(
        "pk", "placement_id", "accepted_on", "closed_on", "accepted_by_id"
    )
    placement.objects.bulk_create(
        (
            placement(registration_id=pk, organisation_id=where, started_on=first, ended_on=last, placed_by_id=by)
            for pk, where, first, last, by in rows.iterator(chunk_size=2000)
        ),
        batch_size=2000,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0007_reporting_in_complete"),
    ]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
