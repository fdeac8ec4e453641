"""A whole city's members and registrations, written by a few statements: what lists and searches are measured on.

PostgreSQL only. Names follow the frequency of surnames; the pages read no encrypted field of these rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from branches.enums import Kind, Role, Setting
from branches.models import Organisation
from members.actions.people import initials
from members.models import User
from tests.factories import AppointmentFactory, OrganisationFactory, UserFactory

# The most frequent first, so that every seventh person is a 王.
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜"
)
GIVEN = (
    "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国志海波宁福生永春梅文辉力元健世广义兴良清飞"
    "彬富顺信子昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆民友裕河哲江浩"
    "亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌栋维启克伦翔旭鹏泽晨辰士以家致树炎德行时泰盛雄琛钧冠策腾楠榕风航弘"
)


@dataclass
class Crowd:
    root: Organisation
    receiver: Organisation
    # Sees everything; sees one receiver; sees one themed branch.
    city: User
    community: User
    branch: User


def _tree(receivers: int, homes: int) -> Organisation:
    """A city with streets of ten receivers, each with three branches, and units of ten home branches."""
    root = OrganisationFactory(code="CROWD", name="中共某市委员会", kind=Kind.COMMITTEE, parent=None)
    step, rows = Organisation._get_path, []

    def node(path: str, code: str, name: str, **fields: object) -> str:
        depth = len(path) // Organisation.steplen
        fields = {"kind": Kind.COMMITTEE, "founded_on": None, **fields}
        rows.append(Organisation(path=path, depth=depth, code=code, name=name, **fields))
        return path

    for number in range(receivers):
        street = step(root.path, 2, number // 10 + 1)
        if number % 10 == 0:
            node(street, f"CS{number}", f"第{number // 10}街道党工委", numchild=10)
        place = node(
            step(street, 3, number % 10 + 1),
            f"CR{number}",
            f"第{number}社区党委",
            accepts_registrations=True,
            numchild=3,
        )
        for n in range(3):
            setting = Setting.THEMED if n else Setting.STANDARD
            name = f"第{number}社区第{n}党支部"
            node(step(place, 4, n + 1), f"CR{number}-{n}", name, kind=Kind.BRANCH, setting=setting)
    for number in range(homes):
        unit = step(root.path, 2, 2000 + number // 10)
        if number % 10 == 0:
            node(unit, f"CU{number}", f"第{number // 10}单位党委", numchild=10)
        node(
            step(unit, 3, number % 10 + 1),
            f"CH{number}",
            f"第{number // 10}单位第{number % 10}党支部",
            kind=Kind.BRANCH,
        )
    Organisation.objects.bulk_create(rows, batch_size=2000)
    return root


MEMBERS = """
INSERT INTO members_member (name, name_initials, sex, ethnicity, education, id_number, id_hash, phone, phone_hash,
    home_address, kind, party_post, work_unit, work_post, work_status, status, exempt, exempt_reason, wishes,
    available_times, created_at)
SELECT surname || given, surname_letter || given_letters, '1', '', '', '', 'crowd' || n, '', '', '', 'full', '',
    '第' || n %% %(homes)s / 10 || '单位', '', 'in_service', 'normal', false, '', '', '', now()
FROM (
    SELECT n, substr(%(surnames)s, s, 1) AS surname, substr(%(surname_letters)s, s, 1) AS surname_letter,
        substr(%(given)s, a, 1) || CASE WHEN n %% 4 > 0 THEN substr(%(given)s, b, 1) ELSE '' END AS given,
        substr(%(letters)s, a, 1) || CASE WHEN n %% 4 > 0 THEN substr(%(letters)s, b, 1) ELSE '' END AS given_letters
    FROM (
        SELECT n, 1 + floor(length(%(surnames)s) * power(random(), 2.2))::int AS s,
            1 + floor(length(%(given)s) * power(random(), 1.5))::int AS a,
            1 + floor(length(%(given)s) * power(random(), 1.5))::int AS b
        FROM generate_series(1, %(members)s) AS n OFFSET 0
    ) AS drawn OFFSET 0
) AS named
"""

HOMES = """
INSERT INTO members_homemembership (member_id, organisation_id, started_on, basis)
SELECT m.id, o.id, '2018-01-01', ''
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM members_member WHERE id_hash LIKE 'crowd%%') AS m
JOIN (SELECT id, row_number() OVER (ORDER BY path) - 1 AS n FROM branches_organisation WHERE code LIKE 'CH%%') AS o
    ON o.n = m.n %% %(homes)s
"""

REGISTRATIONS = """
INSERT INTO members_activityregistration (member_id, organisation_id, home_branch_id, placement_id, state, reason, form,
    pledge, walk_in, created_at, accepted_on, remark, decline_reason, leave_side, leave_remark, final_facts, closed_on,
    close_reason)
SELECT h.member_id, p.receiver, h.organisation_id, p.id, CASE WHEN h.n %% 12 = 0 THEN 'closed' ELSE 'active' END,
    'residence', '', '', false, now(), date '2024-01-01' + (h.n %% 700)::int, '', '', '', '', '',
    CASE WHEN h.n %% 12 = 0 THEN date '2026-06-01' END, CASE WHEN h.n %% 12 = 0 THEN 'other' ELSE '' END
FROM (
    SELECT member_id, organisation_id, row_number() OVER (ORDER BY random()) AS n
    FROM members_homemembership WHERE member_id IN (SELECT id FROM members_member WHERE id_hash LIKE 'crowd%%')
) AS h
JOIN (
    SELECT b.id, r.id AS receiver, row_number() OVER (ORDER BY b.path) - 1 AS n
    FROM branches_organisation AS b JOIN branches_organisation AS r ON b.path LIKE r.path || '%%'
    WHERE b.code LIKE 'CR%%-%%' AND r.accepts_registrations AND r.code LIKE 'CR%%'
) AS p ON p.n = h.n %% %(places)s
WHERE h.n <= %(registrations)s
"""

SKILLS = """
INSERT INTO members_member_skills (member_id, skill_id, level, certificate)
SELECT m.id, s.id, 'basic', ''
FROM (SELECT id, row_number() OVER () AS n FROM members_member WHERE id_hash LIKE 'crowd%%') AS m
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS many FROM members_skill) AS s
    ON s.n = m.n %% s.many
"""

TABLES = (
    "branches_organisation",
    "members_member",
    "members_homemembership",
    "members_activityregistration",
    "members_member_skills",
)


def fill(*, members: int, registrations: int, receivers: int = 1000, homes: int = 20_000) -> Crowd:
    """*members* at home in *homes* branches, *registrations* of them placed in the branches of *receivers*."""
    root = _tree(receivers, homes)
    values = {
        "members": members,
        "registrations": registrations,
        "homes": homes,
        "places": receivers * 3,
        "surnames": SURNAMES,
        "surname_letters": "".join(initials(sign) for sign in SURNAMES),
        "given": GIVEN,
        "letters": "".join(initials(sign) for sign in GIVEN),
    }
    with connection.cursor() as cursor:
        for statement in (MEMBERS, HOMES, REGISTRATIONS, SKILLS):
            cursor.execute(statement, values)
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")
    receiver = Organisation.objects.get(code="CR7")
    users = {}
    for name, place in (("city", root), ("community", receiver), ("branch", Organisation.objects.get(code="CR7-1"))):
        users[name] = UserFactory(username=f"crowd-{name}")
        AppointmentFactory(user=users[name], organisation=place, role=Role.SECRETARY)
    return Crowd(root=root, receiver=receiver, **users)
