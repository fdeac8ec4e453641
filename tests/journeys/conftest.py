"""A real Chromium, one window per persona, and eyes on every page it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from dualmgmt.demo.personas import BY_KEY, PERSONAS
from dualmgmt.management.commands.seed_demo import seed

SCREENSHOTS = Path(settings.BASE_DIR) / "var" / "screenshots"
WIDTHS = {"phone": (390, 844), "desktop": (1440, 900), "phone-without-scripts": (390, 844)}
# Latin words that a Chinese page may show: the language switch, file formats, the browser itself, user names.
LATIN = {"English", "PDF", "xlsx", "Chrome", "Linux", *(row.username.rstrip("0123456789") for row in PERSONAS)}
VISIBLE_TEXT = """() => {
  const skip = new Set();
  for (const node of document.querySelectorAll('.code, code')) skip.add(node.innerText.trim());
  return [document.body.innerText, [...skip]];
}"""
OVERFLOWING = """() => [...document.querySelectorAll('body *')]
  .filter(node => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1
                  && !node.closest('.table-responsive, .visually-hidden'))
  .slice(0, 5).map(node => node.outerHTML.slice(0, 120))"""


def t(text: str) -> str:
    """What the page says for the source string *text*."""
    with translation.override("zh-hans"):
        return gettext(text)


class Window:
    """One person at one screen. Every page that is looked at is checked and photographed."""

    def __init__(self, context: BrowserContext, base: str, size: str, who: str) -> None:
        self.page: Page = context.new_page()
        self.context, self.base, self.size, self.who = context, base, size, who
        self.troubles: list[str] = []
        self.foreign: dict[str, set[str]] = {}  # by path; told at the end, all at once
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))
        self.page.on("response", self._response)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(f"console {message.type}: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status} for {response.url.removeprefix(self.base)}")

    def sign_in(self) -> None:
        persona = BY_KEY[self.who]
        self.go("/accounts/login/")
        self.page.locator("[name=login]").fill(persona.username)
        self.page.locator("[name=password]").fill(persona.password)
        self.press("Sign in", inside="main")
        assert self.path == "/todo/", f"{self.who} landed on {self.path}"

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.base)

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def go(self, path: str) -> None:
        self.page.goto(f"{self.base}{path}")
        self.check()

    def press(self, label: str, *, inside: str = "main", nth: int = 0) -> None:
        """The button that says *label*, then the page it leads to."""
        self._press(self.page.locator(inside).get_by_role("button", name=t(label), exact=True).nth(nth))

    def follow(self, label: str, *, inside: str = "main") -> None:
        """The link that says *label*; given as a source string or as it stands on the page."""
        self._press(self.page.locator(inside).get_by_role("link", name=t(label)).first)

    def _press(self, locator: Locator) -> None:
        locator.wait_for(state="visible", timeout=5_000)
        with self.page.expect_navigation(timeout=20_000):
            locator.click()
        self.check()

    def open(self, label: str) -> None:
        """Fold out the part that says *label*."""
        self.page.locator("summary").filter(has_text=t(label)).first.click()

    def todo(self, label: str) -> None:
        """From the to-do list to the work, as somebody does who has just signed in."""
        self.go("/todo/")
        self.follow(label)

    def fill(self, name: str, value: str) -> None:
        self.page.locator(f"main [name$='{name}']:visible").first.fill(value)

    def choose(self, name: str, label: str | None = None, *, value: str | None = None) -> None:
        box = self.page.locator(f"main select[name$='{name}']:visible").first
        box.select_option(label=label) if value is None else box.select_option(value=value)

    def says(self, *texts: str) -> None:
        for text in texts:
            assert t(text) in self.text, f"{self.who} at {self.path} does not read “{t(text)}”:\n{self.text}"

    def look(self, name: str) -> None:
        """Keep a picture of the page as it is; without scripts it looks as on the phone, and must work."""
        if self.size.endswith("without-scripts"):
            return
        folder = SCREENSHOTS / self.size
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(folder / f"{name}.png"), full_page=True)

    def has_authenticator(self) -> None:
        """From now on the device has a lock of its own, which lets its owner in at once."""
        tools = self.context.new_cdp_session(self.page)
        tools.send("WebAuthn.enable")
        lock = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
        lock |= {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
        tools.send("WebAuthn.addVirtualAuthenticator", {"options": lock})

    def hindrances(self) -> list[tuple[str, list[str]]]:
        """What axe finds on the page by WCAG 2 AA, contrast included; needs scripts."""
        result = Axe().run(self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        return [
            (rule["id"], [node["html"][:100] for node in rule["nodes"][:3]]) for rule in result.response["violations"]
        ]

    def check(self) -> None:
        """No error, nothing to scroll sideways for; foreign words are noted."""
        assert not self.troubles, f"{self.who} at {self.path}: {self.troubles}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.path} is {wide} px too wide: {self.page.evaluate(OVERFLOWING)}"
        text, codes = self.page.evaluate(VISIBLE_TEXT)
        for code in codes:
            text = text.replace(code, "")
        # Codes that people quote are capitals and digits; a word has a small letter.
        words = {word for word in re.findall(r"[A-Za-z0-9_.\-]{3,}", text) if re.fullmatch(r"[A-Za-z][a-z]{2,}", word)}
        if words - LATIN:
            self.foreign.setdefault(re.sub(r"\d+", "n", self.path), set()).update(words - LATIN)


class People:
    """Windows by persona key; ``resident`` has no account."""

    def __init__(self, browser: Browser, base: str, size: str) -> None:
        self.browser, self.base, self.size = browser, base, size
        self.windows: dict[str, Window] = {}

    def __getitem__(self, who: str) -> Window:
        if who not in self.windows:
            width, height = WIDTHS[self.size]
            context = self.browser.new_context(
                viewport={"width": width, "height": height},
                java_script_enabled=not self.size.endswith("without-scripts"),
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
            )
            context.set_default_timeout(10_000)
            window = self.windows[who] = Window(context, self.base, self.size, who)
            if who in BY_KEY:
                window.sign_in()
        return self.windows[who]

    def all_translated(self) -> None:
        """No page showed a word in Latin letters; each page is told with a few of them."""
        found = {path: sorted(words)[:5] for window in self.windows.values() for path, words in window.foreign.items()}
        assert not found, "not translated:\n" + "\n".join(f"{path}: {words}" for path, words in found.items())


@pytest.fixture(scope="module")
def chromium(chromium_path: str, django_db_setup: None) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs a loop in this thread, which Django takes for an async caller.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox", "--lang=zh-CN"])
        yield browser
        browser.close()


@pytest.fixture(params=sorted(WIDTHS))
def people(request: Any, chromium: Browser, transactional_db: None, live_server: Any) -> Iterator[People]:
    seed("small")
    people = People(chromium, live_server.url, request.param)
    yield people
    for window in people.windows.values():
        window.context.close()
