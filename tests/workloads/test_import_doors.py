"""A register comes in by page, API and command: the same report, the same import."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from people.models import Role
from people.permissions import IT_OPERATIONS, Permission
from tests.workloads.registers import CLAIM, MULTIPART, PLAIN, ROW, as_csv, as_xlsx, work
from workloads import services as workloads
from workloads.models import PendingImport, Workload
from workloads.register.sheet import FILE_MAX

pytestmark = pytest.mark.django_db
PAGE = "/workloads/import/"
API = "/api/v1/workloads/import/"
GOVUK = Path(__file__).parents[3] / "shared/data/govuk-repos.yml"


def file(*rows, name="register.csv", data=None):
    return SimpleUploadedFile(name, as_csv(*rows) if data is None else data)


def upload(client, *rows, **options):
    """The report's address and its page, once a worker has checked the file."""
    response = client.post(PAGE, {"file": file(*rows, **options), "make_teams": "on"})
    assert response.status_code == 302, response.content.decode()
    work()
    return response["Location"], client.get(response["Location"]).content.decode()


def press(client, address, page):
    """The page after “Import”, once a worker has been there."""
    client.post(address, {"digest": digest(page)})
    work()
    return client.get(address).content.decode()


def digest(page):
    return hidden(page, "digest")


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="(\w+)"', page)
    assert found, f"no field {name}"
    return found[1]


# --- Page -----------------------------------------------------------------------------------------------------------
def test_a_file_is_checked_read_about_and_imported(cast, client):
    client.force_login(cast.head)
    assert "Check this file" in client.get(PAGE).content.decode()
    address, page = upload(client, ROW, PLAIN)
    assert "2 new: nothing is written yet." in page
    assert "Import 2 workloads" in page
    assert Workload.objects.count() == 1
    page = press(client, address, page)
    assert "2 new: imported." in page
    assert Workload.objects.get(reference="APP-7").get_absolute_url() in page
    assert Workload.objects.count() == 3
    assert Event.objects.get(kind="register.imported").door == "page"


def test_refused_rows_come_first_and_there_is_nothing_to_press(cast, client):
    client.force_login(cast.head)
    address, page = upload(client, PLAIN, ROW | {"RTO": "15"})
    assert "1 new, 1 refused: nothing is written yet." in page
    assert page.index("Write the unit too") < page.index("Travel Desk")
    assert 'type="submit">' not in page.split('id="main"')[1].split("</main>")[0]
    answer = client.post(address, {"digest": digest(page)}, follow=True).content.decode()
    assert "There is nothing in this file that can be imported as it is." in answer
    assert (work(), Workload.objects.count()) == (0, 1)


def test_rows_are_filtered_by_outcome(cast, client):
    client.force_login(cast.head)
    address, _ = upload(client, PLAIN, ROW | {"RTO": "15"})
    page = client.get(address, {"show": "refused"}).content.decode()
    assert "Quote Engine" in page
    assert "Travel Desk" not in page
    assert client.get(address, {"show": "nonsense", "page": "99"}).status_code == 200


def test_what_people_wrote_is_never_taken_for_markup(cast, client):
    client.force_login(cast.head)
    _, page = upload(client, PLAIN | {"name": "<script>alert(1)</script>", "team": '"><img src=x>'}, name="<b>.csv")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>.csv" not in page


def test_a_second_click_says_what_the_first_has_done(cast, client):
    client.force_login(cast.head)
    address, page = upload(client, ROW)
    for _ in range(2):
        response = client.post(address, {"digest": digest(page)}, follow=True)
        assert "Waiting for its turn" in response.content.decode()
    work()
    response = client.post(address, {"digest": digest(page)}, follow=True)
    assert "1 new: imported." in response.content.decode()
    assert "1 new: imported." in client.get(address).content.decode()
    assert work() == 0
    assert Event.objects.filter(kind="register.imported").count() == 1


def test_a_report_that_no_longer_holds_is_shown_anew(cast, client):
    client.force_login(cast.head)
    row = {"reference": "APP-1", "name": "Payment Hub", "purpose": "Pays fees.", "team": "Payments"}
    address, page = upload(client, row)
    workloads.change_workload(workload=cast.workload, by=cast.owner, at=timezone.now(), purpose="Else.")
    answer = press(client, address, page)
    assert "The register has changed since this report was made." in answer
    assert "<del>Else.</del>" in answer
    assert "There is a newer report" in client.post(address, {"digest": digest(page)}, follow=True).content.decode()
    press(client, address, answer)
    cast.workload.refresh_from_db()
    assert cast.workload.purpose == "Pays fees."


def test_somebody_elses_report_is_not_there(cast, client):
    client.force_login(cast.head)
    address, _ = upload(client, ROW)
    client.force_login(cast.platform)
    assert [client.get(address).status_code, client.post(address).status_code] == [404, 404]
    assert "register.csv" not in client.get(PAGE).content.decode()


def test_a_row_leads_to_its_workload_for_those_alone_who_may_see_it(cast, client):
    Role.objects.filter(pk=IT_OPERATIONS).update(rights=[Permission.ADD_WORKLOADS])
    row = {"reference": "APP-1", "name": "Payment Hub", "purpose": "Pays claims.", "team": "Payments"}
    for by, leads in ((cast.head, True), (cast.platform, False)):
        client.force_login(by)
        assert (f'href="{cast.workload.get_absolute_url()}"' in upload(client, row)[1]) is leads


@pytest.mark.parametrize("who", ["owner", "auditor", "stranger"])
def test_who_may_not_add_workloads_gets_no_page(cast, client, who):
    client.force_login(getattr(cast, who))
    assert [client.get(PAGE).status_code, client.post(PAGE).status_code] == [403, 403]
    assert client.get(f"{PAGE}template.csv").status_code == 403


def test_a_file_that_cannot_be_used_says_why_and_asks_for_another_read_in_the_same_way(cast, client):
    client.force_login(cast.head)
    response = client.post(PAGE, {"file": file(data=b"name\nA\n"), "read_as": "workloads", "make_teams": "on"})
    work()
    page = client.get(response["Location"]).content.decode()
    assert "Columns are missing: purpose, team." in page
    assert f'{PAGE}?read_as=workloads&amp;make_teams=on"' in page
    form = client.get(f"{PAGE}?read_as=workloads&make_teams=on").content.decode()
    assert '<option value="workloads" selected>' in form
    assert 'name="make_teams" checked' in form


def test_no_file_is_said_beside_the_field(cast, client):
    client.force_login(cast.head)
    response = client.post(PAGE, {})
    assert response.status_code == 422
    assert "Choose a file first" in response.content.decode()
    assert not PendingImport.objects.exists()


@pytest.mark.parametrize("address", [PAGE, API])
@pytest.mark.parametrize("checked", [False, True])
def test_a_claim_of_a_gigabyte_is_refused_before_it_is_read(cast, address, checked):
    client = Client(enforce_csrf_checks=checked)
    client.force_login(cast.head)
    client.get(PAGE)  # brings the CSRF cookie
    response = client.generic("POST", address, CLAIM, MULTIPART, CONTENT_LENGTH=str(2**30))
    assert "larger than 10 MB" in response.content.decode()


def test_a_file_that_is_larger_than_it_claims_is_refused(cast, client):
    client.force_login(cast.head)
    assert "larger than 10 MB" in client.post(PAGE, {"file": file(data=b"x" * (FILE_MAX + 1))}).content.decode()


def test_the_page_asks_for_the_csrf_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.head)
    assert client.post(PAGE, {"file": file(ROW)}).status_code == 403
    token = hidden(client.get(PAGE).content.decode(), "csrfmiddlewaretoken")
    assert client.post(PAGE, {"file": file(ROW), "csrfmiddlewaretoken": token}).status_code == 302


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_goes_out_and_comes_in(cast, client, kind):
    client.force_login(cast.head)
    response = client.get(f"{PAGE}template.{kind}")
    assert f"register-template.{kind}" in response["Content-Disposition"]
    _, page = upload(client, data=response.content, name=f"t.{kind}")
    assert "2 unchanged" not in page
    assert client.get(f"{PAGE}template.exe").status_code == 404


def test_an_export_of_the_register_comes_in_again_without_a_change(cast, client):
    client.force_login(cast.head)
    press(client, *upload(client, ROW | {"tags": "money, web"}, PLAIN))
    export = b"".join(client.get(reverse("workloads:export")).streaming_content)
    _, page = upload(client, data=export)
    assert "3 unchanged: the register says all of this already." in page


# --- API ------------------------------------------------------------------------------------------------------------
def test_the_api_gives_the_report_and_writes_only_when_told(cast, client):
    client.force_login(cast.head)
    said = client.post(API, {"file": file(ROW, PLAIN)}).json()
    assert (said["applied"], said["summary"]["new"], Workload.objects.count()) == (False, 2, 1)
    said = client.post(API, {"file": file(ROW, PLAIN), "dry_run": "false"}).json()
    assert (said["applied"], said["sentence"], Workload.objects.count()) == (True, "2 new: imported.", 3)
    assert Event.objects.get(kind="register.imported").door == "api"


def test_the_api_refuses_rows_with_the_report(cast, client):
    client.force_login(cast.head)
    response = client.post(API, {"file": file(ROW | {"RTO": "15"}), "dry_run": "false"})
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")
    said = response.json()
    assert (said["status"], said["summary"]["refused"]) == (422, 1)
    assert said["rows"][0]["problems"] == [
        {"column": "RTO", "what": "Write the unit too: “15 s”, “15 min”, “15 h” or “15 days”."}
    ]


def test_the_api_names_what_is_wrong_with_the_file_or_the_person(cast, client):
    client.force_login(cast.head)
    assert client.post(API, {"file": file(data=b"name\nA\n")}).json()["title"] == "Unreadable file"
    assert client.post(API, {}).status_code == 400
    assert client.post(API, "{}", "application/json").status_code == 415
    client.force_login(cast.owner)
    assert client.post(API, {"file": file(ROW)}).status_code == 403
    client.logout()
    assert client.post(API, {"file": file(ROW)}).status_code == 401


# --- Command --------------------------------------------------------------------------------------------------------
def command(tmp_path, by, *rows, **options):
    path = tmp_path / "register.csv"
    path.write_bytes(as_csv(*rows))
    out = io.StringIO()
    try:
        call_command("import_register", path, by=by.email, stdout=out, **options)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def test_the_command_reports_and_applies(cast, tmp_path):
    assert "Row 2, Quote Engine: new\n1 new: nothing is written yet." in command(tmp_path, cast.head, ROW)
    assert Workload.objects.count() == 1
    assert "1 new: imported." in command(tmp_path, cast.head, ROW, apply=True)
    assert Workload.objects.count() == 2
    assert Event.objects.get(kind="register.imported").door == "command"


def test_the_command_fails_for_refused_rows_and_for_who_may_not(cast, tmp_path):
    for apply in (False, True):
        assert "RTO: Write the unit too" in command(tmp_path, cast.head, ROW | {"RTO": "15"}, apply=apply)
    assert "Your roles do not include the right" in command(tmp_path, cast.owner, ROW, apply=True)
    assert Workload.objects.count() == 1


def test_the_command_says_what_is_wrong_with_its_arguments(cast, tmp_path):
    with pytest.raises(CommandError, match="Nobody who can sign in"):
        call_command("import_register", "x.csv", by="nobody@example.org")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_register", tmp_path / "none.csv", by=cast.head.email)


# --- A register from life -------------------------------------------------------------------------------------------
def deployable():
    """Rows from the public register of GOV.UK: odd, uneven and real."""
    if not GOVUK.exists():
        pytest.skip("no register from life beside the project: shared/data/govuk-repos.yml")
    import yaml  # noqa: PLC0415

    found = [r for r in yaml.safe_load(GOVUK.read_text()) if str(r.get("type", "")).lower().endswith(("apps", "apis"))]
    return [
        (r["repo_name"], r.get("description", f"{r['type']} of GOV.UK"), r.get("team", ""), r.get("production_url", ""))
        for r in found
    ]


def as_file(kind, header, rows):
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode() if kind == "csv" else as_xlsx(header, *rows)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_register_from_life_comes_in_once_its_repetitions_are_taken_out(cast, client, kind):
    header, rows = ("Name", "Purpose", "Team", "production_url"), deployable()
    once = list({row[0]: row for row in reversed(rows)}.values())
    client.force_login(cast.head)
    _, page = upload(client, data=as_file(kind, header, rows), name=f"govuk.{kind}")
    assert f"{len(once)} new, {len(rows) - len(once)} refused: nothing is written yet." in page
    data = as_file(kind, header, once)
    address, page = upload(client, data=data, name=f"govuk.{kind}")
    assert f"{len(once)} new: nothing is written yet." in page
    press(client, address, page)
    assert Workload.objects.count() == 1 + len(once)
    _, page = upload(client, data=data, name=f"govuk.{kind}")
    assert f"{len(once)} unchanged" in page
