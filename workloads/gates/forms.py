"""What people write about a waiver."""

from __future__ import annotations

from django import forms


class WaiverForm(forms.Form):
    reason = forms.CharField(
        label="Why can it not be mended first?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The executive sponsor signs this, and everybody who signs the target reads it.",
    )
    conditions = forms.CharField(
        label="Conditions",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What is done meanwhile, and what ends the waiver early.",
    )
    ends_on = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="A year from today at most. The day after, the waiver lapses by itself and the target is looked at again.",
    )
