"""Who may fill the open slots of a request today: the people who act in its roles, less who signed already and, by rule, the
proposer. Pages, lists, the API and the deed ask here, so that they agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from people.models import Role, User
from people.queries import Holding, acting, holdings_of, is_unconfirmed
from people.wording import listed
from signoffs.matching import Terms, eligible, fillable_after, slot_to_take, unfillable
from signoffs.models import Request, Signature, Slot


@dataclass(frozen=True)
class Gap:
    """Why the signatures that are missing cannot all be given. `roles` are keys; `detail` says what to do."""

    roles: tuple[str, ...]
    title: str
    detail: str


@dataclass(frozen=True)
class Eligibility:
    """The open slots by role (a request asks each role once), in their order, and who acts in each."""

    roles: Mapping[str, Role]
    held: Mapping[str, Sequence[Holding]]
    terms: Terms
    signed_by: Collection[int] = field(default=frozenset())

    @cached_property
    def people(self) -> dict[str, list[User]]:
        """Everybody who acts in the role, holders before deputies, whether she may sign this or not."""
        return {role: acting(self.held[role]) for role in self.roles}

    @cached_property
    def candidates(self) -> dict[str, list[int]]:
        return eligible({role: [p.pk for p in self.people[role]] for role in self.roles}, self.terms, self.signed_by)

    def may_sign(self, role: str) -> list[User]:
        return [person for person in self.people[role] if person.pk in self.candidates[role]]

    def asked(self, role: str) -> list[User]:
        """Of those who may sign, the ones who do so in this role rather than in another of theirs."""
        if not self.terms.one_per_person:
            return self.may_sign(role)
        return [person for person in self.may_sign(role) if self.role_for(person) == role]

    def holds(self, role: str, person: User) -> bool:
        """Whether she holds the role herself, not as a deputy."""
        return any(one.person is not None and one.person.pk == person.pk for one in self.held[role])

    def is_unconfirmed(self, role: str, person: User) -> bool:
        """Whether no second person has confirmed yet that she holds the role."""
        return is_unconfirmed(self.held[role], person)

    def role_for(self, user: User) -> str | None:
        """In which role this person signs: the one that leaves the others to somebody else. None where she may not sign."""
        return slot_to_take(self.candidates, self.terms, user.pk) if user.is_active else None

    def role_instead(self, role: str, user: User) -> str | None:
        """The role in which this person should sign rather than in `role`: otherwise nobody is left for it."""
        best = self.role_for(user)
        if best is None or best == role or not self.terms.one_per_person:
            return None
        left = {key: fillable_after(self.candidates, key, user.pk) for key in (best, role)}
        return best if left[best] > left[role] else None

    @cached_property
    def gaps(self) -> list[Gap]:
        """Who is missing; nothing where everything that is asked for can still be signed."""
        short = unfillable(self.candidates, self.terms)
        if all(self.candidates[role] for role in short):
            return [self._shared(short)] if short else []
        return [self._empty(role) for role in short]

    def _empty(self, role: str) -> Gap:
        name, people = self.roles[role].name, self.people[role]
        if not people:
            return Gap((role,), f"Nobody can sign as {_lower(name)}", "Nobody holds the role. Assign it first.")
        why = ", ".join(f"{one.name} {self._why_not(one)}" for one in people)
        advice = "Name a deputy, give the role to somebody else, or let a colleague propose."
        return Gap((role,), f"Nobody can sign as {_lower(name)}: {why}", advice)

    def _why_not(self, person: User) -> str:
        if person.pk == self.terms.proposer:
            return "proposed this" if not self.terms.proposer_may_sign else "proposed this and would be the only signer"
        return "has signed already"

    def _shared(self, short: tuple[str, ...]) -> Gap:
        named = {one.pk: one.name for role in short for one in self.may_sign(role)}
        roles = listed([_lower(self.roles[role].name) for role in short])
        title = f"Only {listed(list(named.values()))} can sign as {roles}, and a person signs once"
        return Gap(short, title, "Name a deputy for one of these roles, or give one of them to somebody else.")


def of_roles(roles: Sequence[Role], *, workload_id: int | None, terms: Terms, on: dt.date) -> Eligibility:
    """For signatures that are not asked for yet."""
    held = holdings_of([role.pk for role in roles], workload_ids=[workload_id], on=on)
    return Eligibility(
        {role.pk: role for role in roles}, {role.pk: held[role.pk, workload_id] for role in roles}, terms
    )


def of_request(request: Request, *, on: dt.date) -> Eligibility:
    return of_requests([request], on=on)[request.pk]


def of_requests(requests: Iterable[Request], *, on: dt.date) -> dict[int, Eligibility]:
    """By request, in three queries whatever their number."""
    asked = {request.pk: request for request in requests}
    signed: dict[int, set[int]] = {pk: set() for pk in asked}
    filled = set()
    given = Signature.objects.filter(request__in=asked).values_list("request", "slot", "signer")
    for request_id, slot_id, signer_id in given:
        signed[request_id].add(signer_id)
        filled.add(slot_id)
    slots = Slot.objects.filter(request__in=asked).exclude(pk__in=filled).select_related("role").order_by("position")
    roles: dict[int, dict[str, Role]] = {pk: {} for pk in asked}
    for slot in slots:
        roles[slot.request_id][slot.role_id] = slot.role
    workloads = {request.workload_id for request in asked.values()}
    held = holdings_of({role for found in roles.values() for role in found}, workload_ids=workloads, on=on)
    return {
        pk: Eligibility(
            roles[pk],
            {role: held[role, request.workload_id] for role in roles[pk]},
            terms_of(request),
            frozenset(signed[pk]),
        )
        for pk, request in asked.items()
    }


def terms_of(request: Request) -> Terms:
    return Terms(request.proposed_by_id, request.proposer_may_sign, request.four_eyes, request.one_per_person)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
