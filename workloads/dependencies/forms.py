"""What people write about dependencies and third parties."""

from __future__ import annotations

from typing import Any

from django import forms

from people.fields import DurationField
from people.models import Contact
from workloads.models import Dependency, Order, Strength, ThirdParty

FAILS_OVER = (("", "nobody has looked"), ("yes", "yes"), ("no", "no"))


class DependencyForm(forms.Form):
    strength = forms.ChoiceField(
        label="Without it", choices=Strength.choices, initial=Strength.HARD, widget=forms.RadioSelect
    )
    remains = forms.CharField(
        label="What still works without it", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For a soft dependency: addresses are typed by hand, quotes wait until the morning.",
    )  # fmt: skip
    order = forms.ChoiceField(
        label="Recovery runs", choices=Order.choices, initial=Order.SEQUENTIAL, widget=forms.RadioSelect
    )
    note = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    @staticmethod
    def described(dependency: Dependency) -> dict[str, Any]:
        return {name: getattr(dependency, name) for name in DependencyForm.base_fields}


class ThirdPartyForm(forms.Form):
    """A service that somebody outside runs, with what the vendor promises."""

    name = forms.CharField(max_length=120, help_text="The service as people here call it: Card network.")
    vendor = forms.CharField(max_length=120, required=False, help_text="The company behind it.")
    contact = forms.ModelChoiceField(
        Contact.objects.all(), required=False, empty_label="nobody", help_text="Whom to call when it is down."
    )
    rto_seconds = DurationField(
        label="Promised RTO", required=False, help_text="Empty: the vendor promises nothing, or nobody has looked."
    )
    rpo_seconds = DurationField(label="Promised RPO", required=False)
    document = forms.CharField(
        label="Where the promise stands", max_length=300, required=False, help_text="Contract, number, address."
    )
    promised_until_on = forms.DateField(
        label="The promise holds until", required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The last day; empty: open.",
    )  # fmt: skip
    has_failover = forms.TypedChoiceField(
        label="It fails over by itself", choices=FAILS_OVER, required=False, empty_value=None,
        coerce=lambda said: said == "yes", widget=forms.RadioSelect,
        help_text="Whether the vendor goes on from another site when one is lost.",
    )  # fmt: skip
    note = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    @staticmethod
    def described(third_party: ThirdParty) -> dict[str, Any]:
        said = {name: getattr(third_party, name) for name in ThirdPartyForm.base_fields}
        return said | {"has_failover": {True: "yes", False: "no", None: ""}[third_party.has_failover]}
