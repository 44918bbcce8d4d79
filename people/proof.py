"""A proof that a person acts herself, and for how long it counts. `people.reauthentication` takes it from a request."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import models

from audit.errors import DeedError

PROOF_MAX_AGE = dt.timedelta(minutes=5)


class Method(models.TextChoices):
    PASSWORD = "password", "password"
    TOTP = "totp", "authenticator code"
    PASSKEY = "passkey", "passkey"
    RECOVERY_CODE = "recovery-code", "recovery code"
    SINGLE_SIGN_ON = "single-sign-on", "single sign-on"


class NeedsProof(DeedError):
    """The person has not shown within the last five minutes that it is she."""

    status = 403
    code = "reauthenticate"


@dataclass(frozen=True)
class IdentityProof:
    """A re-authentication: how and when (UTC) the person showed that it is she, in this very session."""

    method: Method
    at: dt.datetime


def check_proof(proof: IdentityProof | None, at: dt.datetime) -> IdentityProof:
    """The proof, if it is fresh at `at`. Raises NeedsProof."""
    if proof is None or not dt.timedelta(0) <= at - proof.at <= PROOF_MAX_AGE:
        raise NeedsProof(
            "Show once more that it is you: password, authenticator code, passkey or single sign-on. It counts for 5 minutes."
        )
    return proof
