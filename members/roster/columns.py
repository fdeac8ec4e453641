"""Columns of a roster and the headers offices give them."""

from django.utils.translation import gettext_lazy as _

SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "党员姓名", "名字"),
    "id_number": (
        "身份证号", "身份证号码", "公民身份号码", "公民身份证号", "公民身份证号码", "身份证",
        "居民身份证号", "证件号码",
    ),
    "sex": ("性别",),
    "ethnicity": ("民族",),
    "birth_date": ("出生日期", "出生年月", "出生年月日", "生日"),
    "education": ("学历", "文化程度", "学历学位"),
    "phone": ("联系电话", "手机号码", "手机号", "手机", "电话", "联系方式", "电话号码", "移动电话"),
    "home_address": ("家庭住址", "现居住地", "住址", "居住地址", "家庭地址", "现住址"),
    "kind": ("党员类别", "人员类别", "党员类型", "类别"),
    "joined_on": ("入党时间", "入党日期", "加入党组织日期", "加入党组织时间", "入党年月"),
    "full_on": ("转正时间", "转正日期", "转为正式党员日期"),
    "party_post": ("党内职务", "党内职务名称"),
    "work_unit": ("工作单位", "单位", "单位名称", "所在单位"),
    "work_post": ("职务", "工作岗位", "职务职称", "岗位"),
    "branch": ("所在支部", "所在党支部", "党支部", "组织关系所在党支部", "所属支部", "所属党支部", "支部名称"),
}  # fmt: skip
REQUIRED = ("name", "id_number")
# Texts taken as they stand, with the longest the registry holds.
TEXTS = {
    "ethnicity": 20,
    "education": 30,
    "home_address": 200,
    "party_post": 50,
    "work_unit": 100,
    "work_post": 50,
}
LABELS = {
    "name": _("Name"),
    "id_number": _("ID number"),
    "sex": _("Sex"),
    "ethnicity": _("Ethnicity"),
    "birth_date": _("Birth date"),
    "education": _("Education"),
    "phone": _("Phone"),
    "home_address": _("Home address"),
    "kind": _("Kind of member"),
    "joined_on": _("Joined the Party on"),
    "full_on": _("Full member since"),
    "party_post": _("Party post"),
    "work_unit": _("Employer"),
    "work_post": _("Post or title"),
    "branch": _("Home branch"),
}
