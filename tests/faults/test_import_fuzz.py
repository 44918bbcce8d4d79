"""Damaged, odd and hostile files of every format: read or refused in words, never a fault, never half a register.

FUZZ_FILES=10000 for a long run, as `make soak` does.
"""

from __future__ import annotations

import io
import json
import os
import random
import resource
import time
import tracemalloc
import zipfile
from collections import Counter

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from audit.models import Event
from tests.cast import NOW, make_cast
from tests.workloads.catalogues import as_json, as_yaml, contact, whole
from tests.workloads.registers import work
from tests.workloads.test_import_backstage import CATALOGUE
from workloads.catalogue.exporting import export_register
from workloads.catalogue.kinds import KINDS
from workloads.catalogue.reading import read_contents
from workloads.models import Component, Dependency, ImpactAnswer, PendingImport, ThirdParty, UserFlow, Workload
from workloads.register import services
from workloads.register.sheet import FILE_MAX, UnreadableFile

FILES = int(os.environ.get("FUZZ_FILES", "120"))
PAGE, API = "/workloads/import/", "/api/v1/workloads/import/"
ODD = [
    b"", b"\x00", b"\xff\xfe", b"=1+1", b"'", b'"', b"{", b"[", b"]", b"}", b"---\n", b"- ", b": ", b"*a", b"&a ", b"NaN",
    b"1e999", b"-9" * 40, "😀".encode(), b"\xe2\x80\xae", b"null", b"!!python/object/apply:os.system ['x']",
    b"<<: *x", b"PK\x03\x04",
]  # fmt: skip
TABLES = (Workload, Component, Dependency, ThirdParty, UserFlow, ImpactAnswer, Event)


def seeds(cast) -> list[bytes]:
    """One valid file of every format."""
    found = [export_register(form=form, by=cast.head, at=NOW).read() for form in ("json", "xlsx", "zip")]
    found += [export_register(form="csv", kind=kind, by=cast.head, at=NOW).read() for kind in KINDS]
    return [*found, as_yaml(whole()), as_json(whole()), CATALOGUE[:6000]]


def damaged(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """Bits, bytes and pieces changed, cut, doubled or swapped between files; sometimes inside the ZIP."""
    if data.startswith(b"PK") and chance.random() < 0.6:
        return _damaged_part(chance, data, others)
    found = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        at = chance.randrange(len(found) + 1)
        match chance.randrange(6):
            case 0 if found:
                found[at % len(found)] = chance.randrange(256)
            case 1:
                found[at:at] = chance.choice(ODD)
            case 2:
                del found[at : at + chance.choice([1, 3, 50])]
            case 3:
                found[at:at] = found[at : at + chance.choice([2, 40, 400])]
            case 4:
                other = chance.choice(others)
                begin = chance.randrange(len(other))
                found[at:at] = other[begin : begin + chance.choice([10, 200])]
            case _:
                found = found[: max(at, 1)]
    return bytes(found)


def _damaged_part(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = chance.choice(archive.namelist())
        for name in archive.namelist():
            part = archive.read(name)
            texts = [other for other in others if not other.startswith(b"PK")]
            new.writestr(name, damaged(chance, part, texts) if name == chosen else part)
    return out.getvalue()


class Growth:
    """How much more memory this process has ever held, in MB: since the beginning, and at most by one file."""

    def __init__(self) -> None:
        self.first = self.last = self._peak()
        self.most = 0.0

    @staticmethod
    def _peak() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def look(self) -> None:
        now = self._peak()
        self.most, self.last = max(self.most, now - self.last), now

    def __str__(self) -> str:
        return f"{self.last - self.first:.0f} MB more in all, at most {self.most:.0f} MB by one file"


def counts() -> list[int]:
    return [table.objects.count() for table in TABLES]


def posted(client, number, data, **fields):
    """The answer of the API. After a fault the transaction of this test goes on, so that all faults are found at once."""
    before = transaction.savepoint()
    answer = client.post(API, {"file": SimpleUploadedFile(f"f{number}", data), **fields})
    if answer.status_code >= 500:
        transaction.savepoint_rollback(before)
    else:
        transaction.savepoint_commit(before)
    return answer


@pytest.mark.fault
@pytest.mark.django_db
def test_no_damaged_file_is_a_fault_or_half_written(client):
    cast = make_cast()
    contact()
    services.import_register(data=as_json(whole()), name="w", by=cast.head, at=NOW)
    valid = seeds(cast)
    client.force_login(cast.head)
    client.raise_request_exception = False
    written, statuses, growth, begin = 0, Counter[str](), Growth(), time.monotonic()
    odd: list[tuple[int, int, int]] = []
    for number in range(FILES):
        chance = random.Random(number)
        data = damaged(chance, chance.choice(valid), valid)
        before = counts()
        dry = posted(client, number, data)
        assert counts() == before, number
        wet = posted(client, number, data, dry_run="false")
        growth.look()
        statuses.update([f"dry {dry.status_code}", f"wet {wet.status_code}"])
        if not {dry.status_code, wet.status_code} <= {200, 400, 409, 413, 422}:
            odd.append((number, dry.status_code, wet.status_code))
        if wet.status_code != 200:
            assert counts() == before, number
        else:
            assert dry.json()["summary"] == wet.json()["summary"], number
            written += counts() != before
    seconds = time.monotonic() - begin
    print(f"{FILES} files in {seconds:.0f} s, {written} of them changed the register; {dict(statuses)}; {growth}")
    assert odd == []


@pytest.mark.fault
@pytest.mark.django_db
def test_the_page_takes_damaged_files_as_well(client):
    cast = make_cast()
    contact()
    services.import_register(data=as_json(whole()), name="w", by=cast.head, at=NOW)
    valid = seeds(cast)
    client.force_login(cast.head)
    states, begin = Counter[str](), time.monotonic()
    for number in range(FILES // 4):
        chance = random.Random(-number)
        answer = client.post(PAGE, {"file": SimpleUploadedFile("f", damaged(chance, chance.choice(valid), valid))})
        assert answer.status_code in (302, 413, 422), (number, answer.status_code)
        if answer.status_code == 302:
            assert work() == 1, number
            assert client.get(answer["Location"]).status_code == 200, number
            states[PendingImport.objects.latest("created_at").state] += 1
    print(f"{FILES // 4} files through the page in {time.monotonic() - begin:.0f} s: {dict(states)}")
    assert set(states) <= {"checked", "unreadable"}, states


# --- Hostile on purpose -------------------------------------------------------------------------------------------
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)


def bomb(name: str, size: int = 300 * 1024 * 1024) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as part:
        for _ in range(size // 1_048_576):
            part.write(b"0" * 1_048_576)
    return out.getvalue()


HOSTILE = {
    "billion laughs": (LAUGHS.encode(), "repeats something by reference"),
    "a cycle": (b"workloads: &a\n- *a\n", "repeats something by reference"),
    "a merge": (b"workloads:\n- <<: {name: x}\n", "merges by reference"),
    "an object": (b"workloads: !!python/object/apply:os.system ['x']\n", ""),
    "deep JSON": (b"[" * 100_000 + b"]" * 100_000, "levels deep"),
    "deep objects": (b'{"a":' * 60 + b"1" + b"}" * 60, "levels deep"),
    "deep YAML": (b"[" * 5000, "levels deep"),
    "not a number": (b'{"workloads": [{"name": NaN}]}', "not a number in JSON"),
    "infinity": (b'{"workloads": [{"name": -Infinity}]}', "not a number in JSON"),
    "doubled names": (b'{"workloads": [{"name": "a", "name": "b"}]}', "stands twice"),
    "doubled names in YAML": (b"workloads: []\nworkloads: []\n", "stands twice"),
    "a list as a name": (b"---\n? [a]\n: b\n", "cannot be a list"),
    "many values": (b"[" + b"[]," * 2_000_000 + b"[]]", "values"),
    "broken JSON": (b'{"workloads": [', "not JSON"),
    "broken YAML": (b"workloads: [\n", "not YAML"),
    "no lists": (b'{"name": "x"}', "no lists of rows"),
    "a zip bomb": (bomb("workloads.csv"), "unpack to far more"),
    "an empty zip": (b"PK\x05\x06" + b"\0" * 18, "not a table"),
    "a wrong encoding": (b"workloads:\n- name: \x81\x8d\x00\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_words_and_with_little_memory(what):
    data, says = HOSTILE[what]
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile) as refused:
            read_contents(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert says in refused.value.message
    assert peak < 100 * 1024 * 1024, f"{peak:,}"


def test_the_largest_file_of_small_values_stays_within_memory():
    rows = [{"name": "n", "team": "t", "x": "y"}] * 60_000
    data = json.dumps({"components": rows}).encode()
    assert len(data) < FILE_MAX
    tracemalloc.start()
    read_contents(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 1024 * 1024, f"{peak:,}"


@pytest.mark.django_db
def test_huge_numbers_are_said_to_be_wrong_in_their_row():
    cast = make_cast()
    row = {"name": "a", "purpose": "p", "team": "Payments", "tier": int("9" * 4000), "slo": 1}
    document = {"workloads": [row], "impact_answers": [
        {"workload": "APP-1", "category": "money", "after": "1 h", "level": "none", "amount": int("9" * 90)}]}  # fmt: skip
    data = yaml.safe_dump(document).encode()
    report = services.check_register(data=data, name="r", by=cast.head, at=NOW)
    assert [len(found.problems) for found in report.rows] == [1, 1]
