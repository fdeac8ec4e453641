"""Where people may sign in from: WeCom 企业微信 and DingTalk 钉钉, beside the portal's own password.

django-allauth looks for ``provider_classes`` in this module. A provider is two
steps: an address to send the browser to, and a code that comes back and is
exchanged for the person's number there. Another one (a city's own platform) is
one more class and one more entry in ``settings.SIGN_IN_PROVIDERS``.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from allauth.socialaccount.providers.base import Provider, ProviderAccount
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TIMEOUT_SECONDS = 8


class ExchangeFailed(Exception):
    """The provider did not answer, or did not know the code."""


def ask(url: str, *, body: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The JSON object that *url* answers; addresses come from the settings alone."""
    data = json.dumps(body).encode() if body is not None else None
    request = Request(url, data, {"Content-Type": "application/json", **(headers or {})})  # noqa: S310 - see above
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            found = json.load(answer)
    except (URLError, TimeoutError, ValueError) as error:
        # The address holds a secret: it must not reach a log.
        raise ExchangeFailed(type(error).__name__) from None
    if not isinstance(found, dict):
        raise ExchangeFailed("no object")
    return found


class CodeProvider(Provider):
    """Sends the browser away with a state of its own and takes a code back."""

    uses_apps = False
    supports_redirect = True
    account_class = ProviderAccount
    do_not_call_in_templates = True
    label: str | Promise = ""
    # What the provider calls the code in the address it sends people back to.
    code_name = "code"

    @classmethod
    def configured(cls) -> dict[str, str]:
        """What the office was given by the provider; nothing where it is not in use."""
        known: dict[str, str] = settings.SIGN_IN_PROVIDERS.get(cls.id, {})
        return known if known.get("id") else {}

    def back_url(self, request: HttpRequest) -> str:
        return request.build_absolute_uri(reverse("identity_back", args=[self.id]))

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        state = self.stash_redirect_state(request, process, next_url=next_url, data=data, **kwargs)
        return HttpResponseRedirect(self.address(request, state))

    def address(self, request: HttpRequest, state: str) -> str:
        """Where the browser goes, with the way back in it."""
        raise NotImplementedError

    def exchange(self, code: str) -> str:
        """The person's number at the provider. Raises :class:`ExchangeFailed`."""
        raise NotImplementedError

    def extract_uid(self, data: dict[str, str]) -> str:
        return data["uid"]

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Nothing but the number is kept: neither name nor picture nor phone."""
        return {}


class WeCom(CodeProvider):
    """企业微信, or an office's own installation of it; the application must be visible to those who sign in."""

    id = "wecom"
    name = "WeCom"
    label = _("WeCom")

    def address(self, request: HttpRequest, state: str) -> str:
        known = self.configured()
        way = {"appid": known["id"], "agentid": known["agent"], "redirect_uri": self.back_url(request), "state": state}
        if "wxwork" in request.META.get("HTTP_USER_AGENT", ""):  # inside the app no square code is needed
            way |= {"response_type": "code", "scope": "snsapi_base"}
            return f"{known['in_app']}?{urlencode(way)}#wechat_redirect"
        return f"{known['login']}?{urlencode({'login_type': 'CorpApp', **way})}"

    def exchange(self, code: str) -> str:
        known = self.configured()
        key = ask(f"{known['api']}/gettoken?{urlencode({'corpid': known['id'], 'corpsecret': known['secret']})}")
        asked = urlencode({"access_token": key.get("access_token", ""), "code": code})
        found = ask(f"{known['api']}/auth/getuserinfo?{asked}")
        # Somebody who is not of the corporation has an ``openid`` only.
        if found.get("errcode") or not found.get("userid"):
            raise ExchangeFailed(f"errcode {found.get('errcode')}")
        return str(found["userid"])


class DingTalk(CodeProvider):
    """钉钉: the number is the person's own with this application (``openId``)."""

    id = "dingtalk"
    name = "DingTalk"
    label = _("DingTalk")
    code_name = "authCode"

    def address(self, request: HttpRequest, state: str) -> str:
        known = self.configured()
        way = {"response_type": "code", "scope": "openid", "prompt": "consent", "client_id": known["id"]}
        return f"{known['login']}?{urlencode({**way, 'redirect_uri': self.back_url(request), 'state': state})}"

    def exchange(self, code: str) -> str:
        known = self.configured()
        asked = {"clientId": known["id"], "clientSecret": known["secret"], "code": code}
        key = ask(f"{known['api']}/v1.0/oauth2/userAccessToken", body={**asked, "grantType": "authorization_code"})
        headers = {"x-acs-dingtalk-access-token": str(key.get("accessToken", ""))}
        found = ask(f"{known['api']}/v1.0/contact/users/me", headers=headers)
        if not found.get("openId"):
            raise ExchangeFailed("no openId")
        return str(found["openId"])


provider_classes = [WeCom, DingTalk]
