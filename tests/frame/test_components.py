import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import timezone

from drportal import bars, icons
from people.wording import NBSP

TODAY = dt.date(2026, 11, 24)


def render(source: str, **data: Any) -> str:
    html = Template("{% load portal %}" + source).render(Context(data))
    return html.replace(NBSP, " ")


# --- Refusals -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "source",
    [
        '{% icon "home" colour="red" %}',
        "{% tier 1 size=3 %}",
        '{% verdict "met" big=True %}',
        '{% grade "machine" x=1 %}',
        '{% state "Signed" "full" colour="red" %}',
        "{% due d style=1 %}",
        "{% duration 3 unit=1 %}",
        '{% notice "x" colour="red" %}{% endnotice %}',
        '{% nothing_yet "x" icon="y" %}{% endnothing_yet %}',
        '{% promise_bar "RTO" 1 1 "met" scale=2 %}',
        '{% crumbs "a" b=1 %}',
        "{% sprite all %}{% endsprite %}",
    ],
)
def test_a_component_refuses_arguments_it_does_not_know(source):
    with pytest.raises(TemplateSyntaxError):
        render(source)


@pytest.mark.parametrize(
    "source",
    [
        '{% icon "no-such-icon" %}',
        '{% verdict "passed" %}',
        '{% grade "guessed" %}',
        '{% state "Signed" "quarter" %}',
        '{% modeword "exercise" %}',
        '{% notice "x" look="danger" %}{% endnotice %}',
        '{% crumbs "Workloads" "/workloads/" %}',
    ],
)
def test_a_component_refuses_values_it_does_not_know(source):
    with pytest.raises(TemplateSyntaxError):
        render(source, d=TODAY)


def test_text_from_people_is_escaped_everywhere():
    bad = "<b>&"
    data = {"bad": bad, "person": SimpleNamespace(name=bad), "tier": SimpleNamespace(level=1, name=bad)}
    html = render(
        "{% who person %}{% tier tier %}{% tier tier label=False %}{% state bad 'full' %}{% tag bad %}{% who None bad %}"
        "{% icon 'home' bad %}{% notice bad %}{{ bad }}{% endnotice %}{% nothing_yet bad %}{{ bad }}{% endnothing_yet %}"
        "{% crumbs bad '/x/' bad %}{% promise_bar bad 60 60 'met' 'machine' %}",
        **data,
    )
    assert bad not in html
    assert "&lt;b&gt;&amp;" in html


# --- Icons ----------------------------------------------------------------------------------------------------------
def test_the_sprite_holds_each_icon_used_once_and_no_other():
    html = render('{% sprite %}{% icon "home" %}{% icon "home" %}{% icon "flag" %}{% endsprite %}')
    assert html.count("<symbol") == 2
    assert html.count('<symbol id="i-home"') == 1
    assert "<pattern" not in html


def test_a_part_brings_its_own_sprite_only_when_it_comes_alone():
    part = '{% sprite %}{% icon "flag" %}{% endsprite %}'
    assert render(part).count('<symbol id="i-flag"') == 1
    assert render("{% sprite %}" + part + "{% endsprite %}").count('<symbol id="i-flag"') == 1


def test_the_sprite_brings_the_patterns_of_charts():
    html = render("{% sprite %}{% promise_bar 'RPO' 300 130 'claimed' 'typed' %}{% endsprite %}")
    assert "hatch-claimed" in html
    assert "stripe-missed" not in html


def test_every_icon_listed_has_its_drawing():
    listed = Path("scripts/icons.txt").read_text().splitlines()
    assert {name for name in listed if name and not name.startswith("#")} == set(icons.DRAWINGS)


# --- Words with a fixed look ----------------------------------------------------------------------------------------
def test_a_tier_shows_number_and_name_or_the_number_alone():
    tier = SimpleNamespace(level=1, name="Business critical")
    assert "Tier 1 · Business critical" in render("{% tier t %}", t=tier)
    alone = render("{% tier t label=False %}", t=tier)
    assert '<span class="visually-hidden">Tier </span>1' in alone
    assert "Not classified" in render("{% tier t %}", t=None)
    assert "p-tier-0" in render("{% tier 0 %}")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("met", "Met"), ("missed", "Missed"), ("claimed", "Claimed"), ("unmeasured", "Not measured")],
)
def test_a_verdict_is_said_in_words(verdict, words):
    html = render("{% verdict v large=True %}", v=verdict)
    assert words in html
    assert f"p-{verdict} p-verdict-lg" in html


def test_a_grade_names_its_source_and_a_missing_one():
    assert "Typed later" in render('{% grade "typed" %}')
    assert "no source" in render("{% grade None %}")


# --- Times ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "look", "words"),
    [(-6, "p-late", "6 days overdue"), (0, "p-soon", "today"), (7, "p-soon", "in 7 days"), (8, "", "in 8 days")],
)
def test_a_due_date_turns_bold_within_a_week_and_rust_afterwards(days, look, words):
    due = TODAY + dt.timedelta(days=days)
    html = render("{% due d today=t %}", d=due, t=TODAY)
    assert words in html
    assert f'datetime="{due.isoformat()}"' in html
    assert ("p-late" in html, "p-soon" in html) == (look == "p-late", look == "p-soon")


def test_a_due_date_may_show_the_day_itself():
    html = render("{% due d today=t exact=True %}", d=dt.date(2026, 11, 18), t=TODAY)
    assert "<small>was due Wed 18 Nov</small>" in html
    assert "no date" in render("{% due None %}")


def test_a_moment_is_exact_in_the_readers_zone_and_in_utc_for_records():
    at = dt.datetime(2026, 11, 24, 2, 12, 20, tzinfo=dt.UTC)
    with timezone.override("Europe/Oslo"):
        assert ">24 Nov 2026, 03:12:20 CET<" in render("{% when at %}", at=at)
        assert ">24 Nov 2026, 02:12:20 UTC<" in render("{% when at zone='utc' %}", at=at)
        assert 'title="24 Nov 2026, 03:12:20 CET"' in render("{% ago at now %}", at=at, now=at)
    assert "never" in render("{% ago None %}")


def test_durations_are_words_and_a_missing_one_is_a_dash():
    assert render("{% duration 161 %}") == "2 min 41 s"
    assert render("{% duration None %}") == "–"
    assert render("{{ 900|in_words }}") == "15 min"


# --- Bars -----------------------------------------------------------------------------------------------------------
def test_the_promise_stands_at_two_thirds_and_the_bar_ends_at_the_edge():
    met = bars.shape(900, 700, "met", 162)
    assert (met.tick, met.declare, met.start, met.width) == ("66.7%", "12.0%", "12.4%", "39.5%")
    far = bars.shape(900, 9000, "missed")
    assert (far.start, far.width) == ("0.3%", "99.7%")


def test_a_promise_of_zero_stands_at_the_start():
    assert bars.shape(0, 0, "met").width == ""
    missed = bars.shape(0, 5, "missed")
    assert (missed.tick_at_start, missed.width) == (True, "99.7%")


def test_a_bar_says_its_finding():
    html = render("{% promise_bar 'RTO' 900 1085 'missed' 'live' declare_seconds=162 %}")
    assert 'aria-label="RTO: missed, 18 min 5 s, promised 15 min"' in html
    assert 'class="c-missed"' in html
    unmeasured = render("{% promise_bar 'RPO' 300 None 'unmeasured' %}")
    assert "no source" in unmeasured
    assert 'class="c-unmeasured"' in unmeasured


# --- Lists ----------------------------------------------------------------------------------------------------------
def test_the_pager_keeps_the_question_and_vanishes_for_one_page():
    request = RequestFactory().get("/", {"q": "pay & go", "page": "1"})
    pages = Paginator(range(63), 50)
    html = render("{% pager page %}", page=pages.page(1), request=request)
    assert 'href="?q=pay+%26+go&amp;page=2"' in html
    assert "Next 13" in html
    assert render("{% pager page %}", page=Paginator(range(3), 50).page(1), request=request).strip() == ""


def test_a_table_head_sorts_one_way_then_the_other():
    first = render("{% sort_header 'Tier' 'tier' %}", request=RequestFactory().get("/?page=3"))
    assert 'href="?sort=tier"' in first
    assert "aria-sort" not in first
    again = render("{% sort_header 'Tier' 'tier' %}", request=RequestFactory().get("/?sort=tier"))
    assert 'aria-sort="ascending"' in again
    assert 'href="?sort=-tier"' in again


# --- Forms ----------------------------------------------------------------------------------------------------------
class Target(forms.Form):
    rto = forms.CharField(label="RTO, longest downtime", help_text="For example 15 min.")
    note = forms.CharField(required=False, widget=forms.Textarea)
    tier = forms.ChoiceField(choices=[("1", "Tier 1")])
    how = forms.ChoiceField(choices=[("a", "As it is"), ("b", "Something else")], widget=forms.RadioSelect)
    sure = forms.BooleanField()


def test_a_form_field_has_label_control_and_hint():
    html = str(Target())
    assert '<label class="form-label" for="id_rto">' in html
    assert 'aria-describedby="id_rto_helptext"' in html
    assert 'id="id_rto_helptext"' in html
    for name in ("form-control", "form-select", "form-check-input", "p-choice"):
        assert f'class="{name}"' in html
    assert "p-problems" not in html


def test_a_form_with_errors_lists_them_and_says_each_between_label_and_control():
    html = str(Target({"note": "kept", "rto": ""}))
    assert "4 things to correct" in html
    assert '<a href="#id_rto">RTO, longest downtime: ' in html
    field = html[html.index('for="id_rto"') :]
    assert field.index('id="id_rto_error"') < field.index('name="rto"')
    assert 'aria-describedby="id_rto_helptext id_rto_error"' in html
    assert 'aria-invalid="true"' in html
    assert ">\nkept</textarea>" in html
