"""Each purpose can be said, and nothing else can."""

from __future__ import annotations

import pytest

from communications.purposes import CHOICES, Purpose


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_filled_purpose_has_a_subject_and_a_text_without_holes(purpose):
    subject, body = purpose.render({name: f"<{name}>" for name in purpose.placeholders})
    assert subject.strip()
    assert "{" not in subject + body
    assert all(f"<{name}>" in subject + body for name in purpose.placeholders)
    assert purpose.value.link.strip()


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_key_leads_back_to_its_purpose(purpose):
    assert Purpose.of(purpose.key) is purpose
    assert (purpose.key, purpose.label) in CHOICES
    assert len(purpose.key) <= 40


def test_an_unknown_purpose_is_refused():
    with pytest.raises(KeyError):
        Purpose.of("newsletter")


def test_what_has_to_be_known_at_once_is_never_held():
    urgent = {purpose for purpose in Purpose if purpose.urgent}
    assert urgent == {
        Purpose.SIGNATURE_REQUESTED, Purpose.SIGNATURE_REQUEST_VOID, Purpose.DRILL_CANCELLED, Purpose.DAILY_DIGEST,
        Purpose.WAIVER_REQUESTED, Purpose.PASSWORD_RESET, Purpose.CONFIRMATION_ASKED,
    }  # fmt: skip


NOT_OUR_WORDS = ("successfully", "oops", "please be advised", "kindly", "!", "click here")


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_words_are_plain(purpose):
    said = " ".join((purpose.label, *purpose.value[1:4])).lower()
    assert not [word for word in NOT_OUR_WORDS if word in said]
