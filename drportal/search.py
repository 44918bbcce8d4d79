"""One search over everything, from every page: what this person may see, by subject, in one query each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from communications.models import Message
from drills.models import Action, Drill, DrillKind
from people.models import Contact, User
from people.permissions import Permission
from people.queries import teams_seen_by
from signoffs.models import Request
from workloads.dependencies.queries import third_parties_for
from workloads.models import UserFlow, Workload
from workloads.models.flows import FLOW_SAID
from workloads.models.register import SAID
from workloads.queries import waived_until
from workloads.reach import Reach, reach_of
from workloads.words import Spelled, all_of, names_in, spelled, words_of

LISTED = 8
# Of things with the words, the best of so many are listed: a common word is in every second one, and to put all of them in
# order takes long. Without an order of its own, finding them is left to the index of words.
LOOKED_AT = 1_000
NAMES_MAX = 2000  # of a kind, when somebody has mistyped


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


def search(user: User, question: str, *, on: dt.date) -> list[Group]:
    """What fits all words, by subject; where nothing does, what fits the words that were meant."""
    words = words_of(question)
    if not words:
        return []
    asked = Asked(user, on, [(word,) for word in words])
    if found := _found(asked):
        return found
    meant = spelled(words, beside=names_in(_other_names(user)))
    return _found(replace(asked, words=meant, is_close=True)) if meant != asked.words else []


@dataclass(frozen=True)
class Asked:
    user: User
    on: dt.date
    words: list[Spelled]
    is_close: bool = False

    @cached_property
    def reach(self) -> Reach:
        return reach_of(self.user, self.on)

    def all_in(self, *columns: str) -> Q:
        """Every word in at least one of the columns."""
        return all_of(self.words, lambda word: reduce(or_, (Q(**{f"{column}__says": word}) for column in columns)))

    def listed(self, name: str) -> str:
        return f"{reverse(name)}?{urlencode({'q': ' '.join(meant[0] for meant in self.words)})}"


def _found(asked: Asked) -> list[Group]:
    groups = (look(asked) for look in _SUBJECTS)
    return [replace(group, is_close=asked.is_close) for group in groups if group.hits]


def _other_names(user: User) -> list[str]:
    """Names that are no workload's and no flow's, as far as this person sees them: they are few, and read only now."""
    names: list[QuerySet[Any, Any]] = [
        User.objects.visible_to(user).filter(is_active=True).values_list("name"),
        teams_seen_by(user).values_list("name"),
        third_parties_for(user).values_list("name", "vendor"),
        Action.objects.visible_to(user).order_by("-pk").values_list("title")[:NAMES_MAX],
    ]
    if user.may(Permission.VIEW_PEOPLE):
        names.append(Contact.objects.values_list("name", "organisation"))
    return [text for rows in names for row in rows[:NAMES_MAX] for text in row]


def _group(label: str, icon: str, rows: QuerySet[Any], hit: Callable[[Any], Hit], *, all_url: str = "") -> Group:
    found = list(rows[: LISTED + 1])
    return Group(label, icon, tuple(map(hit, found[:LISTED])), len(found) > LISTED, all_url)


def _workload_hit(load: Any) -> Hit:  # with a column that the model lacks
    tier = f"tier {load.tier_now}" if load.tier_now is not None else "not classified"
    waived = f"waived until {load.waived_until:%-d %b %Y}" if load.waived_until else ""
    detail = " · ".join(filter(None, [tier, waived, load.reference, load.purpose]))
    return Hit(load.name, detail, load.get_absolute_url())


def _workloads(asked: Asked) -> Group:
    tags = [word.lower() for meant in asked.words for word in meant] if len(asked.words) == 1 else []
    tagged = Q(tags__overlap=tags) if tags else Q(pk__in=[])
    fits = asked.reach.seen.alias(said=SAID).filter(asked.all_in("said") | tagged)
    rows = Workload.objects.filter(pk__in=fits.order_by().values("pk")[:LOOKED_AT])
    rows = rows.annotate(waived_until=waived_until(asked.on))
    return _group(
        "Workloads",
        "stack-2",
        rows.order_by("tier_now", "name", "id"),
        _workload_hit,
        all_url=asked.listed("workloads:list"),
    )


def _flow_hit(flow: UserFlow) -> Hit:
    address = f"{reverse('workloads:flows', args=[flow.workload_id])}#flow-{flow.pk}"
    return Hit(flow.name, f"{flow.workload} · {flow.what}", address)


def _flows(asked: Asked) -> Group:
    """The critical ones first."""
    fits = UserFlow.objects.alias(said=FLOW_SAID).filter(asked.all_in("said")).order_by()
    if not asked.reach.sees_all:
        fits = fits.filter(workload__in=asked.reach.seen.order_by())
    rows = UserFlow.objects.filter(pk__in=fits.values("pk")[:LOOKED_AT]).select_related("workload")
    return _group("User flows", "route", rows.order_by("-is_critical", "name", "pk"), _flow_hit)


def _third_parties(asked: Asked) -> Group:
    rows = third_parties_for(asked.user).filter(asked.all_in("name", "vendor", "note")).order_by("name")
    return _group(
        "Third parties",
        "building",
        rows,
        lambda party: Hit(party.name, party.vendor, party.get_absolute_url()),
        all_url=reverse("workloads:third-parties"),
    )


def _person_hit(person: User) -> Hit:
    return Hit(person.name, person.title, reverse("people:person", args=[person.pk]))


def _people(asked: Asked) -> Group:
    rows = User.objects.visible_to(asked.user).filter(asked.all_in("name", "title"), is_active=True)
    return _group("People", "users", rows.order_by("name", "pk"), _person_hit, all_url=asked.listed("people:list"))


def _teams(asked: Asked) -> Group:
    rows = teams_seen_by(asked.user).filter(asked.all_in("name", "purpose")).order_by("name")
    return _group(
        "Teams",
        "users-group",
        rows,
        lambda team: Hit(team.name, team.purpose, f"{reverse('people:list')}?team={team.pk}"),
    )


def _contacts(asked: Asked) -> Group:
    rows = Contact.objects.filter(asked.all_in("name", "organisation", "note")).order_by("organisation", "name")
    if not asked.user.may(Permission.VIEW_PEOPLE):
        rows = rows.none()
    return _group(
        "Contacts", "id-badge", rows,
        lambda contact: Hit(contact.name, contact.organisation, reverse("people:contacts")),
        all_url=reverse("people:contacts"),
    )  # fmt: skip


def _drills_with(word: str) -> Q:
    """Drills of a workload that is called so, or about it: sets of numbers, each from an index."""
    of_workload = Drill.objects.filter(workload__in=Workload.objects.filter(name__says=word).order_by())
    kinds = [kind.value for kind in DrillKind if word.lower() in f"{kind.value} {kind.label}".lower()]
    about = Drill.objects.filter(scenario__says=word)
    return Q(pk__in=of_workload.order_by().values("pk").union(about.order_by().values("pk"))) | Q(kind__in=kinds)


def _drills(asked: Asked) -> Group:
    rows = Drill.objects.visible_to(asked.user).filter(all_of(asked.words, _drills_with))
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


def _actions(asked: Asked) -> Group:
    rows = Action.objects.visible_to(asked.user).filter(asked.all_in("title", "cause")).select_related("owner")
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


def _signoffs(asked: Asked) -> Group:
    fits = Request.objects.filter(asked.all_in("title"))
    if asked.reach.sees_all:
        newest = fits.order_by("-requested_at", "-pk")[: LISTED + 1]
        fits = Request.objects.filter(pk__in=newest.values("pk"))
    elif asked.reach.visible is not None:
        fits = fits.filter(workload_id__in=asked.reach.visible)
    rows = fits.visible_to(asked.user).defer("document", "text").order_by("-requested_at", "-pk")
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


def _messages(asked: Asked) -> Group:
    rows = Message.objects.visible_to(asked.user).filter(asked.all_in("subject_line")).order_by("-pk")
    return _group(
        "Messages",
        "send",
        rows,
        lambda message: Hit(message.subject_line, f"{message.created_at:%-d %b %Y}", message.get_absolute_url()),
        all_url=asked.listed("communications:list"),
    )


_SUBJECTS = (
    _workloads, _flows, _third_parties, _people, _teams, _contacts, _drills, _actions, _signoffs, _messages,
)  # fmt: skip
