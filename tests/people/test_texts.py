"""Texts of the API's requests are what the description of the API says."""

from __future__ import annotations

import pytest
from rest_framework.exceptions import ValidationError

from people.texts import TextField


@pytest.mark.parametrize("said", [3, 3.5, True, None, [], {}, "", "  ", "a   ", "abcd", "a\0"])
def test_what_is_no_text_or_too_long_as_it_was_sent_is_refused(said):
    with pytest.raises(ValidationError):
        TextField(max_length=3).run_validation(said)


def test_a_text_loses_the_spaces_around_it_and_nothing_else():
    assert TextField(max_length=5).run_validation(" a b ") == "a b"
    assert TextField().run_validation("x" * 10_000) == "x" * 10_000
