"""Settings that are missing or dangerous, each in one sentence: asked before anything starts, by every entry.

Pure: a mapping of environment variables in, sentences out. `drportal.settings` ends the process with them.
"""

from __future__ import annotations

import re
import zlib
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from email.utils import parseaddr
from itertools import pairwise
from urllib.parse import SplitResult, unquote, urlsplit

MODES = ("development", "test", "production")
DEMO_DOMAIN = "harbour-mutual.example"
DEMO_NAME = "Harbour Mutual"
DEMO_PASSWORDS = ("fjord-lantern-42",)
KNOWN_PASSWORDS = {
    "", "admin", "changeme", "change-me", "password", "portal", "postgres", "root", "secret", "harbour", "redis", "valkey",
    "portal_app", *DEMO_PASSWORDS,
}  # fmt: skip
# Keys that stand in this code, and what a key looks like that a person typed.
CODE_KEYS = ("development-only-", "only-for-tests-")
KEY_LENGTH = 50
KEY_BYTES = 36  # what is left of a key when it is packed; 50 random hexadecimal digits leave 40 and more
FALSE, TRUE = {"", "off", "false", "no", "n", "0"}, {"on", "true", "yes", "y", "ok", "1"}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
HERE = {"", "localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", "testserver"}  # noqa: S104 (a name that is compared)
NUMBERS = {
    "PORT": (1, 65535), "DATABASE_POOL": (0, 1000), "TRUSTED_PROXIES": (0, 10), "SECURE_HSTS_SECONDS": (0, 10**9),
    "EMAIL_TIMEOUT": (0.1, 600), "DELIVERY_LEASE": (1, 86400), "MAIL_CONNECTIONS": (1, 100), "REQUEST_BODY_WITHIN": (0.1, 3600),
}  # fmt: skip
FRACTIONS = ("EMAIL_TIMEOUT", "DELIVERY_LEASE", "REQUEST_BODY_WITHIN")
SWITCHES = ("DEBUG", "SECURE_SSL_REDIRECT", "BEHIND_TLS_PROXY")
SIGN_ON = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
MAIL = ("smtp", "smtps", "smtp+tls", "smtp+ssl")
SCHEMES = {
    "DATABASE_URL": ("postgres", "postgresql", "psql", "pgsql"), "REDIS_URL": ("redis", "rediss"),
    "EMAIL_URL": (*MAIL, "consolemail", "filemail", "memorymail", "dummymail"), "BASE_URL": ("http", "https"),
}  # fmt: skip
RATE = re.compile(r"\d+/(s|sec|second|m|min|minute|h|hour|d|day)")
WORDS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "API_RATE": (RATE.fullmatch, "like 6000/min"),
    "LOG_LEVEL": (LOG_LEVELS.__contains__, f"one of {', '.join(LOG_LEVELS)}"),
    "ORGANISATION_TIME_ZONE": (lambda name: name in zoneinfo.available_timezones(), "a time zone like Europe/Oslo"),
}

Environment = Mapping[str, str]


def problems(env: Environment) -> list[str]:
    """Everything that keeps the portal from starting with these variables; nothing for a right environment."""
    mode = env.get("PORTAL_MODE", "")
    if mode and mode not in MODES:
        return [f"PORTAL_MODE is '{mode}': it has to be development, test or production."]
    found = list(_malformed(env))
    if mode == "production":
        checks: tuple[Callable[[Environment], Iterator[str]], ...] = (
            _key, _hosts, _address, _database, _broker, _mail, _demo,
        )  # fmt: skip
        return found + [sentence for check in checks for sentence in check(env)]
    real = next(_real(env), "")
    if real and not mode:
        found.append(
            f"PORTAL_MODE is missing although {real}: set PORTAL_MODE=production, or development if it is none."
        )
    elif real and mode == "development" and _is_code_key(env.get("SECRET_KEY", "")):
        found.append(f"SECRET_KEY is the one of development although {real}: set one of your own.")
    return found


# --- Values that cannot be read -------------------------------------------------------------------------------------
def _malformed(env: Environment) -> Iterator[str]:
    for name, (least, most) in NUMBERS.items():
        if (value := env.get(name)) and not _is_number(value, least, most, whole=name not in FRACTIONS):
            yield f"{name} is '{value}': it has to be a number from {least:g} to {most:g}."
    for name in SWITCHES:
        if (value := env.get(name, "").strip()).lower() not in {*FALSE, *TRUE}:
            yield f"{name} is '{value}': it has to be on or off."
    for name, (allowed, said) in WORDS.items():
        if (value := env.get(name)) and not allowed(value):
            yield f"{name} is '{value}': it has to be {said}."
    yield from _no_addresses(env)
    if env.get("OIDC_ISSUER") and (missing := [name for name in SIGN_ON if not env.get(name)]):
        yield f"{' and '.join(missing)} missing: single sign-on needs {', '.join(SIGN_ON)}."
    if _lease_is_short(env):
        yield "DELIVERY_LEASE is too short: it has to be longer than five times EMAIL_TIMEOUT."


def _no_addresses(env: Environment) -> Iterator[str]:
    for name, schemes in SCHEMES.items():
        parts = _split(env.get(name, ""))
        if parts is None:
            yield f"{name} is no address: write it as docs/operating.md shows, special characters of a password as %40."
        elif env.get(name) and parts.scheme not in schemes:
            yield f"{name} begins with {parts.scheme}://: it has to begin with {schemes[0]}://."


def _is_number(value: str, least: float, most: float, *, whole: bool) -> bool:
    try:
        return least <= (int(value) if whole else float(value)) <= most
    except ValueError:
        return False


def _lease_is_short(env: Environment) -> bool:
    try:
        return float(env.get("DELIVERY_LEASE") or 90) <= 5 * float(env.get("EMAIL_TIMEOUT") or 15)
    except ValueError:
        return False  # said already


# --- What is real ---------------------------------------------------------------------------------------------------
def _real(env: Environment) -> Iterator[str]:
    """What of this environment is no machine of a developer, in words that follow "although"."""
    for host in _list(env.get("ALLOWED_HOSTS", "")):
        if not _is_here(host):
            yield f"ALLOWED_HOSTS names {host}"
    for name, what in (("BASE_URL", "names"), ("DATABASE_URL", "leads to"), ("EMAIL_URL", "leads to")):
        parts = _split(env.get(name, ""))
        if parts is not None and not _is_here(parts.hostname or ""):
            yield f"{name} {what} {parts.hostname}"


def _is_here(host: str) -> bool:
    return host in HERE or host.startswith("127.") or host.endswith(".localhost")


# --- Production -----------------------------------------------------------------------------------------------------
def _key(env: Environment) -> Iterator[str]:
    key, how = env.get("SECRET_KEY", ""), "set a long random one (openssl rand -hex 40)."
    if not key:
        yield f"SECRET_KEY is missing: {how}"
    elif _is_code_key(key):
        yield f"SECRET_KEY is one that stands in the portal's code: {how}"
    elif len(key) < KEY_LENGTH:
        yield f"SECRET_KEY is shorter than {KEY_LENGTH} characters: {how}"
    elif is_guessable(key):
        yield f"SECRET_KEY repeats itself and can be guessed: {how}"
    if env.get("DEBUG", "").strip().lower() in TRUE:
        yield "DEBUG is on: switch it off in production."
    if (issuer := env.get("OIDC_ISSUER", "")) and not issuer.startswith("https://"):
        yield "OIDC_ISSUER has to begin with https://: what it says opens the portal."


def _is_code_key(key: str) -> bool:
    return not key or key.startswith(CODE_KEYS)


def is_guessable(key: str) -> bool:
    """Whether a key is made of few characters, of repetitions, or of runs as on a keyboard or in the alphabet."""
    packed = len(zlib.compress(key.encode(), 9)) - 8  # without what frames it
    runs = sum(abs(ord(a) - ord(b)) <= 1 for a, b in pairwise(key))
    return packed < KEY_BYTES or len(set(key)) < 10 or runs > len(key) / 2


def _hosts(env: Environment) -> Iterator[str]:
    hosts = _list(env.get("ALLOWED_HOSTS", ""))
    if not hosts:
        yield "ALLOWED_HOSTS is missing: name the host of BASE_URL."
    elif any("*" in host for host in hosts):
        yield "ALLOWED_HOSTS lets every name in (*): name the host of BASE_URL."


def _address(env: Environment) -> Iterator[str]:
    base = env.get("BASE_URL", "")
    parts = _split(base)
    if not base:
        yield "BASE_URL is missing: set the https:// address people use, links in messages are made from it."
        return
    if parts is None:
        return  # said already
    hosts = _list(env.get("ALLOWED_HOSTS", ""))
    if parts.scheme != "https" or not parts.hostname:
        yield f"BASE_URL is {base}: it has to be an https:// address, people sign in and sign there."
    elif hosts and not any(_admits(host, parts.hostname) for host in hosts):
        yield f"ALLOWED_HOSTS does not name {parts.hostname}, the host of BASE_URL: nobody would get in."


def _admits(host: str, name: str) -> bool:
    host = host.lower()
    return host in ("*", name) or (host.startswith(".") and (name.endswith(host) or name == host[1:]))


def _database(env: Environment) -> Iterator[str]:
    if not env.get("DATABASE_URL"):
        yield "DATABASE_URL is missing: name the PostgreSQL database, as in postgres://user:password@host:5432/name."
        return
    parts = _split(env["DATABASE_URL"])
    if parts is not None and parts.hostname and unquote(parts.password or "").lower() in KNOWN_PASSWORDS:
        yield "The database password in DATABASE_URL is empty or one that everybody knows: choose another one."


def _broker(env: Environment) -> Iterator[str]:
    url = env.get("REDIS_URL", "")
    parts = _split(url)
    if not url:
        yield "REDIS_URL is missing: name the broker, as in redis://:password@host:6379/0."
    elif parts is not None and not _is_here(parts.hostname or ""):
        if unquote(parts.password or "").lower() not in KNOWN_PASSWORDS:
            return
        yield f"The broker at {parts.hostname} has no password in REDIS_URL, or one that everybody knows: set one."


def _mail(env: Environment) -> Iterator[str]:
    url = env.get("EMAIL_URL", "")
    parts = _split(url)
    if not url:
        yield "EMAIL_URL is missing: reminders would never leave."
    elif parts is not None and (parts.scheme not in MAIL or not parts.hostname):
        yield f"EMAIL_URL is no mail server: it has to begin with {', '.join(f'{scheme}://' for scheme in MAIL)}."
    sender = env.get("DEFAULT_FROM_EMAIL", "")
    if not sender:
        yield "DEFAULT_FROM_EMAIL is missing: set the sender of every message."
    elif "@" not in parseaddr(sender)[1]:
        yield "DEFAULT_FROM_EMAIL has no address in it: write one, as in Recovery Portal <portal@your.organisation>."


def _demo(env: Environment) -> Iterator[str]:
    for name in ("BASE_URL", "ALLOWED_HOSTS", "EMAIL_URL", "DEFAULT_FROM_EMAIL", "HELP_ADDRESS"):
        if DEMO_DOMAIN in env.get(name, "").lower():
            yield f"{name} is of the demo organisation ({DEMO_DOMAIN}): set your own."
    if not env.get("HELP_ADDRESS"):
        yield "HELP_ADDRESS is missing: set the address a stranger may write to."
    if env.get("ORGANISATION_NAME", DEMO_NAME).strip() in ("", DEMO_NAME):
        yield "ORGANISATION_NAME is missing or the demo's: set the name that stands on every page."


# --- Reading --------------------------------------------------------------------------------------------------------
def _split(url: str) -> SplitResult | None:
    """The parts of an address; None for what is none."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme or not url else None


def _list(value: str) -> list[str]:
    return [part for part in (part.strip().lower() for part in value.split(",")) if part]
