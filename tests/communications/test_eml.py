"""Without a mail server: files that any mail program opens."""

from __future__ import annotations

import email
from email.policy import default as modern
from pathlib import Path
from typing import Any

import pytest

from communications.delivery import deliver, full_text
from communications.models import Delivery
from tests.communications.conftest import only, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "communications.eml.EmlFileBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def test_each_message_is_one_file_that_says_all(folder):
    deliveries = [only(write(workload=name)) for name in ("Größe", "Payment Hub")]
    assert deliver().sent == 2
    files = sorted(folder.iterdir())
    assert [f.suffix for f in files] == [".eml", ".eml"]
    found = [email.message_from_bytes(f.read_bytes(), policy=modern) for f in files]
    letters = {letter["To"]: letter for letter in found}
    for delivery in deliveries:
        letter = letters[delivery.address]
        assert letter["Message-ID"] == f"<{delivery.reference}@harbour-mutual.example>"
        assert letter["Subject"] == delivery.message.subject_line
        assert letter.get_content().replace("\r\n", "\n") == full_text(delivery.message, delivery)


def test_a_subject_cannot_name_a_file_elsewhere(folder):
    write(workload="../../../etc/passwd \x00 $(id) ; rm")
    assert deliver().sent == 1
    (found,) = folder.iterdir()
    assert "/" not in found.name
    assert "$" not in found.name


def test_a_folder_that_cannot_be_written_is_a_passing_fault(folder):
    folder.write_text("in the way")
    delivery = only(write())
    assert deliver().sent == 0
    found = Delivery.objects.get(pk=delivery.pk)
    assert (found.state, found.attempts) == ("queued", 1)
    assert found.last_error


def test_no_half_file_is_left(folder, monkeypatch):
    write()
    monkeypatch.setattr("communications.eml.os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    deliver()
    assert not list(folder.glob("*.eml"))
