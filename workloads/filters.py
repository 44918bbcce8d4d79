"""How the register is searched and narrowed: the same on the page, in the export and in the API."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.names import fold
from people.models import Team, User, organisation_today
from workloads.models import Classification, Lifecycle, Proof, Workload
from workloads.models.register import OPEN_TARGETS, SAID
from workloads.queries import teams_named_to
from workloads.reference import SHIPPED_TIERS
from workloads.words import Spelled, all_of, names_in, spelled, words_of

Rows = QuerySet[Any]
SEARCH_MAX = 100
BIGGEST_KEY = 2**63 - 1
TIERS = [(str(tier["level"]), f"Tier {tier['level']}") for tier in SHIPPED_TIERS] + [("none", "Not classified")]
STATES = [
    ("signed_off", "Signed"),
    ("in_review", "In review"),
    ("proposed", "Proposed"),
    ("rejected", "Rejected"),
    ("none", "None"),
]
PROOFS = [*Proof.choices, ("never", "Never drilled")]
REVIEWS = [("overdue", "Overdue"), ("30", "Next 30 days"), ("90", "Next 90 days")]


class KeyFilter(django_filters.Filter):  # type: ignore[misc]
    """A primary key: a whole number that the column can hold."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=BIGGEST_KEY, **kwargs)


class RegisterFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Asks the columns of workloads alone, so that any list of them can be narrowed by it and none joins its targets."""

    q = django_filters.CharFilter(
        method="search",
        max_length=SEARCH_MAX,
        label="Words in any order, each part of name, reference, purpose, business unit or owner team, or a whole tag; "
        "of a word that nothing has, what is close to it",
    )
    tier = django_filters.MultipleChoiceFilter(method="of_tier", choices=TIERS, label="Tier, or none")
    state = django_filters.ChoiceFilter(
        method="of_state", choices=STATES, label="State of the target; a signed one may have its successor in review"
    )
    team = KeyFilter(field_name="owner_team_id", label="Owner team, by its number")
    proof = django_filters.ChoiceFilter(method="of_proof", choices=PROOFS, label="RTO in the last drill")
    review = django_filters.ChoiceFilter(method="of_review", choices=REVIEWS, label="When the review is due")
    lifecycle = django_filters.MultipleChoiceFilter(choices=Lifecycle.choices, label="Lifecycle")

    teams: dict[int, str] | None = None  # names by number, when the caller has them already
    reader: User | None = None  # who asks, where it is no request of the API
    words: list[Spelled] | None = None  # of the question, once it was asked
    form_class: ClassVar[type[forms.Form] | None] = None

    class Meta:
        model = Workload
        fields: list[str] = []

    def get_form_class(self) -> type[forms.Form]:
        """Made once: its fields know nothing of the request, and making a class takes longer than asking with it."""
        if RegisterFilter.form_class is None:
            RegisterFilter.form_class = super().get_form_class()
        return RegisterFilter.form_class

    @property
    def _named(self) -> QuerySet[Team]:
        """What a word is meant to be is said back, so that only names count which the reader may read."""
        user = self.reader or getattr(self.request, "user", None)
        return teams_named_to(user) if isinstance(user, User) else Team.objects.all()

    def search(self, rows: Rows, name: str, value: str) -> Rows:
        words = words_of(value)
        if not words:
            return rows
        # Teams are few: looking them up first keeps the search on the indexes of this one table.
        names = self.teams if self.teams is not None else dict(self._named.values_list("pk", "name"))

        def fits(word: str) -> Q:
            folded_word = fold(word)
            teams = [pk for pk, team in names.items() if folded_word in fold(team)]
            return Q(said__says=word) | Q(tags__overlap=[word, word.lower()]) | Q(owner_team__in=teams)

        rows = rows.alias(said=SAID)
        if self.words is None:
            said = rows
            self.words = spelled(
                words, beside=names_in(names.values()), has=lambda word: said.filter(fits(word)).exists()
            )
        whole_tag = Q(tags__overlap=[value, value.lower()]) if len(words) > 1 else Q()
        found: Rows = rows.filter(all_of(self.words, fits) | whole_tag if whole_tag else all_of(self.words, fits))
        return found

    @property
    def meant(self) -> list[tuple[str, str]]:
        """What was searched for in the place of words that nothing has."""
        words = words_of(self.form.cleaned_data.get("q") or "")
        pairs = zip(words, self.words or [], strict=False)
        return [(word, "” or “".join(meant)) for word, meant in pairs if meant != (word,)]

    def of_tier(self, rows: Rows, name: str, value: list[str]) -> Rows:
        if not value:
            return rows
        wanted = Q(tier_now__in=[int(level) for level in value if level != "none"])
        return rows.filter(wanted | Q(tier_now__isnull=True) if "none" in value else wanted)

    def of_state(self, rows: Rows, name: str, value: str) -> Rows:
        return rows.filter(open_now=value) if value in OPEN_TARGETS else rows.filter(state_now=value)

    def of_proof(self, rows: Rows, name: str, value: str) -> Rows:
        return rows.filter(proven_on__isnull=True) if value == "never" else rows.filter(proof_rto=value)

    def of_review(self, rows: Rows, name: str, value: str) -> Rows:
        today = organisation_today(timezone.now())
        if value == "overdue":
            return rows.filter(review_on__lt=today)
        return rows.filter(review_on__lte=today + dt.timedelta(days=int(value)))


class ClassificationFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.MultipleChoiceFilter(choices=Classification.State.choices)
    workload = KeyFilter(field_name="workload_id", label="Workload, by its number")
    tier = django_filters.ChoiceFilter(choices=TIERS[:-1])

    class Meta:
        model = Classification
        fields: list[str] = []
