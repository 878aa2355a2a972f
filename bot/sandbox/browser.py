"""A person's browser in the pretend Slack and the pretend Globus."""

from collections.abc import Collection
from html.parser import HTMLParser
from http.cookiejar import Cookie
from typing import Any
from urllib.parse import urljoin

import requests
from requests.cookies import RequestsCookieJar
from typing_extensions import override


class NotDone(Exception):
    """Something that a person tried was refused, or did not happen in time."""


class Browser:
    """A browser in the pretend Slack and Globus: signs in, reads what is asked, and allows or declines it.

    Its cookies are shared by all ports of a host, as everywhere. Like browsers do on loopback, it sends those
    that are `Secure` over plain HTTP too, which `requests` on its own would not.
    """

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.cookies = _LoopbackCookies()

    def open(self, address: str) -> "ConsentPage":
        """Open a sign-in link; raises NotDone, with what the page says, if Globus shows an error."""
        answer = self._session.get(address, timeout=30)
        if not answer.ok:
            raise NotDone(_text(answer.text))
        return ConsentPage(answer.url, answer.text)

    def allow(
        self,
        page: "ConsentPage",
        *,
        identity: str,
        decline: Collection[str] = (),
        second_factor: bool = False,
    ) -> str:
        """Allow what the page asks, but the collections in `decline`; gives the code that Globus shows."""
        consents = [consent for consent in page.consents if consent not in decline]
        form = [*page.hidden.items(), ("identity", identity), ("decision", "allow")]
        form += [("consent", consent) for consent in consents]
        form += [("second_factor", "on")] if second_factor else []
        answer = self._session.post(page.action, data=form, timeout=30)
        if not answer.ok:
            raise NotDone(_text(answer.text))
        return _Code.read(answer.text)

    def give(self, page: "ConsentPage", *, identity: str, follow: bool = True) -> requests.Response:
        """Allow all that the page asks, and follow Globus back to whoever asked; gives the page there."""
        consents = [("consent", one) for one in page.consents]
        form = [*page.hidden.items(), ("identity", identity), ("decision", "allow"), *consents]
        return self._session.post(page.action, data=form, allow_redirects=follow, timeout=30)

    def cookies(self) -> list[str]:
        """Give what the cookies hold."""
        return [cookie.value for cookie in self._session.cookies if cookie.value]

    def get(self, address: str, *, follow: bool = True) -> requests.Response:
        """Open any address; gives what comes back, redirects followed unless `follow` is false."""
        return self._session.get(address, allow_redirects=follow, timeout=30)

    def go_on(self, answer: requests.Response, *, follow: bool = True) -> requests.Response:
        """Press the one button of a page with a form."""
        page = ConsentPage(answer.url, answer.text)
        return self._session.post(page.action, data=page.hidden, allow_redirects=follow, timeout=30)

    def forget(self) -> None:
        """Delete all cookies."""
        self._session.cookies.clear()

    def sign_in_to_slack(
        self, address: str, user_id: str, *, team_id: str | None = None, allow: bool = True
    ) -> requests.Response:
        """Follow an address to Slack's sign-in, choose who one is there, allow or decline, and go on.

        Gives the page on which that ends, whatever its status; its `history` has the redirects. Where the
        address does not lead to a page of Slack's that asks, that is the page it does lead to. Without
        `team_id` it is the first workspace that has this user, the one that the app asked for before others.
        """
        return self._answer_slack(address, user_id, team_id, allow=allow)

    def install_in_slack(
        self, address: str, user_id: str, *, where: str, allow: bool = True
    ) -> requests.Response:
        """Follow an address to Slack's installation page and install there: in a workspace or enterprise.

        Gives the page on which that ends, as `sign_in_to_slack` does.
        """
        return self._answer_slack(address, user_id, where, allow=allow)

    def _answer_slack(
        self, address: str, user_id: str, where: str | None, *, allow: bool
    ) -> requests.Response:
        answer = self._session.get(address, timeout=30)
        page = ConsentPage(answer.url, answer.text)
        if not page.people:
            return answer
        wanted = [one.partition("/") for one in page.people]
        chosen = [one for one, _, user in wanted if user == user_id and where in {None, one}]
        if not chosen:
            raise NotDone(f"nobody on Slack's page is {where or 'anywhere'}/{user_id}: {page.words}")
        decision = "allow" if allow else "deny"
        form = page.hidden | {"who": f"{chosen[0]}/{user_id}", "decision": decision}
        return self._session.post(page.action, data=form, timeout=30)


class _LoopbackCookies(RequestsCookieJar):
    """Keeps `Secure` cookies as if they were not: all that the sandbox serves is on loopback."""

    @override
    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> Any:
        cookie.secure = False
        return super().set_cookie(cookie, *args, **kwargs)


class ConsentPage(HTMLParser):
    """A page on which Globus or Slack asks, and what it says in words.

    Globus's has optional consents, by collection ID; Slack's has people, by their workspace and user ID.
    """

    def __init__(self, address: str, page: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.consents: list[str] = []
        self.people: list[str] = []
        self.action = address
        self._address = address
        self.feed(page)
        self.words = _text(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = urljoin(self._address, given.get("action", ""))
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value", "")
        elif tag == "input" and given.get("name") == "consent":
            self.consents.append(given["value"])
        elif tag == "input" and given.get("name") == "who":
            self.people.append(given["value"])


class _Code(HTMLParser):
    """Finds the code on the page that shows it."""

    def __init__(self) -> None:
        super().__init__()
        self._inside = False
        self.code = ""

    @classmethod
    def read(cls, page: str) -> str:
        parser = cls()
        parser.feed(page)
        if not parser.code:
            raise NotDone(f"the page shows no code: {_text(page)}")
        return parser.code

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = ("id", "code") in attrs

    @override
    def handle_data(self, data: str) -> None:
        if self._inside:
            self.code += data.strip()

    @override
    def handle_endtag(self, tag: str) -> None:
        self._inside = False


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in {"script", "style", "title"}

    @override
    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    @override
    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(" ".join(data.split()))


def _text(page: str) -> str:
    parser = _Words()
    parser.feed(page)
    return " ".join(parser.words)
