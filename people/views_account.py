"""What a person sees and decides about herself: look, messages, sign-in, keys for programs."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.errors import Invalid
from people import services, single_sign_on
from people.access import SIGNED_IN, rule, signed_in
from people.forms import PreferencesForm, TokenForm, preferences_of, show_refusal
from people.models import RoleAssignment, User, organisation_today
from people.permissions import Permission


@rule(SIGNED_IN)
@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    return _account(request, user, PreferencesForm(initial=preferences_of(user)))


@rule(SIGNED_IN)
@never_cache
@require_POST
def set_preferences(request: HttpRequest) -> HttpResponse:
    form, user = PreferencesForm(request.POST), signed_in(request)
    if form.is_valid():
        services.set_preferences(person=user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, "Your preferences are kept.")
        return redirect("people:account")
    return _account(request, user, form, status=422)


def _account(request: HttpRequest, user: User, form: PreferencesForm, status: int = 200) -> HttpResponse:
    at = timezone.now()
    held = RoleAssignment.objects.in_force(organisation_today(at)).of(user).filter(workload_id__isnull=True)
    factors = Authenticator.objects.filter(user=user)
    context = {
        "form": form,
        "held": held.select_related("role"),
        "keys": user.api_tokens.filter(revoked_at__isnull=True),
        "now": at,
        "may_machine": user.may(Permission.ISSUE_MACHINE_TOKENS),
        "passkeys": factors.filter(type=Authenticator.Type.WEBAUTHN).count(),
        "has_app": factors.filter(type=Authenticator.Type.TOTP).exists(),
    }
    return render(request, "people/account.html", context, status=status)


@rule(SIGNED_IN)
@never_cache
@require_GET
def prove(request: HttpRequest) -> HttpResponse:
    """The way to the identity provider begins here, at a link: browsers let no form lead to another host."""
    account = single_sign_on.account_of(signed_in(request))
    if account is None:
        return _no_provider(request)
    context = {"provider": single_sign_on.provider_name(account), "back": urlencode({"next": _back(request)})}
    return render(request, "people/prove.html", context)


@rule(SIGNED_IN)
@never_cache
@require_GET
def prove_at_provider(request: HttpRequest) -> HttpResponse:
    """Sign in there once more; it counts like a password, for five minutes. Changes nothing but this session."""
    user = signed_in(request)
    account = single_sign_on.account_of(user)
    return single_sign_on.ask(request, user, account, back=_back(request)) if account else _no_provider(request)


def _no_provider(request: HttpRequest) -> HttpResponse:
    messages.error(request, "You do not sign in at an identity provider. Use your password, a code or a passkey.")
    return redirect("people:account")


def _back(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else reverse("people:account")


@rule(SIGNED_IN)
@never_cache
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
def issue_token(request: HttpRequest) -> HttpResponse:
    """A key is as good as a password, so the person shows first that it is she. The key is shown once, in this answer."""
    user = signed_in(request)
    form = TokenForm(request.POST or None, may_machine=user.may(Permission.ISSUE_MACHINE_TOKENS))
    if request.method == "POST" and form.is_valid():
        try:
            token, key = services.issue_token(by=user, at=timezone.now(), **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            made = render(request, "people/token.html", {"token": token, "key": key}, status=201)
            made["Location"] = reverse("people:account")  # where who sends the form again finds it, without its key
            return made
    return render(request, "people/issue_token.html", {"form": form}, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(signed_in(request).api_tokens, pk=pk)
    services.revoke_token(token=token, by=signed_in(request), at=timezone.now())
    messages.success(request, f"“{token.name}” is revoked. The next call with it is refused.")
    return redirect("people:account")
