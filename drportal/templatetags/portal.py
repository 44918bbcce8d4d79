"""The components of the design guide as template tags: `{% load portal %}`.

Every tag refuses arguments it does not know. Words with a fixed look are built here, because a list shows hundreds of them;
larger components have a template under `templates/components/`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.http import QueryDict
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from drportal import bars, form_keys, icons
from people import wording

register = template.Library()

VERDICTS = {
    "met": ("circle-check", "Met"),
    "missed": ("square-x", "Missed"),
    "claimed": ("pencil-question", "Claimed"),
    "unmeasured": ("circle-dashed", "Not measured"),
}
GRADES = {
    "machine": ("machine", "cpu", "Machine"),
    "live": ("live", "hand-click", "Clicked live"),
    "typed": ("typed", "pencil", "Typed later"),
    "offline": ("kit", "usb", "Offline kit"),
}
LOOKS = ("full", "half", "off")
NOTICES = {"": "info-circle", "bad": "alert-octagon", "waived": "hourglass"}


def _known(value: object, known: Any, what: str) -> str:
    text = str(value)
    if text not in known:
        raise template.TemplateSyntaxError(f"“{text}” is not a {what}; known are {', '.join(known)}")
    return text


# --- Icons ----------------------------------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """`{% icon "home" %}`; with a label it speaks for itself, without one the text beside it does."""
    if name not in icons.DRAWINGS:
        raise template.TemplateSyntaxError(f"There is no icon “{name}”; add it to scripts/icons.txt")
    if label:
        return format_html(
            '<svg class="p-i" role="img" aria-label="{}"><use href="#i-{}"></use></svg>', label, SafeString(name)
        )
    return SafeString(f'<svg class="p-i" aria-hidden="true"><use href="#i-{name}"></use></svg>')


class SpriteNode(template.Node):
    KEY = "_inside_sprite"

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        if context.get(self.KEY):  # a part inside a page: the page's own sprite will hold what it needs
            return self.nodelist.render(context)
        with context.push(**{self.KEY: True}):
            html = self.nodelist.render(context)
        return mark_safe(html + icons.sprite(html))  # noqa: S308 (both halves are rendered templates)


@register.tag
def sprite(parser: Parser, token: Token) -> SpriteNode:
    """`{% sprite %}…{% endsprite %}`: the content, then the symbols it uses. Around the body, and around every part."""
    if len(token.split_contents()) > 1:
        raise template.TemplateSyntaxError("{% sprite %} takes no arguments")
    nodelist = parser.parse(("endsprite",))
    parser.delete_first_token()
    return SpriteNode(nodelist)


# --- Words with a fixed look ----------------------------------------------------------------------------------------
@register.simple_tag
def tier(tier: Any, label: bool = True) -> SafeString:
    """`{% tier workload.tier %}` once a page, `{% tier workload.tier label=False %}` in tables. None: not classified."""
    if tier is None or tier == "":
        words = "Not classified" if label else SafeString('<span class="visually-hidden">Not classified</span>')
        return format_html('<span class="p-tier p-tier-none"><b aria-hidden="true">?</b> {}</span>', words)
    level = int(getattr(tier, "level", tier))
    name = getattr(tier, "name", "")
    look = min(level, 3)
    if not label:
        return format_html(
            '<span class="p-tier p-tier-{}"{}><b><span class="visually-hidden">Tier </span>{}</b></span>',
            look,
            format_html(' title="{}"', name) if name else "",
            level,
        )
    words = f"Tier {level} · {name}" if name else f"Tier {level}"
    return format_html(
        '<span class="p-tier p-tier-{}"><b aria-hidden="true">{}</b> <span>{}</span></span>', look, level, words
    )


@register.simple_tag
def verdict(verdict: str, large: bool = False) -> SafeString:
    """`{% verdict "met" %}`: met, missed, claimed, unmeasured."""
    key = _known(verdict, VERDICTS, "verdict")
    drawing, words = VERDICTS[key]
    size = " p-verdict-lg" if large else ""
    return SafeString(f'<span class="p-verdict p-{key}{size}">{icon(drawing)}{words}</span>')


@register.simple_tag
def grade(grade: str | None) -> SafeString:
    """`{% grade mark.grade %}`: machine, live, typed, offline; None reads "no source"."""
    if not grade:
        return SafeString('<span class="p-grade">no source</span>')
    look, drawing, words = GRADES[_known(grade, GRADES, "grade")]
    return SafeString(f'<span class="p-grade p-grade-{look}">{icon(drawing)}{words}</span>')


@register.simple_tag
def state(label: str, look: str = "half") -> SafeString:
    """`{% state "In review, 2 of 3" "half" %}`: full (in force, closed), half (under way), off (proposed, rejected, retired)."""
    return format_html('<span class="p-state p-state-{}">{}</span>', _known(look, LOOKS, "look"), label)


@register.simple_tag
def tag(label: str, icon_name: str = "") -> SafeString:
    """`{% tag "waived" "alert-triangle" %}`: a short fact that needs no colour."""
    return format_html('<span class="p-tag">{}{}</span>', icon(icon_name) if icon_name else "", label)


@register.simple_tag
def waived(until: dt.date | None, today: dt.date | None = None) -> SafeString:
    """`{% waived target.waived_until %}` beside a target: until when something of it is waived; None: nothing is."""
    if until is None:
        return SafeString("")
    if not isinstance(until, dt.date):  # a name that nobody put into the context would hide every waiver
        raise template.TemplateSyntaxError("{% waived %} wants a day or None")
    return tag(f"waived until {wording.date_words(until, today or timezone.localdate())}", "hourglass")


@register.simple_tag
def modeword(mode: str) -> SafeString:
    """`{% modeword "drill" %}` or `{% modeword "real" %}`: in lists and titles, after the live part is over."""
    drawing, words = {"drill": ("flag", "DRILL"), "real": ("urgent", "REAL EVENT")}[
        _known(mode, ("drill", "real"), "mode")
    ]
    return SafeString(f'<span class="p-modeword p-modeword-{mode}">{icon(drawing)}{words}</span>')


@register.simple_tag
def who(person: Any, absent: str = "vacant") -> SafeString:
    """`{% who action.owner %}`: a person or a name; `absent` is said for nobody."""
    if not person:
        return format_html('<span class="p-sub">{}</span>', absent)
    name = str(getattr(person, "name", person))
    return format_html('<span class="p-who"><b aria-hidden="true">{}</b>{}</span>', wording.initials(name), name)


# --- Times ----------------------------------------------------------------------------------------------------------
@register.simple_tag
def due(on: dt.date | None, today: dt.date | None = None, exact: bool = False) -> SafeString:
    """`{% due action.due_on %}`: rust and a clock when overdue, bold within 7 days. `exact=True` adds the date below."""
    if on is None:
        return SafeString("<span>no date</span>")
    day = timezone.localtime(on).date() if isinstance(on, dt.datetime) else on
    today = today or timezone.localdate()
    words, date = wording.due_words(day, today), wording.date_words(day, today)
    time = format_html('<time datetime="{}" title="{}">{}</time>', on.isoformat(), date, words)
    if day < today:
        said = format_html('<span class="p-late">{} {}</span>', icon("clock-exclamation"), time)
    elif (day - today).days <= wording.SOON_DAYS:
        said = format_html('<span class="p-soon">{}</span>', time)
    else:
        said = time
    if not exact:
        return said
    return format_html("{}<small>{}{}</small>", said, "was due " if day < today else "", date)


@register.simple_tag
def ago(moment: dt.datetime | None, now: dt.datetime | None = None) -> SafeString:
    """`{% ago run.finished_at %}`: relative, exact in the title. None reads "never"."""
    if moment is None:
        return SafeString("never")
    local = timezone.localtime(moment)
    words = wording.ago_words(moment, timezone.localtime(now or timezone.now()))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), wording.moment_words(local), words
    )


@register.simple_tag
def when(moment: dt.datetime | None, zone: str = "reader", exact: bool = True) -> SafeString:
    """`{% when mark.at %}`: with seconds, in the reader's zone; `zone="utc"` for records; `exact=False` for plans."""
    if moment is None:
        return SafeString("–")
    _known(zone, ("reader", "utc"), "zone")
    local = moment.astimezone(dt.UTC) if zone == "utc" else timezone.localtime(moment)
    if exact:
        words = wording.moment_words(local)
    else:
        words = f"{wording.date_words(local.date(), timezone.localdate())}, {local:%H:%M}{wording.NBSP}{local.tzname()}"
    other = timezone.localtime(moment) if zone == "utc" else moment.astimezone(dt.UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), wording.moment_words(other), words
    )


@register.simple_tag
def day(on: dt.date | None) -> SafeString:
    """`{% day plan.valid_until_on %}`: "Thu 26 Nov", with the year unless it is this one."""
    if on is None:
        return SafeString("–")
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), wording.date_words(on, timezone.localdate()))


@register.simple_tag
def duration(seconds: int | None) -> str:
    """`{% duration target.rto_seconds %}`: "2 min 41 s"; None reads "–"."""
    return "–" if seconds is None else wording.duration(int(seconds))


@register.filter
def in_words(seconds: int | None) -> str:
    """The same as a filter, for sentences and attributes: `{{ target.rto_seconds|in_words }}`."""
    return duration(seconds)


# --- Forms ----------------------------------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def form_key(context: Context, bare: bool = False) -> SafeString:
    """`{% form_key %}` inside of a form that makes something or tells somebody: sent twice, it counts once.

    `bare=True` is the key alone, for the address of a form with a file. After a refusal the form keeps its key. The browser is
    asked not to put back the key of another visit.
    """
    request = context.get("request")
    key = (form_keys.sent_key(request) if request and request.method == "POST" else "") or form_keys.new_key()
    if bare:
        return format_html("{}", key)
    return format_html('<input type="hidden" name="{}" value="{}" autocomplete="off">', form_keys.FIELD, key)


# --- Larger components ----------------------------------------------------------------------------------------------
@register.inclusion_tag("components/promise_bar.html")
def promise_bar(
    name: str,
    promised_seconds: int,
    measured_seconds: int | None,
    verdict: str,
    grade: str | None = None,
    declare_seconds: int = 0,
) -> dict[str, Any]:
    """`{% promise_bar "RTO" 900 result.rto_seconds result.rto_verdict result.rto_grade declare_seconds=60 %}`."""
    key = _known(verdict, VERDICTS, "verdict")
    unknown = "not back" if verdict == "missed" else "–"
    said = unknown if measured_seconds is None else wording.duration(measured_seconds)
    promised = wording.duration(promised_seconds)
    finding = f"{name}: {VERDICTS[key][1].lower()}, " + ("" if measured_seconds is None else f"{said}, ")
    return {
        "name": name,
        "said": said,
        "promised": promised,
        "verdict": key,
        "grade": grade,
        "finding": f"{finding}promised {promised}",
        "shape": bars.shape(promised_seconds, measured_seconds, key, declare_seconds),
    }


@register.simple_block_tag
def notice(content: str, title: str, look: str = "", level: int = 3) -> str:
    """`{% notice "Title that says it all" look="bad" %}<p>…</p>{% endnotice %}`; looks: plain, "bad", "waived"."""
    drawing = NOTICES[_known(look, NOTICES, "look")]
    data = {"title": title, "look": look, "level": int(level), "icon_name": drawing, "content": content}
    return render_to_string("components/notice.html", data)


@register.simple_block_tag
def nothing_yet(content: str, title: str, level: int = 2) -> str:
    """`{% nothing_yet "No drill is planned yet" %}<p>what it is for, what to do first</p>{% endnothing_yet %}`."""
    return render_to_string("components/nothing_yet.html", {"title": title, "level": int(level), "content": content})


# Django's own sentence is kept for the admin and the API; on pages it is said as the guide asks.
PLAINLY = {"This field is required.": "Needs an answer."}


@register.filter
def plainly(error: object) -> str:
    return PLAINLY.get(str(error), str(error))


@register.filter
def problem_with(field: BoundField, error: object) -> str:
    """A line of the summary: the label, then what to do about it."""
    label, text = str(field.label), plainly(error)
    return f"{label} {text}" if label.endswith(("?", ":", ".")) else f"{label}: {text[:1].lower()}{text[1:]}"


@register.filter
def sentence(text: str) -> str:
    return wording.sentence(text)


@register.filter
def browser(user_agent: str) -> str:
    return wording.browser_words(user_agent)


@register.filter
def problem_count(form: BaseForm) -> int:
    """How many things the person has to correct."""
    return sum(len(errors) for errors in form.errors.values())


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: Context, page: Page[Any], param: str = "page") -> dict[str, Any]:
    """`{% pager page_obj %}`: nothing for a single page; keeps the query string."""
    following = min(page.paginator.per_page, page.paginator.count - page.end_index())
    return {
        "page": page,
        "following": following,
        "previous_query": _query(context, param, page.previous_page_number()) if page.has_previous() else "",
        "next_query": _query(context, param, page.next_page_number()) if page.has_next() else "",
    }


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(
    context: Context, label: str, field: str, current: str = "", number: bool = False, classes: str = ""
) -> dict[str, Any]:
    """`{% sort_header "Tier" "tier" current=sort %}`: a table head that sorts by `?sort=tier`, `?sort=-tier`."""
    request = context.get("request")
    current = current or (request.GET.get("sort", "") if request else "")
    up, down = current == field, current == f"-{field}"
    direction = "ascending" if up else "descending" if down else ""
    query = _query(context, "sort", f"-{field}" if up else field)
    names = " ".join(name for name in (classes, "p-num" if number else "") if name)
    return {"label": label, "query": query, "direction": direction, "classes": names}


def _query(context: Context, key: str, value: object) -> str:
    request = context.get("request")
    data = request.GET.copy() if request else QueryDict(mutable=True)
    if key == "sort":
        data.pop("page", None)
    data[key] = str(value)
    return f"?{data.urlencode()}"


@register.inclusion_tag("components/downloads.html")
def downloads(address: str, more: str = "", more_label: str = "", label: str = "Export") -> dict[str, Any]:
    """`{% downloads "/drills/export/?tab=late" %}`: a menu with the list behind the address as CSV, XLSX and JSON.

    `more` is the address of a page with more to take along; `label` tells two menus of a page apart.
    """
    path, _, query = address.partition("?")
    asked = QueryDict(query, mutable=True)
    links = []
    for form, name in (("csv", "CSV"), ("xlsx", "XLSX, for a spreadsheet"), ("json", "JSON, for a program")):
        asked["as"] = form
        links.append((f"{path}?{asked.urlencode()}", name))
    return {"links": links, "more": more, "more_label": more_label, "label": label}


@register.inclusion_tag("components/crumbs.html")
def crumbs(*steps: str) -> dict[str, Any]:
    """`{% crumbs "Workloads" "workloads:list" workload.name workload.get_absolute_url "Sign" %}`: label, address, …, label."""
    if len(steps) % 2 == 0:
        raise template.TemplateSyntaxError("{% crumbs %} takes pairs of label and address, then the label of this page")
    pairs = zip(steps[:-1:2], steps[1::2], strict=True)
    trail = [(label, address if str(address).startswith("/") else reverse(str(address))) for label, address in pairs]
    return {"trail": trail, "here": steps[-1]}
