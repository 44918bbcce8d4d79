"""Who stands in for somebody who left: who cannot sign in any more, and still has things that nobody else does.

One rule, step by step; the first step with anybody in it is the answer:

1. whoever acts beside her in an assignment that names her, holder or deputy: first for the workload of the thing, then for
   the whole organisation;
2. the members of the team that owns the workload;
3. who acts as head of operations.

Only people who can sign in count. Who can sign in herself stands in for herself, and nobody else does. The rule is spelled
twice: `stand_ins` asks for many things who it is, `stands_in` asks inside a query whether it is this person.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from people.estates import estates
from people.models import RoleAssignment, User
from people.permissions import HEAD_OF_OPERATIONS

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

    from people.models import RoleAssignmentQuerySet, UserQuerySet


@dataclass(frozen=True)
class Having:
    """That a person has something, of a workload and the team that owns it, or of neither; all by number."""

    person: int
    workload: int | None = None
    team: int | None = None


def stand_ins(having: Iterable[Having], *, on: dt.date) -> dict[Having, list[User]]:
    """Per thing who stands in on a day of the organisation, by the rule above; herself while she can sign in. Five queries at
    most, however many things; one while nobody has left."""
    having = set(having)
    herself = User.objects.in_bulk({one.person for one in having})
    left = {pk for pk, person in herself.items() if not person.is_active}
    found = {one: [herself[one.person]] for one in having if one.person in herself and one.person not in left}
    asked = [one for one in having if one.person in left]
    if not asked:
        return found
    beside, team = _beside(left, on), _members({one.team for one in asked if one.team is not None})
    head = _acting_heads(on)
    steps = {
        one: beside.get((one.person, one.workload))
        or beside.get((one.person, None))
        or (team.get(one.team) if one.team is not None else None)
        or head
        for one in asked
    }
    people = User.objects.in_bulk({pk for numbers in steps.values() for pk in numbers})
    return found | {one: [people[pk] for pk in numbers] for one, numbers in steps.items()}


def _beside(left: Collection[int], on: dt.date) -> dict[tuple[int, int | None], list[int]]:
    """Who acts beside each of these in an assignment, by her number and the workload's (None: the organisation)."""
    found: dict[tuple[int, int | None], list[int]] = defaultdict(list)
    held = RoleAssignment.objects.in_force(on)
    named = held.filter(Q(person__in=left, deputy__is_active=True) | Q(deputy__in=left, person__is_active=True))
    for workload, person, deputy in named.order_by("id").values_list("workload_id", "person_id", "deputy_id"):
        gone, there = (person, deputy) if person in left else (deputy, person)
        if there not in found[gone, workload]:
            found[gone, workload].append(there)
    return found


def _members(teams: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = User.teams.through.objects.filter(team__in=teams, user__is_active=True).order_by("user_id")
    for team, member in rows.values_list("team_id", "user_id"):
        found[team].append(member)
    return found


def _acting_heads(on: dt.date) -> list[int]:
    """Holders and deputies of the role who can sign in, each once."""
    head = _heads(on).values_list("person_id", "person__is_active", "deputy_id", "deputy__is_active")
    return list(
        dict.fromkeys(pk for p, p_acts, d, d_acts in head for pk, acts in ((p, p_acts), (d, d_acts)) if pk and acts)
    )


def _heads(on: dt.date) -> RoleAssignmentQuerySet:
    return RoleAssignment.objects.in_force(on).filter(role=HEAD_OF_OPERATIONS, workload_id__isnull=True).order_by("id")


def stands_in(user: User, *, on: dt.date, person: str, workload: str, team: Combinable) -> Q:
    """A condition on rows of something that people have: she who has it left, and this person stands in for her.

    `person` and `workload` are the paths from such a row to who has it and to the number of the workload; `team` is the number
    of its team as an expression, inside a question that is asked of such a row.
    """
    held = RoleAssignment.objects.in_force(on).order_by()
    of_workload, of_all = Q(workload_id=OuterRef(workload)), Q(workload_id__isnull=True)
    anybody = held.filter(
        Q(person=OuterRef(person), deputy__is_active=True) | Q(deputy=OuterRef(person), person__is_active=True)
    )
    mine = held.filter(Q(person=OuterRef(person), deputy=user) | Q(deputy=OuterRef(person), person=user))
    members = User.teams.through.objects.filter(team=team).order_by()
    for_workload = Q(Exists(mine.filter(of_workload)))
    for_all = ~Q(Exists(anybody.filter(of_workload))) & Q(Exists(mine.filter(of_all)))
    nobody_beside = ~Q(Exists(anybody.filter(of_workload | of_all)))
    as_member = nobody_beside & Q(Exists(members.filter(user=user)))
    as_head = nobody_beside & ~Q(Exists(members.filter(user__is_active=True))) & Q(Exists(_heads(on).of(user)))
    # First, because it is false of nearly all rows, and then nothing else is asked.
    left = Q(**{f"{person}__in": User.objects.filter(is_active=False).order_by().values("pk")})
    return left & (for_workload | for_all | as_member | as_head)


def is_stand_in(user: User, having: Having, *, on: dt.date) -> bool:
    """Whether this person stands in for another who left, for one thing."""
    return user.pk != having.person and user in stand_ins([having], on=on).get(having, ())


def left_holding(*, on: dt.date) -> UserQuerySet:
    """Who cannot sign in any more and still has what can be handed over: a role now or later, or a thing of her own."""
    held = RoleAssignment.objects.given().exclude(until_on__lt=on).order_by()
    has = Q(Exists(held.filter(person=OuterRef("pk")))) | Q(Exists(held.filter(deputy=OuterRef("pk"))))
    for estate in estates():
        for owners in estate.owners():
            has |= Q(pk__in=owners)
    return User.objects.get_queryset().filter(has, is_active=False)


@dataclass(frozen=True)
class InLine:
    """Who is next for what one person has, in words: beside her, and when neither they nor a team can. Names."""

    deputies: list[str]
    heads: list[str]


def in_line(person: User, *, on: dt.date) -> InLine:
    """As the rule would have it if she could not sign in any more; three questions."""
    beside = {pk for numbers in _beside({person.pk}, on).values() for pk in numbers}
    heads = [pk for pk in _acting_heads(on) if pk != person.pk]
    people = User.objects.in_bulk([*beside, *heads])
    return InLine(sorted(people[pk].name for pk in beside), [people[pk].name for pk in heads])
