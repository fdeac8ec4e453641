"""A purge is signed like a seal. Nullable, because SQLite would otherwise rebuild a table that triggers look at."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dualmgmt", "0005_form_drafts")]
    operations = [
        migrations.AddField(
            model_name="auditpurge",
            name="digest",
            field=models.CharField(blank=True, max_length=64, null=True),
        ),
    ]
