"""Keeping a view of the register."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.urls import reverse

from audit.errors import Invalid, NotAllowed, WrongState
from audit.kinds import Kind
from audit.services import difference, record
from communications.purposes import Purpose
from communications.services import compose
from people.columns import problems_of
from people.models import User
from people.permissions import Permission
from workloads.models import SavedView
from workloads.services import constraint_of

MOST = 30  # of one person: more tabs than anybody finds her way in
QUERY_MAX = 1000  # characters, as wide as the column


@transaction.atomic
def save_view(*, by: User, at: dt.datetime, name: str, query: str, is_shared: bool = False) -> SavedView:
    """Keep a question (`Question.kept`) under a name. Raises NotAllowed, and Invalid: no name, no question or
    one too long, the name is taken, too many."""
    if not by.is_active:
        raise NotAllowed("You can no longer sign in.")
    if is_shared:
        by.require(Permission.SHARE_VIEWS)
    if not query:
        raise Invalid("There is nothing to keep: set a filter, a view or an order first.")
    if len(query) > QUERY_MAX:
        raise Invalid("There is more in the address than can be kept. Take some of its filters away first.")
    if SavedView.objects.filter(owner=by).count() >= MOST:
        raise Invalid(f"You have {MOST} views. Remove one you no longer need first.")
    view = SavedView(owner=by, name=name, query=query, is_shared=is_shared, saved_at=at, saved_by=by)
    _write(view)
    record(Kind.VIEW_SAVED, view, by=by, at=at, after=_described(view))
    return view


@transaction.atomic
def change_view(*, view: SavedView, by: User, at: dt.datetime, name: str, is_shared: bool) -> SavedView:
    """Rename it, share it or stop sharing it. Raises NotAllowed (somebody else's, or shared without the right), Invalid."""
    _require_own(view, by)
    view = _locked(view)
    before = _described(view)
    view.name, view.is_shared = name, is_shared
    old, new = difference(before, _described(view))
    if new:
        if is_shared:
            by.require(Permission.SHARE_VIEWS)
        _write(view)
        record(Kind.VIEW_CHANGED, view, by=by, at=at, before=old, after=new)
    return view


@transaction.atomic
def remove_view(*, view: SavedView, by: User, at: dt.datetime) -> None:
    """Take it away, for everybody it was shared with too. Raises NotAllowed."""
    _require_own(view, by)
    record(Kind.VIEW_REMOVED, view, by=by, at=at, before=_described(view))
    view.delete()


@transaction.atomic
def take_back_view(*, view: SavedView, by: User, at: dt.datetime) -> None:
    """Make somebody's shared view her own again: nobody else reads its name and filters. She is told.

    Raises NotAllowed, WrongState (it is not shared any more).
    """
    by.require(Permission.TAKE_BACK_VIEWS)
    view = _locked(view)
    if not view.is_shared:
        raise WrongState("This view is not shared any more.")
    view.is_shared = False
    view.save(update_fields=["is_shared"])
    record(Kind.VIEW_TAKEN_BACK, view, by=by, at=at, before={"shared": True}, after={"shared": False})
    if view.owner_id != by.pk:
        compose(
            Purpose.VIEW_TAKEN_BACK,
            to=[view.owner],
            thread=view.trail_thread,
            path=reverse("workloads:views"),
            context={"who": by.name, "view": view.name},
            by=by,
            at=at,
        )


def _locked(view: SavedView) -> SavedView:
    """As it is now, for this transaction. Raises WrongState when it is gone."""
    found = SavedView.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=view.pk).first()
    if found is None:
        raise WrongState("This view has been removed meanwhile.")
    return found


def _require_own(view: SavedView, by: User) -> None:
    if view.owner_id != by.pk or not by.is_active:
        raise NotAllowed("This view belongs to somebody else. Save one of your own.")


def _write(view: SavedView) -> None:
    view.name = " ".join(view.name.split())
    if not view.name:
        raise Invalid("Give it a name.", {"name": "Write a name, for example “My tier 1”."})
    if problems := problems_of(view, "name"):
        raise Invalid(problems["name"], problems)
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        if constraint_of(error) != "saved_view_name_once":
            raise
        raise Invalid(
            "You have a view of this name.", {"name": "You have a view of this name. Choose another."}
        ) from None


def _described(view: SavedView) -> dict[str, object]:
    return {"name": view.name, "query": view.query, "shared": view.is_shared}
