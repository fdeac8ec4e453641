"""The table that linked members and skills becomes a model of its own, with level and certificate; its rows stay."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0005_privacy"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="MemberSkill",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("member", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="skill_rows", to="members.member")),
                        ("skill", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="member_rows", to="members.skill", verbose_name="skill")),
                    ],
                    options={
                        "verbose_name": "skill of a member",
                        "verbose_name_plural": "skills of members",
                        "db_table": "members_member_skills",
                        "unique_together": {("member", "skill")},
                    },
                ),
                migrations.AlterField(
                    model_name="member",
                    name="skills",
                    field=models.ManyToManyField(blank=True, related_name="members", through="members.MemberSkill", to="members.skill", verbose_name="skills"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="memberskill",
            name="level",
            field=models.CharField(choices=[("basic", "Basic"), ("proficient", "Proficient"), ("professional", "Professional")], default="basic", max_length=12, verbose_name="level"),
        ),
        migrations.AddField(
            model_name="memberskill",
            name="certificate",
            field=models.CharField(blank=True, max_length=100, verbose_name="certificate"),
        ),
        migrations.AddField(
            model_name="memberskill",
            name="certificate_valid_until",
            field=models.DateField(blank=True, null=True, verbose_name="certificate valid until"),
        ),
        migrations.AddConstraint(
            model_name="memberskill",
            constraint=models.CheckConstraint(condition=models.Q(("level__in", ["basic", "proficient", "professional"])), name="skill_level_known"),
        ),
        migrations.AddConstraint(
            model_name="memberskill",
            constraint=models.CheckConstraint(condition=models.Q(("certificate_valid_until", None), models.Q(("certificate", ""), _negated=True), _connector="OR"), name="validity_is_of_a_certificate"),
        ),
    ]
