"""What people write about impact: the answers of a normal day or of one season, and the seasons themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import QueryDict

from people.wording import duration
from workloads.impact.calendar import MONTHS
from workloads.impact.queries import Picture
from workloads.impact.services import AMOUNT_MAX, CURRENCIES, Given, given_words, question_words
from workloads.impact.suggestion import DATA, TIME, Cell
from workloads.models import ImpactCategory, Level, Loss, Season


@dataclass(frozen=True)
class Change:
    """What somebody else changed while this form was open; `yours` is what the form keeps where both changed the same."""

    question: str
    before: str
    now: str
    yours: str = ""


@dataclass(frozen=True)
class Row:
    """One category with its questions in order of duration."""

    category: ImpactCategory
    cells: list[tuple[str, BoundField, BoundField | None]]


@dataclass(frozen=True)
class Block:
    """All questions about one kind of loss."""

    loss: str
    title: str
    lead: str
    durations: list[str]
    rows: list[Row]


class AmountField(forms.DecimalField):
    """An amount of money as people write it: "38,000", "38 000" and "38000.50"."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace("\u00a0", "").replace(" ", "").replace(",", "").strip()
        return super().clean(value)


class AnswerForm(forms.Form):
    """Every question about a normal day, or about one season; what is left open stays unanswered."""

    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=60_000, widget=forms.HiddenInput)
    note = forms.CharField(
        label="Where the figures come from",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For example: claims per hour of last year, penalty in contract CN-2231.",
    )
    currency = forms.ChoiceField(choices=[(code, code) for code in CURRENCIES])

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        picture: Picture,
        season: Season | None = None,
        only: ImpactCategory | None = None,
    ) -> None:
        """`only`: the questions of one category; the note is asked with the last of them."""
        super().__init__(
            data,
            initial={"revision": picture.revision, "seen": json.dumps(snapshot(picture)), "currency": CURRENCIES[0]},
        )
        self.picture, self.season, self.only = picture, season, only
        self.categories = picture.asked.categories if only is None else (only,)
        if season is not None or only not in (None, picture.asked.categories[-1]):
            del self.fields["note"]
        if season is not None or not any(category.has_amount for category in self.categories):
            del self.fields["currency"]
        if picture.analysis is not None:
            self.initial.update(note=picture.analysis.note, currency=picture.analysis.currency)
        for cell, category in self._cells():
            self._ask(cell, category)

    def _cells(self) -> Iterator[tuple[Cell, ImpactCategory]]:
        asked, season = self.picture.asked, self.season.pk if self.season is not None else None
        for loss in (TIME, DATA):
            for category in self.categories:
                for seconds in asked.points:
                    yield Cell(loss, season, category.key, seconds), category

    def _ask(self, cell: Cell, category: ImpactCategory) -> None:
        question = f"{category.name}, {Loss(cell.loss).label} {duration(cell.seconds)}"
        stored = self.picture.cells.get(cell)
        self.fields[cell.name] = forms.TypedChoiceField(
            label=question,
            required=False,
            coerce=int,
            empty_value=None,
            choices=[("", self._nothing(cell)), *Level.choices],
            widget=forms.Select(attrs={"aria-label": question, "class": "form-select form-select-sm"}),
        )
        self.initial[cell.name] = stored.level if stored is not None else None
        if category.has_amount and cell.loss == TIME:
            said = f"{question}: amount per hour"
            self.fields[f"amount-{cell.name}"] = AmountField(
                label=said,
                required=False,
                min_value=0,
                max_value=AMOUNT_MAX,
                decimal_places=2,
                max_digits=14,
                widget=forms.TextInput(
                    attrs={
                        "inputmode": "decimal",
                        "aria-label": said,
                        "placeholder": "per hour",
                        "class": "form-control form-control-sm",
                    }
                ),
                error_messages={"invalid": "Write an amount, for example 38000."},
            )
            self.initial[f"amount-{cell.name}"] = _plain(stored.amount_per_hour) if stored is not None else None

    def _nothing(self, cell: Cell) -> str:
        """What leaving it open means."""
        if cell.season is None:
            return "Unanswered"
        usual = self.picture.cells.get(cell._replace(season=None))
        return f"As usual: {usual.get_level_display().lower() if usual is not None else 'unanswered'}"

    def clean(self) -> None:
        for cell, _ in self._cells():
            amount = self.cleaned_data.get(f"amount-{cell.name}")
            if amount is not None and self.cleaned_data.get(cell.name) is None:
                self.add_error(cell.name, ValidationError("Say how bad it is too, not only what it costs."))

    @property
    def given(self) -> dict[Cell, Given | None]:
        """What the deed takes."""
        found: dict[Cell, Given | None] = {}
        for cell, _ in self._cells():
            level = self.cleaned_data[cell.name]
            found[cell] = None if level is None else Given(level, self.cleaned_data.get(f"amount-{cell.name}"))
        return found

    @property
    def says_anything(self) -> bool:
        """Whether anything at all is answered here."""
        return any(self.given.values()) or bool(self.cleaned_data.get("note"))

    @property
    def blocks(self) -> list[Block]:
        titles = {
            TIME: ("When it is down", "How bad is an outage that lasts this long?"),
            DATA: ("When data is lost", "How bad is it to lose everything that was written in this time?"),
        }
        points = self.picture.asked.points
        return [
            Block(
                loss,
                *titles[loss],
                [duration(seconds) for seconds in points],
                [Row(category, self._row(loss, category)) for category in self.categories],
            )
            for loss in (TIME, DATA)
        ]

    def _row(self, loss: str, category: ImpactCategory) -> list[tuple[str, BoundField, BoundField | None]]:
        season = self.season.pk if self.season is not None else None
        cells = [Cell(loss, season, category.key, seconds) for seconds in self.picture.asked.points]
        amounts = [f"amount-{cell.name}" for cell in cells]
        return [
            (duration(cell.seconds), self[cell.name], self[amount] if amount in self.fields else None)
            for cell, amount in zip(cells, amounts, strict=True)
        ]

    def caught_up(self, now: Picture) -> tuple[AnswerForm, list[Change]]:
        """The same entries on top of what somebody else has saved meanwhile, and what that was.

        Where only the other person changed an answer, the form takes hers; where both did, it keeps the entry and says so.
        """
        seen, theirs, data = _seen(self.data.get("seen", "")), snapshot(now), QueryDict(mutable=True)
        data.update({name: self.data.get(name, "") for name in self.fields})
        changes = list(self._other_words(seen, now, data))
        for cell, _ in self._cells():
            was, is_now = _answer(seen.get(cell.name)), _answer(theirs.get(cell.name))
            if was == is_now:
                continue
            mine = _written(self.given[cell])
            if mine == was:
                data[cell.name], data[f"amount-{cell.name}"] = (is_now[0], is_now[1] or "") if is_now else ("", "")
            yours = given_words(self.given[cell]) if mine not in (was, is_now) else ""
            changes.append(Change(question_words(cell, now.names), _said(was), _said(is_now), yours))
        data["revision"], data["seen"] = str(now.revision), json.dumps(theirs)
        return AnswerForm(data, picture=now, season=self.season, only=self.only), changes

    def _other_words(self, seen: Mapping[str, object], now: Picture, data: QueryDict) -> Iterator[Change]:
        """The same for the note and the currency."""
        theirs = snapshot(now)
        for name in ("note", "currency"):
            was, is_now = seen.get(name) or "", theirs[name]
            if name not in self.fields or was == is_now:
                continue
            mine = " ".join(str(self.cleaned_data.get(name) or "").split())
            if mine == was and now.analysis is not None:
                data[name] = getattr(now.analysis, name)
            yours = f"“{mine}”" if mine not in (was, is_now) else ""
            yield Change(str(self.fields[name].label or name.capitalize()), _quoted(was), _quoted(is_now), yours)


Written = list[Any] | None


def snapshot(picture: Picture) -> dict[str, Written | str]:
    """The answers as a form carries them, to see later what somebody else changed."""
    analysis = picture.analysis
    words: dict[str, Written | str] = {
        "note": " ".join(analysis.note.split()) if analysis is not None else "",
        "currency": analysis.currency if analysis is not None else CURRENCIES[0],
    }
    return words | {
        cell.name: _written(Given(stored.level, stored.amount_per_hour)) for cell, stored in picture.cells.items()
    }


def _written(given: Given | None) -> Written:
    return None if given is None else [str(int(given.level)), _plain(given.amount_per_hour)]


def _plain(amount: Decimal | None) -> str:
    """Without noughts at the end: 38000, 12.5."""
    return "" if amount is None else f"{amount:f}".rstrip("0").rstrip(".") if "." in f"{amount:f}" else f"{amount:f}"


def _said(written: Written) -> str:
    if written is None:
        return "unanswered"
    level, amount = int(written[0]), Decimal(written[1]) if written[1] else None
    return given_words(Given(level, amount))


def _quoted(text: object) -> str:
    return f"“{text}”" if text else "empty"


def _answer(seen: object) -> Written:
    """What a form carried of one answer; people can write there what they like, so only what reads like ours counts."""
    try:
        written: Any = seen
        level, amount = written
        return _written(Given(Level(int(level)), Decimal(amount) if amount else None))
    except (ValueError, TypeError, InvalidOperation):
        return None


def _seen(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class SeasonForm(forms.Form):
    """The last working days of every month, or a time of the year."""

    MONTH_END, RANGE = "month-end", "range"
    name = forms.CharField(max_length=60, help_text="For example: Month-end, Storm season, Renewals.")
    kind = forms.ChoiceField(
        label="When",
        choices=[(MONTH_END, "The last working days of every month"), (RANGE, "From a day to a day, every year")],
        widget=forms.RadioSelect,
        initial=MONTH_END,
    )
    working_days = forms.IntegerField(
        label="How many working days", required=False, min_value=1, max_value=20, help_text="Monday to Friday."
    )
    from_day = forms.IntegerField(label="First day", required=False, min_value=1, max_value=31)
    from_month = forms.TypedChoiceField(
        label="Month of the first day",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "–"), *enumerate(MONTHS[1:], start=1)],
    )
    to_day = forms.IntegerField(label="Last day", required=False, min_value=1, max_value=31)
    to_month = forms.TypedChoiceField(
        label="Month of the last day",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "–"), *enumerate(MONTHS[1:], start=1)],
    )

    def clean(self) -> None:
        wanted = ["working_days"] if self.cleaned_data.get("kind") == self.MONTH_END else list(RANGE_FIELDS)
        for name in wanted:
            if self.cleaned_data.get(name) is None and name not in self.errors:
                self.add_error(name, "Needs an answer.")

    @property
    def deed(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        chosen = ("working_days",) if values.pop("kind") == self.MONTH_END else RANGE_FIELDS
        return {"name": values["name"]} | {name: values[name] for name in chosen}

    @staticmethod
    def described(season: Season) -> dict[str, Any]:
        values = {name: getattr(season, name) for name in ("name", "working_days", *RANGE_FIELDS)}
        kind = SeasonForm.RANGE if season.working_days is None else SeasonForm.MONTH_END
        return values | {"kind": kind}


RANGE_FIELDS = ("from_day", "from_month", "to_day", "to_month")
