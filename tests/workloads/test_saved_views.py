"""Views of the register that are kept."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from communications.models import Delivery
from tests.cast import NOW, PASSWORD
from workloads.models import SavedView
from workloads.saved.services import MOST, change_view, remove_view, save_view, take_back_view

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client


def saved(user, name="Mine", query="tier=1", **values):
    return save_view(by=user, at=NOW, name=name, query=query, **values)


def kinds(view_pk):
    return list(Event.objects.filter(thread=f"view:{view_pk}").order_by("pk").values_list("kind", flat=True))


def test_a_view_is_kept_changed_and_removed_each_with_a_line(cast):
    view = saved(cast.platform)
    change_view(view=view, by=cast.platform, at=NOW, name="Ours", is_shared=True)
    change_view(view=view, by=cast.platform, at=NOW, name="Ours", is_shared=True)  # nothing new, no line
    number = view.pk
    remove_view(view=view, by=cast.platform, at=NOW)
    assert kinds(number) == ["view.saved", "view.changed", "view.removed"]
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(("name", "query"), [("", "tier=1"), ("   ", "tier=1"), ("Mine", "")])
def test_a_view_needs_a_name_and_a_question(cast, name, query):
    with pytest.raises(Invalid):
        saved(cast.owner, name, query)


def test_a_name_is_taken_once_for_each_person_whatever_its_case(cast):
    saved(cast.owner, "Mine")
    with pytest.raises(Invalid, match="this name"):
        saved(cast.owner, "mine")
    saved(cast.head, "Mine")


def test_who_can_no_longer_sign_in_keeps_changes_and_removes_nothing(cast):
    view = saved(cast.owner)
    cast.owner.is_active = False
    for deed in (
        lambda: saved(cast.owner, "Another"),
        lambda: change_view(view=view, by=cast.owner, at=NOW, name="Ours", is_shared=True),
        lambda: remove_view(view=view, by=cast.owner, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            deed()
    assert list(SavedView.objects.values_list("name", "is_shared")) == [("Mine", False)]


def test_there_is_an_end_to_views(cast):
    for number in range(MOST):
        saved(cast.owner, f"View {number}")
    with pytest.raises(Invalid, match=str(MOST)):
        saved(cast.owner, "One more")


def test_only_the_owner_changes_and_removes(cast):
    view = saved(cast.platform, is_shared=True)
    with pytest.raises(NotAllowed):
        change_view(view=view, by=cast.head, at=NOW, name="Hers", is_shared=True)
    with pytest.raises(NotAllowed):
        remove_view(view=view, by=cast.head, at=NOW)
    assert signed_in(cast.head).get(f"/workloads/views/{view.pk}/change/").status_code == 404
    assert signed_in(cast.head).post(f"/workloads/views/{view.pk}/remove/").status_code == 404


def test_a_shared_view_is_a_tab_for_all_a_private_one_for_its_owner(cast):
    saved(cast.platform, "Shared one", is_shared=True)
    saved(cast.platform, "Private one")
    for page in ("/workloads/", "/workloads/views/"):
        hers, others = (signed_in(user).get(page).content.decode() for user in (cast.platform, cast.head))
        assert "Shared one" in hers
        assert "Private one" in hers
        assert "Shared one" in others
        assert "Private one" not in others


def test_the_page_keeps_what_makes_sense_of_the_address(cast):
    client = signed_in(cast.head)
    address = "?tier=1&team=x&nonsense=1&sort=-review&page=7&q=&view=mine"
    assert "Keep this view" in client.get("/workloads/" + address).content.decode()
    answer = client.post("/workloads/views/save/" + address, {"name": "Tier 1"})
    assert answer.status_code == 302
    assert answer["Location"] == "/workloads/?tier=1&view=mine&sort=-review"
    assert 'aria-current="true">Tier 1' in client.get(answer["Location"]).content.decode()


def test_nothing_to_keep_is_said(cast):
    answer = signed_in(cast.head).post("/workloads/views/save/?page=3", {"name": "Empty"})
    assert answer.status_code == 422
    assert "nothing to keep" in answer.content.decode()


def test_an_address_too_long_to_keep_is_said(cast):
    answer = signed_in(cast.head).post("/workloads/views/save/?" + "&".join(["tier=1"] * 300), {"name": "Long"})
    assert answer.status_code == 422
    assert "more in the address than can be kept" in answer.content.decode()


def test_sharing_needs_the_right_at_every_door(cast):
    """What is shared shows everybody its name and filters."""
    with pytest.raises(NotAllowed, match="share views"):
        saved(cast.owner, is_shared=True)
    view = saved(cast.owner, "Secret project")
    with pytest.raises(NotAllowed, match="share views"):
        change_view(view=view, by=cast.owner, at=NOW, name="Secret project", is_shared=True)
    client = signed_in(cast.owner)
    assert "Share it" not in client.get("/workloads/views/save/?tier=1").text
    client.post("/workloads/views/save/?tier=2", {"name": "Sly", "is_shared": "on"})
    client.post(f"/workloads/views/{view.pk}/change/", {"name": "Sly too", "is_shared": "on"})
    body = {"name": "By program", "query": "tier=1", "is_shared": True}
    assert client.post("/api/v1/saved-views/", body, content_type="application/json").status_code == 403
    assert not SavedView.objects.filter(is_shared=True).exists()
    assert "Sly" not in signed_in(cast.head).get("/workloads/views/").text
    assert "Share it" in signed_in(cast.platform).get("/workloads/views/save/?tier=1").text


def test_who_may_no_longer_share_can_stop_sharing_and_nothing_else(cast):
    view = saved(cast.platform, "Ours", is_shared=True)
    SavedView.objects.filter(pk=view.pk).update(owner=cast.owner)
    client = signed_in(cast.owner)
    client.post(f"/workloads/views/{view.pk}/change/", {"name": "Renamed in front of all", "is_shared": "on"})
    view.refresh_from_db()
    assert (view.name, view.is_shared) == ("Ours", True)
    client.post(f"/workloads/views/{view.pk}/change/", {"name": "Mine"})
    view.refresh_from_db()
    assert (view.name, view.is_shared) == ("Mine", False)


def test_the_head_of_operations_takes_a_shared_view_back_and_its_owner_is_told(cast):
    view = saved(cast.platform, "Ours", is_shared=True)
    head = signed_in(cast.head)
    assert "Take back" in head.get("/workloads/views/").text
    assert head.post(f"/workloads/views/{view.pk}/take-back/").status_code == 302
    view.refresh_from_db()
    assert (view.is_shared, view.owner) == (False, cast.platform)
    assert kinds(view.pk) == ["view.saved", "view.taken_back", "message.queued"]
    delivery = Delivery.objects.get()
    assert delivery.user == cast.platform
    assert delivery.message.subject_line == "No longer shared: your view Ours"
    head.get("/workloads/views/")  # the message that it is done
    assert "Ours" not in head.get("/workloads/views/").text
    with pytest.raises(WrongState):
        take_back_view(view=view, by=cast.head, at=NOW)


def test_nobody_else_takes_one_back_at_page_or_api(cast):
    view = saved(cast.head, "Ours", is_shared=True)
    for user in (cast.platform, cast.owner, cast.auditor, cast.stranger):
        client = signed_in(user)
        assert "Take back" not in client.get("/workloads/views/").text
        assert client.post(f"/workloads/views/{view.pk}/take-back/").status_code == 404
        assert client.post(f"/api/v1/saved-views/{view.pk}/take-back/").status_code == 403
    assert signed_in(cast.head).post(f"/api/v1/saved-views/{view.pk}/take-back/").status_code == 204
    assert not SavedView.objects.get().is_shared


def test_a_hostile_name_is_only_text(cast):
    saved(cast.head, "<script>x</script>")
    assert "<script>x" not in signed_in(cast.head).get("/workloads/").content.decode()


def test_thirty_views_cost_the_register_what_one_costs(cast):
    client, costs = signed_in(cast.head), []
    saved(cast.head, "First")
    client.get("/workloads/")
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get("/workloads/")
        costs.append(len(captured))
        for number in range(MOST - 1):
            SavedView.objects.get_or_create(
                owner=cast.head,
                name=f"View {number}",
                defaults={"query": "tier=1", "saved_at": NOW, "saved_by": cast.head},
            )
    assert costs[0] == costs[1] <= 8
