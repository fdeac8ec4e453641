"""What somebody has typed into a form and not sent yet: saved while typing, kept when the session is lost.

The page that shows a form calls :func:`opened` and includes ``components/draft_notice.html``
before the form and ``components/draft.html`` in it. That writes a signed field ``draft`` into
the form, which says whose form it is, which one, and on which page it stands. Only with that
field is anything saved, so nobody can save for another person or under a key of their own making.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from dualmgmt.lib.secrets import decrypt, encrypt
from dualmgmt.lib.sheets import Sheet
from dualmgmt.models import FormDraft

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest

    from members.models import User

FIELD = "draft"
# A form of this size is no form of ours any more.
MAX_CHARACTERS = 40_000
# As long as a draft itself is kept.
MAX_AGE = dt.timedelta(days=30)
_SALT = "dualmgmt.drafts"
_STASH = "draft_of_before"
_LEFT_OUT = {FIELD, "csrfmiddlewaretoken"}


class Draft:
    """The draft of one form of one person; *key* names the form, and the row that it is about.

    ``saved_at`` is ``None`` where there is none.
    """

    def __init__(self, user: User, key: str, page: str) -> None:
        self.user, self.key, self.page = user, key, page
        self._row = FormDraft.objects.filter(user=user, key=key).first()
        self.saved_at = self._row.saved_at if self._row else None
        self.restored = False
        self.token = signing.dumps([user.pk, key, page], salt=_SALT, compress=True)

    def restore(self, *shown: forms.BaseForm) -> None:
        """Fill forms that are not bound with what was typed, as if it were what the portal holds."""
        data = MultiValueDict(self._row.data if self._row else {})
        for form in shown if data else ():
            for name, field in form.fields.items() if not form.is_bound else ():
                full = form.add_prefix(name)
                if not field.disabled and not field.widget.value_omitted_from_data(data, MultiValueDict(), full):
                    form.initial[name] = field.widget.value_from_datadict(data, MultiValueDict(), full)
                    self.restored = True

    def sent(self) -> None:
        """The form has gone where it belongs."""
        discard(self.user, self.key)


def opened(request: HttpRequest, key: str, *shown: forms.BaseForm) -> Draft:
    """The draft of a form on this page, put back into it."""
    assert request.user.is_authenticated
    draft = Draft(request.user, key, request.get_full_path())
    draft.restore(*shown)
    return draft


def discard(user: User, key: str) -> None:
    FormDraft.objects.filter(user=user, key=key).delete()


def addressed(posted: MultiValueDict[str, str]) -> tuple[int, str, str] | None:
    """Whose form, which one, and the page it stands on, by the signed field of what was sent."""
    try:
        user_pk, key, page = signing.loads(posted.get(FIELD) or "", salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return user_pk, key, page


def typed(posted: MultiValueDict[str, str]) -> dict[str, list[str]] | None:
    """What is worth keeping; ``None`` where it is too much for a form."""
    data = {name: values for name, values in posted.lists() if name not in _LEFT_OUT}
    return data if len(json.dumps(data, ensure_ascii=False)) <= MAX_CHARACTERS else None


def save(user_pk: int, key: str, data: dict[str, list[str]], at: dt.datetime) -> None:
    FormDraft.objects.update_or_create(user_id=user_pk, key=key, defaults={"data": data, "saved_at": at})


def keep(request: HttpRequest) -> None:
    """A form without a page of its own was refused: what was typed comes back where it stands."""
    found, data = addressed(request.POST), typed(request.POST)
    if found is not None and data is not None and found[0] == request.user.pk:
        save(found[0], found[1], data, timezone.now())


def stash(request: HttpRequest) -> str | None:
    """Somebody sent a form after the session was lost: keep it in the new session, unreadable, until they sign in.

    Returns the page of the form, or ``None`` where there was nothing to keep.
    """
    found, data = addressed(request.POST), typed(request.POST)
    if found is None or data is None or "discard" in data:
        return None
    kept = json.dumps([*found, data, timezone.now().isoformat()])
    request.session[_STASH] = encrypt(kept)
    return found[2]


def claim(request: HttpRequest, user: User) -> None:
    """After signing in: a form that this very person had sent becomes their draft; anybody else's is forgotten."""
    kept = request.session.pop(_STASH, None)
    if kept is None:
        return
    user_pk, key, _page, data, moment = json.loads(decrypt(kept))
    at = dt.datetime.fromisoformat(moment)
    newer = FormDraft.objects.filter(user=user, key=key, saved_at__gt=at).exists()
    if user_pk == user.pk and timezone.now() - at < MAX_AGE and not newer:
        save(user.pk, key, data, at)


def sections(member: Any) -> Iterable[Sheet]:
    """For the copy of one's own data: that something was typed and not sent.

    Not what it says: an officer's drafts are about other people. Its own page shows it.
    """
    rows = FormDraft.objects.filter(user=member.user_id).order_by("-saved_at") if member.user_id else []
    lines = [
        [timezone.localtime(row.saved_at).date(), sum(any(values) for values in row.data.values())] for row in rows
    ]
    yield Sheet(_("Forms not sent"), [_("Saved on"), _("Fields filled in")], lines)
