"""What a reader of files leaves out or assumes is said, by its cause; what it cannot know it does not make up."""

from __future__ import annotations

import datetime as dt
import io
import json

import openpyxl
import pytest
import yaml

from people.models import Team
from people.wording import UNITS
from tests.cast import NOW
from tests.workloads.registers import PLAIN, ROW, as_csv
from tests.workloads.test_import_files import problems, read, refusal
from workloads.catalogue.looking import look
from workloads.catalogue.reading import read_contents
from workloads.models import Dependency, Workload
from workloads.register.headers import looks_like, split_unit
from workloads.register.services import Options, check_register, import_register

HEADER = ("reference", "name", "purpose", "team", "tier", "SLO", "RTO", "RPO", "reason")
LINE = ("R-1", "Quotes", "Quotes prices.", "Payments", 2, 99.9, "4 h", "1 h", "So it is.")


def sheet(formats=(), *lines, change=lambda sheet: None):
    """A workbook with these lines below a header; formats by cell."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for line in (HEADER, *(lines or (LINE,))):
        page.append(line)
    for cell, value, shown in formats:
        page[cell].value, page[cell].number_format = value, shown
    change(page)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def one(*formats):
    (row,) = read(sheet(formats))[0]
    return row


# --- Cells ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "shown", "reference"),
    [
        (42, "00000", "00042"), (42, "0000-0000", "0000-0042"), (1234567, "000-000", "1234-567"), (42, '"APP-"0000', "APP-0042"),
        (42, r"\A0000", "A0042"), (42, "General", "42"), (42, "0", "42"), (42, "@", "42"), (4.5, "General", "4.5"),
        (42, "[Red]000", "042"), ("00042", "General", "00042"),
    ],
)  # fmt: skip
def test_a_reference_is_what_the_sheet_shows(value, shown, reference):
    row = one(("A2", value, shown))
    assert (row.reference, row.problems) == (reference, [])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (42, "0.00"), (4.5, "0"), (4.5, "00000"), (42, "#,##0"), (12345678901234567890, "General"),
        (dt.datetime(2026, 2, 1), "d. mmm"), (True, "General"), (dt.time(10, 30), "h:mm"),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_a_reference_that_the_sheet_may_show_otherwise_is_refused(value, shown):
    row = one(("A2", value, shown))
    assert [problem.column for problem in row.problems] == ["reference"]
    assert "Format the column as text" in row.problems[0].what


@pytest.mark.parametrize(
    ("value", "shown", "slo"),
    [(0.995, "0.0%", "99.5"), (0.9995, "0.00%", "99.95"), (0.9995, "0%", "99.95"), (1, "0%", "100"), (99.5, "General", "99.5"),
     ("99,5 %", "General", "99.5"), ("0.5 %", "General", "0.5"), (0.995, '0.0" %"', None), (0.995, "General", None),
     ("0.995", "@", None), (99.5, "0%", None)],
)  # fmt: skip
def test_a_percentage_is_what_is_shown_and_less_than_one_is_asked_about(value, shown, slo):
    row = one(("F2", value, shown))
    assert (None if row.slo is None else f"{row.slo.normalize():f}") == slo
    assert bool(row.problems) == (slo is None)


@pytest.mark.parametrize(
    ("value", "shown", "seconds"),
    [
        (dt.timedelta(hours=48), "[h]:mm", 172_800),
        (dt.timedelta(minutes=90), "[mm]:ss", 5400),
        (dt.timedelta(), "[h]:mm", 0),
    ],
)
def test_a_duration_cell_is_a_duration(value, shown, seconds):
    assert one(("G2", value, shown)).rto == seconds


@pytest.mark.parametrize(
    ("value", "shown", "said"),
    [(dt.time(4), "h:mm", "4:00"), (dt.time(4), "hh:mm", "04:00"), (dt.time(16), "h:mm AM/PM", "4:00 PM"),
     (dt.time(4, 0, 30), "h:mm:ss", "4:00:30")],
)  # fmt: skip
def test_a_time_of_day_is_named_as_it_is_shown(value, shown, said):
    (problem,) = one(("G2", value, shown)).problems
    assert (problem.column, problem.what.startswith(f"“{said}” may be")) == ("RTO", True)


def test_what_a_sheet_hides_is_not_read_and_named():
    def hide(page):
        for row in (3, 4):
            page.row_dimensions[row].hidden = True
        page.column_dimensions["F"].hidden = True

    lines = [(f"R-{n}", f"Load {n}", *LINE[2:]) for n in range(1, 5)]
    rows, notes = read(sheet((), *lines, change=hide))
    assert [(row.reference, row.slo) for row in rows] == [("R-1", None), ("R-4", None)]
    assert notes[:2] == [
        "Not read, because hidden: 2 rows of the sheet “Sheet”: 3–4. Show them and choose the file again if they are meant.",
        "Not read, because hidden: 1 column of the sheet “Sheet”: F. Show them and choose the file again if they are meant.",
    ]


# --- Headers ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("Recovery Time Objective (hours)", "recovery time objective", "hours"), ("RPO (hrs)", "rpo", "hrs"),
        ("RTO [mins]", "rto", "mins"), ("RTO in h", "rto", "h"), ("rto_seconds", "rto", "seconds"),
        ("rtoMinutes", "rto", "minutes"),
        ("RTO / d", "rto", "d"), ("RTO (weeks)", "rto", "weeks"), ("RTO", "rto", ""), ("Hours", "hours", ""),
    ],
)  # fmt: skip
def test_a_header_is_a_name_and_a_unit(header, name, unit):
    assert split_unit(header) == (name, unit)


@pytest.mark.parametrize("unit", sorted(UNITS))
@pytest.mark.parametrize("name", ["RTO", "Recovery time objective", "Own recovery time"])
def test_every_unit_of_a_cell_may_stand_in_the_header(name, unit):
    data = f"name,purpose,team,{name} ({unit}),tier,reason\nA,p,T,2,1,r\n".encode()
    (row,) = read(data)[0]
    of_cell = read(f"name,purpose,team,{name},tier,reason\nA,p,T,2 {unit},1,r\n".encode())[0][0]
    assert (row.rto, row.own_rto) == (of_cell.rto, of_cell.own_rto) != (None, None)


def test_units_in_the_names_of_a_document_and_of_other_kinds_of_rows():
    document = {"workloads": [{"name": "A", "purpose": "p", "team": "T", "tier": 1, "rto_seconds": 900, "rpoMinutes": "5"}],
                "third_parties": [{"name": "X", "vendor": "Y", "RTO (h)": 4, "document": "D"}]}  # fmt: skip
    contents = read_contents(json.dumps(document).encode())
    (line,) = contents.lines["workloads"]
    assert (line.said["rto"], line.said["rpo"]) == ("900 seconds", "5 minutes")
    assert contents.lines["third_parties"][0].said["rto_seconds"] == "4 h"


@pytest.mark.parametrize(
    ("header", "key"),
    [("Agreed RTO, business hours", "rto"), ("Max. downtime", "rto"), ("RPO target tier A", "rpo"), ("Availability", "slo"),
     ("Criticality", "tier"), ("Vendor", "")],
)  # fmt: skip
def test_a_column_that_looks_like_a_figure_is_seen(header, key):
    assert looks_like(header) == key


def test_no_target_is_made_beside_a_column_that_is_not_used():
    row = {**PLAIN, "tier wanted": "2", "Agreed RTO, office hours": "3", "reason": "r"}
    ((column, what),) = problems(as_csv(row, header=tuple(row)))
    assert column == "RTO"
    assert "“Agreed RTO, office hours” looks like RTO and is not used" in what
    assert not problems(as_csv({**row, "tier wanted": "", "reason": ""}, header=tuple(row))), (
        "nothing would be proposed"
    )
    assert not problems(as_csv({**row, "RTO": "3 h", "RPO": "1 h"}, header=(*row, "RTO", "RPO"))), "it is only beside"
    document = {
        "workloads": [{"name": "A", "purpose": "p", "team": "T", "tier": 2, "actual RTO": "3 h", "reason": "r"}]
    }
    assert [column for column, _ in problems(json.dumps(document).encode())] == ["RTO"]


def test_classes_in_a_column_of_their_own_are_asked_about():
    rows = [PLAIN | {"name": f"A{n}", "Service class": "Gold" if n else "Silver"} for n in range(4)]
    notes = read(as_csv(*rows, header=(*PLAIN, "Service class")))[1]
    assert (
        "3 rows: Service class “Gold”: which tier? Not used; call the column “tier wanted” and write 0 to 3." in notes
    )


def test_what_stands_above_the_header_is_said():
    assert (
        "Row 3 was taken for the header; what stands above it was not read."
        in read(b"Our register\n\nname,purpose,team\nA,p,T\n")[1]
    )


# --- The report -------------------------------------------------------------------------------------------------------
def check(cast, data, **options):
    return check_register(data=data, name="x", by=cast.head, at=NOW, options=Options(**options))


@pytest.mark.django_db
def test_the_report_says_what_was_understood_and_groups_by_cause(cast):
    rows = [
        ROW | {"reference": f"A-{n}", "name": f"Load {n}", "tier wanted": "Gold" if n < 14 else "2"} for n in range(16)
    ]
    report = check(cast, as_csv(*rows)).as_json()
    assert report["understood"] == "16 workloads"
    gold, slo = report["causes"][0], report["causes"][-1]
    assert (gold["outcome"], gold["column"], gold["count"], gold["who"]) == (
        "refused", "tier wanted", 14, "14 workloads (rows 2–15)",
    )  # fmt: skip
    assert "You wrote “Gold”" in gold["what"]
    assert (slo["count"], slo["what"]) == (
        2, "The file says no SLO, so the proposed target has 99.9 %, the least for tier 2.",
    )  # fmt: skip


@pytest.mark.django_db
def test_rows_without_figures_are_counted(cast):
    rows = [PLAIN | {"name": f"Load {n}", "tier wanted": "2"} for n in range(14)]
    (cause,) = check(cast, as_csv(*rows, header=(*PLAIN, "tier wanted"))).as_json()["causes"]
    assert (cause["who"], cause["what"]) == (
        "14 workloads (rows 2–15)", "No target is proposed: there is no RTO and no RPO.",
    )  # fmt: skip


@pytest.mark.django_db
def test_third_parties_are_called_so(cast):
    report = check(cast, b"third party,vendor\nX,Y\nZ,Y\n")
    assert (report.understood, report.sentence) == ("2 third parties", "2 new: nothing is written yet.")


# --- Catalogues -------------------------------------------------------------------------------------------------------
def entity(kind, name, namespace="default", **spec):
    metadata = {"name": name, "namespace": namespace, "description": f"Is {name}."}
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"owner": "payments"} | spec,
    }


def catalogue(*entities):
    return yaml.safe_dump_all(entities).encode()


@pytest.mark.django_db
def test_two_of_one_name_stay_two_in_one_file_and_in_two(cast):
    pair = entity("Component", "pay"), entity("System", "pay"), entity("Component", "pay", "finance")
    for entities in (pair[:1], pair[1:2], pair[2:], pair, pair[::-1]):
        report = import_register(data=catalogue(*entities), name="x", by=cast.head, at=NOW)
        assert report.refused == 0
    assert report.to_write == 0, "the same again changes nothing"
    references = set(Workload.objects.exclude(reference="APP-1").values_list("reference", flat=True))
    assert references == {"component:default/pay", "system:default/pay", "component:finance/pay"}


@pytest.mark.parametrize(
    ("entities", "says"),
    [
        ([entity("Location", "all", targets=["./a.yaml"])], "holds 1 Location, and nothing that becomes a workload."),
        (
            [entity("Group", "payments"), entity("Group", "claims")],
            "holds 2 Group, and nothing that becomes a workload.",
        ),
    ],
)
def test_a_file_of_locations_or_groups_is_called_so(entities, says):
    assert says in refusal(catalogue(*entities))


@pytest.mark.django_db
def test_a_link_said_from_both_ends_is_one(cast):
    both = entity("Component", "a", dependsOn=["resource:b"]), entity("Resource", "b", dependencyOf=["component:a"])
    import_register(data=catalogue(*both), name="x", by=cast.head, at=NOW)
    assert [(link.workload.name, link.needs.name) for link in Dependency.objects.all()] == [("a", "b")]


@pytest.mark.django_db
def test_an_api_that_nobody_describes_is_left_out_by_name_and_added_later(cast):
    provider, api = entity("Component", "a", providesApis=["quotes"]), entity("API", "quotes")
    report = import_register(data=catalogue(provider), name="x", by=cast.head, at=NOW)
    assert report.sentence == "1 new, 1 left out: imported."
    import_register(data=catalogue(api), name="x", by=cast.head, at=NOW)
    import_register(data=catalogue(provider), name="x", by=cast.head, at=NOW)
    assert [(link.workload.name, link.needs.name) for link in Dependency.objects.all()] == [("quotes", "a")]


def test_nothing_written_is_nothing_in_yaml():
    contents = read_contents(b"workloads:\n- name: A\n  purpose: ~\n  team: null\n  reference:\n  business_unit: ''\n")
    empty = dict.fromkeys(("purpose", "team", "reference", "business_unit"), "")
    assert contents.lines["workloads"][0].said == empty | {"name": "A"}


def test_a_named_catalogue_with_owned_things_is_still_a_list():
    document = {"name": "Register", "owner": "IT", "items": [{"name": "A", "owner": "T"}, {"name": "B", "owner": "T"}]}
    assert look([document]).rows == "items[]"


@pytest.mark.django_db
def test_the_page_offers_to_leave_out_what_nobody_knows(cast, client):
    from tests.workloads.registers import work  # noqa: PLC0415

    client.force_login(cast.head)
    Team.objects.create(name="Claims")
    data = catalogue(entity("Component", "a", dependsOn=["resource:b"]))
    answer = client.post("/workloads/import/", {"file": io.BytesIO(data)})
    work()
    page = client.get(answer["Location"]).text
    assert "Check again without unknown links" in page
    assert "Read as 1 workload and 1 dependency." in page
    answer = client.post(answer["Location"], {"do": "leave-out"})
    work()
    page = client.get(answer["Location"]).text
    assert "1 new, 1 left out: nothing is written yet." in page
    assert "Check again without unknown links" not in page
    assert "resource:default/b" in page
    digest = client.get(answer["Location"]).context["report"]["digest"]
    client.post(answer["Location"], {"digest": digest})
    work()
    assert "1 new, 1 left out: imported." in client.get(answer["Location"]).text
