"""Messages as they were sent, and what became of them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from audit.spreadsheets import in_batches, table_response
from communications import queries, services
from communications.delivery import full_text
from communications.filters import MessageFilter, narrowed
from communications.models import Delivery, Message
from people.access import SIGNED_IN, rule, signed_in
from people.permissions import Permission

PAGE = 50


@rule(SIGNED_IN)
@require_GET
def message_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    asked = MessageFilter(request.GET, queryset=Message.objects.visible_to(user), request=request)
    found = queries.with_deliveries(narrowed(asked), reader=user)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": queries.rows(page),
        "form": asked.form,
        "filtered": any(request.GET.get(name) for name in asked.form.fields),
        "question": _question(request.GET),
        "sees_all": user.may(Permission.VIEW_MESSAGES),
        "failed": Delivery.objects.visible_to(user).filter(state=Delivery.State.FAILED).count(),
    }
    return render(request, "communications/list.html", context)


@rule(SIGNED_IN)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """The same selection as a table: a line for each copy that this person may see."""
    user = signed_in(request)
    asked = MessageFilter(request.GET, queryset=Message.objects.visible_to(user), request=request)
    copies = queries.copies_of(narrowed(asked), reader=user).iterator(chunk_size=500)
    name = f"messages-{timezone.now():%Y-%m-%d}"
    return table_response(request, name, queries.EXPORT_HEADER, in_batches(map(queries.export_row, copies)))


def _question(asked: QueryDict) -> str:
    """The filters as they stand, without the place in the list."""
    kept = asked.copy()
    kept.pop("page", None)
    return kept.urlencode()


@rule(SIGNED_IN)
@require_GET
def show_message(request: HttpRequest, pk: int) -> HttpResponse:
    """The text as it left; what became of each copy that this person may see."""
    user = signed_in(request)
    message = get_object_or_404(Message.objects.visible_to(user), pk=pk)
    copies = Delivery.objects.visible_to(user).filter(message=message)
    courses = queries.courses(message, list(copies.select_related("user", "contact", "digest")))
    context = {
        "message": message,
        "text": full_text(message, courses[0].delivery if len(courses) == 1 else None),
        "courses": courses,
        "is_copied": any(course.delivery.flagged_copy for course in courses),
        "may_retry": user.may(Permission.RETRY_MESSAGES),
    }
    return render(request, "communications/message.html", context)


@rule(Permission.RETRY_MESSAGES)
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a failed message again."""
    delivery = get_object_or_404(Delivery.objects.visible_to(signed_in(request)), pk=pk)
    services.retry(delivery=delivery, by=signed_in(request), at=timezone.now())
    messages.success(request, f"The message to {delivery.recipient} leaves again within a minute.")
    return redirect("communications:message", pk=delivery.message_id)
