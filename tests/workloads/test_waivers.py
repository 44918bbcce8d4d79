"""Asking for a waiver, signing it, taking it back, and letting it lapse."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from communications.models import Delivery, Message
from communications.purposes import Purpose
from people.models import RoleAssignment, User
from people.permissions import EXECUTIVE_SPONSOR
from signoffs import services as signoffs
from tests.cast import NOW, give, person, proof, propose, put_in_force
from tests.past import rewriting_history
from tests.workloads.parts import add_dependency, another
from tests.workloads.waivers import ENDS, GIVEN, forget_flows, request_waiver, sign_waiver, waiver_in
from workloads import services
from workloads.gates.ending import step_due
from workloads.gates.queries import in_force
from workloads.gates.reminders import remind_of_waivers
from workloads.gates.services import lapse_waivers, withdraw_waiver
from workloads.models import Classification, Waiver

STATES = tuple(Waiver.State.values)
AFTER = NOW + dt.timedelta(days=91)


def _told(purpose):
    events = Event.objects.filter(kind="message.queued", after__purpose=purpose.key)
    return sorted(name for event in events for name in event.after["to"])


def _lines(kind):
    return Event.objects.filter(kind=kind)


def test_a_waiver_is_asked_for_with_reason_conditions_and_an_end(cast):
    waiver = request_waiver(cast)
    assert (waiver.state, waiver.title, waiver.ends_on) == ("requested", "No user flow is written down", ENDS)
    assert not waiver.holds(NOW.date())
    text = waiver.request.text
    for said in ("No user flow", "The team is new.", "Write the flows down by March.", "18\xa0Feb\xa02027"):
        assert said in text
    line = _lines("waiver.requested").get()
    assert (line.actor_name, line.after["reason"]) == ("Tomas Reyes", "The team is new.")
    assert _told(Purpose.WAIVER_REQUESTED) == ["David Okafor"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"conditions": ""}, "conditions"),
        ({"ends_on": NOW.date()}, "ends_on"),
        ({"ends_on": NOW.date() - dt.timedelta(days=1)}, "ends_on"),
        ({"ends_on": NOW.date() + dt.timedelta(days=367)}, "ends_on"),
        ({"finding": "no-such-thing"}, "finding"),
        ({"finding": "no-impact"}, "finding"),
    ],
)
def test_what_does_not_fit_is_named_by_its_field(cast, values, field):
    with pytest.raises(Invalid) as refused:
        request_waiver(cast, **values)
    assert list(refused.value.fields) == [field]
    assert not Waiver.objects.exists()


def test_a_warning_needs_no_waiver(cast):
    below = another(cast)
    add_dependency(cast, below)
    with pytest.raises(Invalid, match="a warning"):
        request_waiver(cast, finding=f"unclassified:{below.pk}")


def test_one_that_waits_for_its_signature_is_enough(cast):
    request_waiver(cast)
    with pytest.raises(WrongState, match="already"):
        request_waiver(cast)


@pytest.mark.parametrize("who", ["auditor", "sponsor", "stakeholder", "stranger"])
def test_who_may_not_propose_asks_for_no_waiver(cast, page, who):
    with pytest.raises(NotAllowed):
        request_waiver(cast, by=getattr(cast, who))
    address = f"/workloads/{cast.workload.pk}/waivers/ask/?finding=no-flow"
    assert page(getattr(cast, who)).get(address).status_code == (404 if who == "stranger" else 403)


def test_who_asks_is_never_the_only_one_who_signs(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(role=EXECUTIVE_SPONSOR).delete()
    give(EXECUTIVE_SPONSOR, cast.head)
    with pytest.raises(Invalid, match="Maren Holt proposed this"):
        request_waiver(cast, by=cast.head)
    assert not Waiver.objects.exists()


def test_without_a_sponsor_nobody_is_asked(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(role=EXECUTIVE_SPONSOR).delete()
    with pytest.raises(Invalid, match="Nobody can sign as executive sponsor"):
        request_waiver(cast)


def test_the_sponsors_signature_grants_it_and_the_target_can_be_sent(cast):
    waiver = sign_waiver(cast, request_waiver(cast))
    assert (waiver.state, waiver.granted_by, waiver.granted_at) == ("granted", cast.sponsor, NOW)
    assert waiver.holds(ENDS)
    assert not waiver.holds(ENDS + dt.timedelta(days=1))
    assert list(in_force(ENDS)) == [waiver]
    assert not in_force(ENDS + dt.timedelta(days=1)).exists()
    assert _lines("waiver.granted").get().actor_name == "David Okafor"
    assert _told(Purpose.WAIVER_GRANTED) == ["Tomas Reyes"]
    assert services.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW).state == "open"


def test_a_refusal_ends_it_with_the_reason(cast):
    waiver = waiver_in(cast, "rejected")
    assert (waiver.state, waiver.closed_by) == ("rejected", cast.sponsor)
    assert _lines("waiver.rejected").get().after["reason"] == "Do it now."
    assert _told(Purpose.WAIVER_REJECTED) == ["Tomas Reyes"]


def test_nothing_is_granted_after_its_last_day(cast):
    waiver = request_waiver(cast)
    with pytest.raises(WrongState, match="last day of this waiver"):
        signoffs.sign(
            request=waiver.request, by=cast.sponsor, at=AFTER, proof=proof(AFTER), digest=waiver.request.digest
        )
    waiver.refresh_from_db()
    assert waiver.state == "requested"


def test_a_renamed_workload_ends_what_waits(cast):
    waiver = request_waiver(cast)
    services.change_workload(workload=cast.workload, by=cast.owner, at=NOW, name="Payment Core")
    with pytest.raises(signoffs.DocumentChanged):
        sign_waiver(cast, waiver)
    waiver.refresh_from_db()
    assert waiver.state == "withdrawn"


@pytest.mark.parametrize("state", STATES)
def test_a_waiver_is_withdrawn_while_it_waits_or_holds(cast, state):
    waiver = waiver_in(cast, state)
    before = Event.objects.count()
    if state in ("requested", "granted"):
        withdraw_waiver(waiver=waiver, by=cast.owner, at=NOW)
        waiver.refresh_from_db()
        assert (waiver.state, waiver.closed_by) == ("withdrawn", cast.owner)
        assert _lines("waiver.withdrawn").count() == 1
        assert _told(Purpose.WAIVER_WITHDRAWN) == ["David Okafor"]
    else:
        with pytest.raises(WrongState):
            withdraw_waiver(waiver=waiver, by=cast.owner, at=NOW)
        assert Event.objects.count() == before


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("sponsor", 403), ("stranger", 404)])
def test_who_may_not_propose_withdraws_nothing(cast, page, who, status):
    waiver = request_waiver(cast)
    with pytest.raises(NotAllowed):
        withdraw_waiver(waiver=waiver, by=getattr(cast, who), at=NOW)
    assert page(getattr(cast, who)).post(f"/workloads/waivers/{waiver.pk}/withdraw/").status_code == status


def test_a_withdrawn_waiver_makes_the_review_due(cast):
    waiver = waiver_in(cast, "granted")
    target = put_in_force(cast)
    withdraw_waiver(waiver=waiver, by=cast.owner, at=NOW)
    target.refresh_from_db()
    assert target.review_due_on == NOW.date()
    assert target.review_because == "The waiver of “No user flow is written down” was withdrawn."


@pytest.mark.parametrize("state", STATES)
def test_only_what_was_granted_lapses(cast, state):
    waiver = waiver_in(cast, state)
    assert lapse_waivers(at=AFTER) == (state == "granted")
    waiver.refresh_from_db()
    assert waiver.state == ("lapsed" if state == "granted" else state)


def test_a_waiver_lapses_after_its_last_day_by_nobodys_hand(cast):
    waiver = waiver_in(cast, "granted")
    target = put_in_force(cast)
    assert lapse_waivers(at=NOW + dt.timedelta(days=90)) == 0
    assert lapse_waivers(at=AFTER) == 1
    assert lapse_waivers(at=AFTER) == 0
    waiver.refresh_from_db()
    target.refresh_from_db()
    assert (waiver.state, waiver.closed_at, waiver.closed_by) == ("lapsed", AFTER, None)
    line = _lines("waiver.lapsed").get()
    assert (line.actor_id, line.actor_name, line.door) == (None, "Portal", "sweep")
    assert target.review_because == "The waiver of “No user flow is written down” has lapsed."
    assert _told(Purpose.WAIVER_LAPSED) == ["David Okafor", "Tomas Reyes"]


def test_over_is_over_even_before_the_sweep(cast):
    waiver_in(cast, "granted")
    with pytest.raises(Exception, match="No user flow"):
        services.send_for_signature(classification=propose(cast), by=cast.owner, at=AFTER)
    assert Classification.objects.get().state == "proposed"


def test_what_lapsed_can_be_asked_for_again(cast):
    waiver_in(cast, "lapsed")
    again = request_waiver(cast, at=AFTER, ends_on=ENDS + dt.timedelta(days=90))
    assert again.state == "requested"


@pytest.mark.parametrize(
    ("left", "step"),
    [(15, None), (14, (14, ())), (8, (14, ())), (7, (7, (14,))), (1, (7, (14,))), (0, (0, (14, 7))), (-1, None)],
)
def test_the_end_is_announced_two_weeks_and_one_week_before_and_on_the_day(left, step):
    assert step_due(ENDS, ENDS - dt.timedelta(days=left)) == step


def test_each_step_is_told_once_to_who_asked_who_owns_and_who_granted(cast):
    waiver_in(cast, "granted")
    with rewriting_history():
        Message.objects.all().delete()
    for left, written in ((20, 0), (14, 2), (13, 0), (7, 2), (6, 0), (0, 2), (-1, 0)):
        at = NOW + dt.timedelta(days=90 - left)
        assert remind_of_waivers(at=at) == written, left
        assert remind_of_waivers(at=at) == 0
    assert sorted({d.user.name for d in Delivery.objects.select_related("user")}) == ["David Okafor", "Tomas Reyes"]
    assert " in 14 days: Payment Hub, No user flow" in Message.objects.earliest("pk").subject_line


def test_the_end_of_a_waiver_whose_asker_left_is_announced_to_who_stands_in(cast):
    asker = person("Mia Gone", team=cast.team)
    sign_waiver(cast, request_waiver(cast, by=asker))
    User.objects.filter(pk__in=[asker.pk, cast.sponsor.pk]).update(is_active=False)
    assert remind_of_waivers(at=NOW + dt.timedelta(days=76)) == 1
    told = Message.objects.get(purpose="waiver-ending")
    assert told.deliveries.get().user == cast.owner
    assert told.body.startswith("You stand in here: this was Mia Gone's, who cannot sign in any more.")


def test_two_waivers_that_end_on_one_day_are_both_announced(cast):
    sign_waiver(cast, request_waiver(cast))
    cast.workload.impact.delete()
    sign_waiver(cast, request_waiver(cast, finding="no-impact"))
    with rewriting_history():
        Message.objects.all().delete()
    remind_of_waivers(at=NOW + dt.timedelta(days=76))
    assert Message.objects.count() == 4


@pytest.mark.parametrize("state", STATES)
def test_the_page_shows_it_in_every_state_to_who_may_see_the_workload(cast, page, state):
    waiver = waiver_in(cast, state)
    answer = page(cast.auditor).get(waiver.get_absolute_url())
    assert answer.status_code == 200
    assert "Write the flows down by March." in answer.text
    assert f"/workloads/waivers/{waiver.pk}/withdraw/" not in answer.text
    assert page(cast.stranger).get(waiver.get_absolute_url()).status_code == 404
    listed = page(cast.auditor).get(f"/workloads/{cast.workload.pk}/waivers/")
    assert waiver.get_absolute_url() in listed.text
    view = {"granted": "", "requested": "asked"}.get(state, "past")
    assert waiver.get_absolute_url() in page(cast.auditor).get(f"/workloads/waivers/?view={view}").text
    assert waiver.get_absolute_url() not in page(cast.stranger).get(f"/workloads/waivers/?view={view}").text


def test_the_page_asks_for_it_and_leads_the_sponsor_to_her_signature(cast, page):
    forget_flows(cast)
    client, address = page(cast.owner), f"/workloads/{cast.workload.pk}/waivers/ask/?finding=no-flow"
    assert "No user flow is written down" in client.get(address).text
    assert client.post(address, {"reason": "", "conditions": "x", "ends_on": "2030-01-01"}).status_code == 422
    ends = timezone.now().date() + dt.timedelta(days=60)
    answer = client.post(address, GIVEN | {"ends_on": ends.isoformat()})
    waiver = Waiver.objects.get()
    assert answer.url == waiver.get_absolute_url()
    assert f"/signoffs/{waiver.request_id}/sign/" in page(cast.sponsor).get(waiver.get_absolute_url()).text
    assert "Payment Hub: waiver" in page(cast.sponsor).get("/").text
    assert "Payment Hub: waiver" in page(cast.sponsor).get("/signoffs/").text


def test_nothing_to_waive_leads_back(cast, page):
    answer = page(cast.owner).get(f"/workloads/{cast.workload.pk}/waivers/ask/?finding=no-flow", follow=True)
    assert "nothing to waive" in answer.text


def test_the_workload_shows_the_waiver_that_holds(cast, page):
    now = timezone.now()
    waiver = sign_waiver(cast, request_waiver(cast, at=now, ends_on=now.date() + dt.timedelta(days=3)), at=now)
    text = page(cast.owner).get(f"/workloads/{cast.workload.pk}/").text
    assert "Waived: No user flow is written down" in text
    assert waiver.get_absolute_url() in text


def test_the_api_asks_lists_and_withdraws(cast, page):
    forget_flows(cast)
    client = page(cast.owner)
    ends = timezone.now().date() + dt.timedelta(days=60)
    body = GIVEN | {"workload": cast.workload.pk, "finding": "no-flow", "ends_on": ends.isoformat()}
    made = client.post("/api/v1/waivers/", body, content_type="application/json")
    assert (made.status_code, made.json()["state"]) == (201, "requested")
    pk = made.json()["id"]
    assert client.post("/api/v1/waivers/", body, content_type="application/json").status_code == 409
    assert [w["id"] for w in client.get("/api/v1/waivers/?state=requested").json()["results"]] == [pk]
    assert client.get(f"/api/v1/waivers/{pk}/").json()["conditions"] == "Write the flows down by March."
    assert page(cast.stranger).get(f"/api/v1/waivers/{pk}/").status_code == 404
    assert client.post(f"/api/v1/waivers/{pk}/withdraw/").json()["state"] == "withdrawn"
    wrong = client.post("/api/v1/waivers/", body | {"finding": "cycle"}, content_type="application/json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["finding"])


def test_a_waiver_shows_with_its_target_in_the_api_and_in_the_reviews(cast, client):
    target = put_in_force(cast)
    waiver = sign_waiver(cast, request_waiver(cast, ends_on=timezone.now().date() + dt.timedelta(days=90)))
    Classification.objects.filter(pk=target.pk).update(review_due_on=timezone.now().date())
    client.force_login(cast.stakeholder)
    assert client.get(f"/api/v1/classifications/{target.pk}/").json()["waived_until"] == waiver.ends_on.isoformat()
    page = client.get("/workloads/reviews/").content.decode()
    assert "waived until" in page
    withdraw_waiver(waiver=waiver, by=cast.head, at=NOW)
    assert client.get(f"/api/v1/classifications/{target.pk}/").json()["waived_until"] is None
    assert "waived until" not in client.get("/workloads/reviews/").content.decode()
