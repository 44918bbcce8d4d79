"""The forms of a page as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

from django.test import Client


@dataclass
class Form:
    """One form that is posted: where it goes, and what its fields hold."""

    action: str
    fields: dict[str, Any] = field(default_factory=dict)
    has_file: bool = False


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.forms = address, list[Form]()
        self.inside, self.select, self.text = False, "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = (given.get("method") or "get").lower() == "post"
            if self.inside:
                form = Form(urljoin(self.address, given.get("action") or self.address))
                form.has_file = given.get("enctype") == "multipart/form-data"
                self.forms.append(form)
        if not self.inside or not self.forms:
            return
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio", "file") or "checked" in given):
            self.forms[-1].fields[name] = value
        elif tag in ("select", "textarea"):
            self.select, self.text = name, ""
        elif tag == "option" and "selected" in given and self.select:
            self.forms[-1].fields[self.select] = value

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.inside:
            self.forms[-1].fields[self.select] = self.text.removeprefix("\n")
        if tag == "form":
            self.inside = False


def forms_in(address: str, html: str) -> list[Form]:
    """Every form of this page that is posted."""
    reader = _Reader(address)
    reader.feed(html)
    return reader.forms


def send(client: Client, form: Form, changes: dict[str, Any] | None = None, **options: Any) -> Any:
    """Send it as a browser does: with a file in parts, else in one line."""
    fields = form.fields | (changes or {})
    if form.has_file:
        return client.post(form.action, fields, **options)
    kind = "application/x-www-form-urlencoded"
    return client.post(form.action, urlencode(fields, doseq=True), content_type=kind, **options)


def form_of(client: Client, address: str, *, to: str = "") -> Form:
    """The form of this page that goes `to` an address, without it to the page's own."""
    answer = client.get(address)
    assert answer.status_code == 200, f"{address} answered {answer.status_code}"
    goal = to or address.partition("?")[0]
    found = [form for form in forms_in(address, answer.text) if form.action.partition("?")[0] == goal]
    assert len(found) == 1, f"{address} has {len(found)} forms to {to or 'itself'}"
    return found[0]
