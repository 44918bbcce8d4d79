"""The form of a mapping: for each of our columns where it stands, one value for all, and their words for ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms

from workloads.catalogue.mapping import COLUMNS, PATH_MAX, MappingSpec
from workloads.models import ColumnMapping
from workloads.register.columns import REQUIRED

EXAMPLES = {
    "name": "metadata.name", "team": "spec.owner", "tags": "metadata.tags[]", "needs": "spec.dependencies[].name",
    "tier": "spec.criticality",
}  # fmt: skip
# Where people say something else than we do.
TRANSLATED = ("tier", "lifecycle", "team", "business_unit")


class WordsField(forms.CharField):
    """One pair on each line: “gold = 1”."""

    def clean(self, value: Any) -> Any:
        said = super().clean(value)
        words: dict[str, str] = {}
        for line in said.splitlines():
            theirs, sign, ours = line.partition("=")
            if not line.strip():
                continue
            if not sign or not theirs.strip():
                raise forms.ValidationError(
                    f"Write one pair on each line, like “gold = 1”. You wrote “{line.strip()[:40]}”."
                )
            words[theirs.strip()] = ours.strip()
        if len(words) > 100:
            raise forms.ValidationError("At most 100 pairs.")
        return words

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{theirs} = {ours}" for theirs, ours in value.items()) if isinstance(value, dict) else value


class MappingForm(forms.Form):
    name = forms.CharField(
        label="Name of the mapping", max_length=80, help_text="What you will choose it by when you import."
    )
    rows = forms.CharField(
        label="Where the list of workloads stands", max_length=PATH_MAX, required=False,
        help_text="For example services, or catalog.items. Empty: the file itself is the list, or each document is one workload.",
    )  # fmt: skip
    shared = forms.BooleanField(label="Everybody who imports may use it", required=False)

    def __init__(self, *args: Any, tried: bool = False, **kwargs: Any) -> None:
        """With `tried` it needs no name yet."""
        super().__init__(*args, **kwargs)
        self.fields["name"].required = not tried
        for key, label in COLUMNS.items():
            needed = ", needed" if key in REQUIRED else ""
            self.fields[f"path_{key}"] = forms.CharField(
                label=f"{label}: path{needed}", max_length=PATH_MAX, required=False,
                widget=forms.TextInput(attrs={"placeholder": EXAMPLES.get(key, ""), "list": "paths", "autocomplete": "off"}),
            )  # fmt: skip
            self.fields[f"constant_{key}"] = forms.CharField(
                label=f"{label}: one value where the path finds none", max_length=500, required=False
            )
        for key in TRANSLATED:
            self.fields[f"words_{key}"] = WordsField(
                label=f"{COLUMNS[key]}: their words and ours", max_length=8000, required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
            )  # fmt: skip

    @classmethod
    def of(cls, mapping: ColumnMapping) -> MappingForm:
        initial: dict[str, Any] = {"name": mapping.name, "rows": mapping.rows, "shared": mapping.shared}
        initial |= {f"path_{key}": path for key, path in mapping.paths.items()}
        initial |= {f"constant_{key}": value for key, value in mapping.constants.items()}
        return cls(initial=initial | {f"words_{key}": words for key, words in mapping.translations.items()})

    @property
    def about(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in ("name", "rows", "shared"))

    @property
    def columns(self) -> Iterator[tuple[str, forms.BoundField, forms.BoundField]]:
        return ((label, self[f"path_{key}"], self[f"constant_{key}"]) for key, label in COLUMNS.items())

    @property
    def words(self) -> Iterator[forms.BoundField]:
        return (self[f"words_{key}"] for key in TRANSLATED)

    @property
    def values(self) -> dict[str, Any]:
        """As `save_mapping` takes them."""
        said = self.cleaned_data
        return {
            "name": said["name"],
            "rows": said["rows"],
            "shared": said["shared"],
            "paths": {key: said[f"path_{key}"] for key in COLUMNS},
            "constants": {key: said[f"constant_{key}"] for key in COLUMNS},
            "translations": {key: said[f"words_{key}"] for key in TRANSLATED},
        }

    @property
    def spec(self) -> MappingSpec:
        values = self.values
        return MappingSpec(
            values["paths"], values["rows"], {k: v for k, v in values["constants"].items() if v}, values["translations"]
        )
