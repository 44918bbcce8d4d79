"""Impact analyses of an import: what is said of the whole, its seasons, and the answers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from django.db.models import F

from audit.copying import copy_in
from audit.kinds import Kind
from audit.services import record_many
from people.permissions import Permission
from people.wording import duration
from workloads.catalogue import kinds
from workloads.catalogue.contents import Line
from workloads.catalogue.places import Meant
from workloads.catalogue.subjects.base import BATCH, Item, Named, Subject
from workloads.models import ImpactAnalysis, ImpactAnswer, ImpactCategory, ImpactPoint, Level, Season
from workloads.register.known import numbers
from workloads.register.report import CHANGED, NEW
from workloads.register.sheet import shown

DATES = ("from_month", "from_day", "to_month", "to_day")


class Impact(Subject):
    """Makes the analyses that seasons and answers hang on, whether or not a row speaks of them."""

    kind = kinds.IMPACT
    model = ImpactAnalysis
    right = Permission.ANSWER_IMPACT
    added = changed = Kind.IMPACT_ANSWERED
    fields: ClassVar = ("currency", "note")

    def look_up(self, lines: Sequence[Line]) -> None:
        rows = (
            ImpactAnalysis.objects.filter(workload__in=numbers(self.around.places.by_pk))
            .select_related("workload")
            .order_by("pk")
        )
        if self.around.lock:
            rows = rows.select_for_update(of=("self",), no_key=True)
        self.there = {row.workload_id: row for row in rows}
        self.fresh: dict[Meant, ImpactAnalysis] = {}

    def name_of(self, item: Item) -> str:
        return "Impact analysis"

    def identify(self, item: Item) -> Hashable | None:
        if item.place is not None and item.place.old is not None:
            item.old = self.there.get(item.place.old.pk)
        return item.place

    def _begin(self, place: Meant, **values: Any) -> ImpactAnalysis:
        made = ImpactAnalysis(workload=place.thing, answered_at=self.around.at, answered_by=self.around.by, **values)
        self.fresh[place] = made
        return made

    def make(self, item: Item) -> ImpactAnalysis:
        assert item.place is not None  # noqa: S101 (refused otherwise)
        return self._begin(item.place, **item.fields)

    def write(self) -> set[int]:
        touched = super().write()
        hanging = [
            item.place
            for key in ("seasons", "impact_answers")
            for item in self.around.subjects[key].items
            if item.report.outcome == NEW and item.place is not None
        ]
        missing = [
            place
            for place in dict.fromkeys(hanging)
            if place not in self.fresh and (place.old is None or place.old.pk not in self.there)
        ]
        copy_in([self._begin(place) for place in missing])
        return touched

    def of(self, place: Meant) -> ImpactAnalysis:
        return self.fresh[place] if place in self.fresh else self.there[place.old.pk]


class Seasons(Named):
    kind = kinds.SEASONS
    model = Season
    right = Permission.ANSWER_IMPACT
    added, changed = Kind.SEASON_ADDED, Kind.SEASON_CHANGED
    fields: ClassVar = ("name", "working_days", *DATES)

    def look_up(self, lines: Sequence[Line]) -> None:
        rows = (
            Season.objects.filter(analysis__in=numbers(self.around.subject(Impact).there))
            .select_related("analysis")
            .order_by("pk")
        )
        if self.around.lock:
            rows = rows.select_for_update(of=("self",), no_key=True)
        self.there = {(row.analysis_id, row.name): row for row in rows}  # an analysis has its workload's number

    def check(self, item: Item) -> None:
        days = item.said.get("working_days")
        dates = [item.said.get(name) for name in DATES]
        if (days is None) == (None in dates) or (days is not None and any(dates)):
            item.refuse(
                "season", "Write either the last working days of the month, or from and to as month and day each."
            )

    def wished(self, item: Item) -> dict[str, Any]:
        return dict.fromkeys(self.fields) | super().wished(item)

    def make(self, item: Item) -> Season:
        assert item.place is not None  # noqa: S101 (refused otherwise)
        return Season(analysis=self.around.subject(Impact).of(item.place), **item.fields)


class Answers(Subject):
    kind = kinds.ANSWERS
    model = ImpactAnswer
    right = Permission.ANSWER_IMPACT
    fields: ClassVar = ("level", "amount_per_hour")

    def look_up(self, lines: Sequence[Line]) -> None:
        categories, points = ImpactCategory.objects.all(), ImpactPoint.objects.all()
        self.categories = {word: c for c in categories for word in (c.pk, c.name.lower())}
        self.points = {point.seconds: point for point in points}
        rows = (
            ImpactAnswer.objects.filter(analysis__in=numbers(self.around.subject(Impact).there))
            .select_related("season")
            .order_by("pk")
        )
        if self.around.lock:
            rows = rows.select_for_update(of=("self",), no_key=True)
        self.there = {(r.analysis_id, r.season_id, r.loss, r.category_id, r.point_id): r for r in rows}

    @property
    def seasons(self) -> Seasons:
        return self.around.subject(Seasons)

    def name_of(self, item: Item) -> str:
        said = item.said
        point = said.get("point")
        after = duration(point) if isinstance(point, int) else ""
        return ", ".join(filter(None, [str(said.get("category") or ""), after, str(said.get("season") or "")]))

    def identify(self, item: Item) -> Hashable | None:
        said, place = item.said, item.place
        category = self.categories.get(said["category"].lower())
        if category is None:
            names = ", ".join(dict.fromkeys(c.name for c in self.categories.values()))
            item.refuse("category", f"Write one of these: {names}. You wrote “{shown(said['category'], 40)}”.")
        if said["point"] not in self.points:
            spans = ", ".join(duration(seconds) for seconds in sorted(self.points))
            item.refuse("after", f"Impact is asked after {spans}. Write one of these.")
        if place is None or category is None or item.refused:
            return None
        season: Any = None
        if said.get("season"):
            season = self.seasons.find(place, said["season"])
            if season is None:
                item.refuse("season", f"{place} has no season “{shown(said['season'], 40)}”. Add it to the file.")
                return None
        loss = said["loss"] = said.get("loss") or "time"
        said["category"], said["season"] = category, season
        if place.old is not None and (season is None or isinstance(season, Season)):
            number = season.pk if season is not None else None
            item.old = self.there.get((place.old.pk, number, loss, category.pk, said["point"]))
        mark = ("season", season.pk) if isinstance(season, Season) else season
        return place, mark, loss, category.pk, said["point"]

    def check(self, item: Item) -> None:
        if item.said.get("amount_per_hour") is not None and not item.said["category"].has_amount:
            item.refuse("amount per hour", f"No amount is asked for in {item.said['category'].name}. Leave it empty.")

    def words(self, name: str, value: Any) -> str:
        return kinds.LEVEL_WORDS[value] if name == "level" and value is not None else super().words(name, value)

    def make(self, item: Item) -> ImpactAnswer:
        assert item.place is not None  # noqa: S101 (refused otherwise)
        said = item.said
        season = said["season"].thing if isinstance(said["season"], Item) else said["season"]
        return ImpactAnswer(
            analysis=self.around.subject(Impact).of(item.place), season=season, loss=said["loss"], category=said["category"],
            point=self.points[said["point"]], **item.fields,
        )  # fmt: skip

    def write(self) -> set[int]:
        """One line of the trail for each analysis, whatever number of its answers."""
        new = [item for item in self.items if item.report.outcome == NEW]
        changed = [item for item in self.items if item.report.outcome == CHANGED]
        lines: dict[Meant, tuple[dict[str, Any], dict[str, Any]]] = {}
        for item in (*new, *changed):
            if item.place is not None:
                before, after = lines.setdefault(item.place, ({}, {}))
                key = self._words(item)
                if item.old is not None:
                    before[key] = _said(item.old.level, item.old.amount_per_hour)
                for name, value in item.fields.items() if item.old is not None else ():
                    setattr(item.old, name, value)
                thing = item.old if item.old is not None else self.make(item)
                after[key] = _said(thing.level, thing.amount_per_hour)
                item.made = None if item.old is not None else thing
        copy_in([item.made for item in new])
        if changed:
            ImpactAnswer.objects.bulk_update([item.old for item in changed], self.fields, batch_size=BATCH)
        analyses = [self.around.subject(Impact).of(place) for place in lines]
        ImpactAnalysis.objects.filter(pk__in=[a.pk for a in analyses]).update(
            revision=F("revision") + 1, answered_at=self.around.at, answered_by=self.around.by
        )
        told = [(self.around.subject(Impact).of(place), before, after) for place, (before, after) in lines.items()]
        record_many(Kind.IMPACT_ANSWERED, told, by=self.around.by, at=self.around.at)
        return {analysis.workload_id for analysis in analyses}

    def _words(self, item: Item) -> str:
        said = item.said
        where = f"{said['category'].pk} {said['loss']} {said['point']} s"
        return f"{where} {item.line.said.get('season')}" if said["season"] is not None else where


def _said(level: int, amount: Any) -> str:
    return Level(level).label if amount is None else f"{Level(level).label}, {amount} an hour"
