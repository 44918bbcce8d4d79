"""One search over everything, from every page: what this person may see, by subject, in one query each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q, QuerySet
from django.urls import reverse

from communications.models import Message
from drills.models import Action, Drill
from people.models import Contact, User
from people.permissions import Permission
from people.queries import teams_seen_by
from signoffs.models import Request
from workloads.models import UserFlow, Workload

LISTED = 8
WORDS_MAX = 8  # of a question; the rest is left out
CLOSE = 0.45  # of trigrams in common: "paymnt" finds "Payment", "rent" does not find "Current"


@dataclass(frozen=True)
class Hit:
    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `all_url` is the list that shows the rest, "" where there is none."""

    label: str
    icon: str
    hits: tuple[Hit, ...]
    has_more: bool = False
    all_url: str = ""
    is_close: bool = False


def words_of(question: str) -> list[str]:
    """The words that all have to be there, in any order. A NUL never reaches the database."""
    return question.replace("\0", " ").split()[:WORDS_MAX]


def search(user: User, question: str) -> list[Group]:
    """What fits all words, by subject; for workloads and people what is close to them, where nothing fits."""
    words = words_of(question)
    if not words:
        return []
    groups = [look(user, words) for look in _SUBJECTS]
    found = [group for group in groups if group.hits]
    return found or [group for group in (_close_workloads(user, words), _close_people(user, words)) if group.hits]


def _all(words: Iterable[str], *columns: str) -> Q:
    """Every word in at least one of the columns."""
    return reduce(and_, (reduce(or_, (Q(**{f"{c}__icontains": word}) for c in columns)) for word in words))


def _group(
    label: str, icon: str, rows: QuerySet[Any], hit: Callable[[Any], Hit], *, all_url: str = "", is_close: bool = False
) -> Group:
    found = list(rows[: LISTED + 1])
    return Group(label, icon, tuple(map(hit, found[:LISTED])), len(found) > LISTED, all_url, is_close)


def _listed(name: str, words: list[str]) -> str:
    return f"{reverse(name)}?{urlencode({'q': ' '.join(words)})}"


def _workload_hit(load: Workload) -> Hit:
    tier = f"tier {load.tier_now}" if load.tier_now is not None else "not classified"
    detail = " · ".join(filter(None, [tier, load.reference, load.purpose]))
    return Hit(load.name, detail, load.get_absolute_url())


def _workloads(user: User, words: list[str]) -> Group:
    tagged = Q(tags__contains=[words[0].lower()]) if len(words) == 1 else Q()
    fits = _all(words, "name", "reference", "purpose", "business_unit")
    rows = Workload.objects.visible_to(user).filter(fits | tagged if tagged else fits)
    return _group(
        "Workloads",
        "stack-2",
        rows.order_by("tier_now", "name"),
        _workload_hit,
        all_url=_listed("workloads:list", words),
    )


def _close_workloads(user: User, words: list[str]) -> Group:
    rows = (
        Workload.objects.visible_to(user)
        .annotate(close=TrigramWordSimilarity(" ".join(words), "name"))
        .filter(close__gte=CLOSE)
    )
    return _group("Workloads", "stack-2", rows.order_by("-close", "name"), _workload_hit, is_close=True)


def _flows(user: User, words: list[str]) -> Group:
    rows = UserFlow.objects.filter(_all(words, "name", "what"), workload__in=Workload.objects.visible_to(user))
    return _group(
        "User flows",
        "route",
        rows.select_related("workload").order_by("name", "pk"),
        lambda flow: Hit(flow.name, f"{flow.workload} · {flow.what}", flow.workload.get_absolute_url()),
    )


def _person_hit(person: User) -> Hit:
    return Hit(person.name, person.title, reverse("people:person", args=[person.pk]))


def _people(user: User, words: list[str]) -> Group:
    rows = User.objects.visible_to(user).filter(_all(words, "name", "title"), is_active=True)
    return _group("People", "users", rows.order_by("name"), _person_hit, all_url=_listed("people:list", words))


def _close_people(user: User, words: list[str]) -> Group:
    rows = (
        User.objects.visible_to(user)
        .filter(is_active=True)
        .annotate(close=TrigramWordSimilarity(" ".join(words), "name"))
        .filter(close__gte=CLOSE)
    )
    return _group("People", "users", rows.order_by("-close", "name"), _person_hit, is_close=True)


def _teams(user: User, words: list[str]) -> Group:
    rows = teams_seen_by(user).filter(_all(words, "name", "purpose")).order_by("name")
    return _group(
        "Teams",
        "users-group",
        rows,
        lambda team: Hit(team.name, team.purpose, f"{reverse('people:list')}?team={team.pk}"),
    )


def _contacts(user: User, words: list[str]) -> Group:
    rows = Contact.objects.filter(_all(words, "name", "organisation", "note")).order_by("organisation", "name")
    if not user.may(Permission.VIEW_PEOPLE):
        rows = rows.none()
    return _group(
        "Contacts", "id-badge", rows,
        lambda contact: Hit(contact.name, contact.organisation, reverse("people:contacts")),
        all_url=reverse("people:contacts"),
    )  # fmt: skip


def _drills(user: User, words: list[str]) -> Group:
    rows = Drill.objects.visible_to(user).filter(_all(words, "workload__name", "scenario", "kind"))
    return _group(
        "Drills",
        "flag",
        rows.select_related("workload").order_by("-window_start", "-pk"),
        lambda drill: Hit(
            f"{drill.workload}: {drill.get_kind_display().lower()}",
            f"{drill.get_state_display()} · {drill.window_start:%-d %b %Y}",
            drill.get_absolute_url(),
        ),
    )


def _actions(user: User, words: list[str]) -> Group:
    rows = Action.objects.visible_to(user).filter(_all(words, "title", "cause")).select_related("owner")
    return _group(
        "Actions",
        "checkbox",
        rows.order_by("-due_on", "-pk"),
        lambda action: Hit(
            action.title,
            f"{action.get_state_display()} · {action.owner} · {action.due_on:%-d %b %Y}",
            action.get_absolute_url(),
        ),
    )


def _signoffs(user: User, words: list[str]) -> Group:
    rows = Request.objects.visible_to(user).filter(_all(words, "title")).order_by("-requested_at", "-pk")
    return _group(
        "Documents for signature",
        "writing-sign",
        rows,
        lambda request: Hit(
            request.title,
            f"{request.get_state_display()} · {request.requested_at:%-d %b %Y}",
            reverse("signoffs:request", args=[request.pk]),
        ),
    )


def _messages(user: User, words: list[str]) -> Group:
    rows = Message.objects.visible_to(user).filter(_all(words, "subject_line")).order_by("-created_at", "-pk")
    return _group(
        "Messages",
        "send",
        rows,
        lambda message: Hit(message.subject_line, f"{message.created_at:%-d %b %Y}", message.get_absolute_url()),
        all_url=_listed("communications:list", words),
    )


_SUBJECTS = (
    _workloads, _flows, _people, _teams, _contacts, _drills, _actions, _signoffs, _messages,
)  # fmt: skip
