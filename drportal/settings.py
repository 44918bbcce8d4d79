"""Settings of the portal, read from the environment.

PORTAL_MODE is `development` (default), `test` or `production`. What is missing or dangerous ends every program that reads
these settings, in one sentence each (`drportal.startup`). The other variables: docs/operating.md.
"""

import os
import sys
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from drportal import startup
from drportal.deadlines import PAGE, WORK, connection_options
from drportal.logging import logging_config, passwords_in

if refusals := startup.problems(os.environ):
    sys.exit("The portal does not start:\n" + "\n".join(f"- {sentence}" for sentence in refusals))

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.ENVIRON = {name: value for name, value in os.environ.items() if value}  # empty, as compose passes it, is not given

MODE = env("PORTAL_MODE", default="development")
PRODUCTION = MODE == "production"
TESTING = MODE == "test"
VAR_DIR = Path(env("PORTAL_VAR", default=str(BASE_DIR / "var"))).resolve()
PORT = env.int("PORT", default=8000)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="" if PRODUCTION else "development-only-" + "x" * 50)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
# The address people reach the portal at; links in messages are made from it.
BASE_URL = env("BASE_URL", default=f"http://localhost:{PORT}").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[BASE_URL])

ORGANISATION_NAME = env("ORGANISATION_NAME", default="Harbour Mutual")
# Calendar rules that belong to nobody in particular (role assignments, quarters) are read in this zone.
ORGANISATION_LEI = env("ORGANISATION_LEI", default="")  # legal entity identifier, for the register of information
ORGANISATION_TIME_ZONE = env("ORGANISATION_TIME_ZONE", default="Europe/Oslo")
# Who a stranger may write to; shown on "nothing here" pages.
HELP_ADDRESS = env("HELP_ADDRESS", default="operations@harbour-mutual.example")

INSTALLED_APPS = [
    "audit",
    "people",
    "signoffs",
    "communications",
    "workloads",
    "drills",
    "drportal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django_htmx",
    "django_structlog",
]

MIDDLEWARE = [
    "drportal.errors.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "people.middleware.TimeZoneMiddleware",
    "people.middleware.AccessMiddleware",
    "drportal.idempotency.IdempotencyMiddleware",
    "drportal.form_keys.FormKeyMiddleware",
    "drportal.questions.SearchMiddleware",
    "drportal.errors.DeedErrorMiddleware",
]

ROOT_URLCONF = "drportal.urls"
ASGI_APPLICATION = "drportal.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "drportal.context.frame",
            ],
        },
    }
]
FORM_RENDERER = "drportal.forms.Renderer"

# --- Database -------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://portal@127.0.0.1:5432/portal")}
DATABASES["default"]["ENGINE"] = "drportal.postgres"
if not TESTING and (pool := env.int("DATABASE_POOL", default=8)):  # 0: a connection as it comes, for commands
    # drportal.asgi says "web": somebody waits for the page. Everything else is work: commands, worker, beat.
    _limits = PAGE if env("PORTAL_PROCESS", default="") == "web" else WORK
    _given = DATABASES["default"].get("OPTIONS", {})
    DATABASES["default"]["OPTIONS"] = {
        **connection_options(_limits, _given.pop("options", "")),
        **_given,
        "pool": {"size": pool, "limits": _limits},
    }
if name := env("PORTAL_TEST_DB", default=""):
    DATABASES["default"]["TEST"] = {"NAME": name}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker and jobs ------------------------------------------------------------------------------------------------
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "drportal.cache.ForgivingRedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "portal"}}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # a sweep is called again by the next tick: losing a call loses nothing
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that hangs must show: a worker or beat that waits for it without end looks well. 10 s is longer than any blocking read.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600, "socket_keepalive": True, "health_check_interval": 30,
    "socket_timeout": 10, "socket_connect_timeout": 5,
}  # fmt: skip
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Each tick is thrown away when nobody picked it up before the next one: a worker that was away finds one call, not hundreds.
CELERY_BEAT_SCHEDULE = {
    "deliver-messages": {"task": "communications.tasks.deliver", "schedule": 10.0, "options": {"expires": 10}},
    "work-on-imports": {"task": "workloads.tasks.work_on_imports", "schedule": 5.0, "options": {"expires": 5}},
    "seal-trail": {"task": "audit.tasks.seal", "schedule": 15.0, "options": {"expires": 15}},
    "settle-rights": {"task": "workloads.tasks.settle_rights", "schedule": 60.0, "options": {"expires": 60}},
    "remind-reviews": {"task": "workloads.tasks.remind", "schedule": 60.0, "options": {"expires": 60}},
    "give-a-sign": {"task": "drportal.tasks.tick", "schedule": 20.0, "options": {"expires": 60}},
    "remind-drills": {"task": "drills.tasks.remind", "schedule": 60.0, "options": {"expires": 60}},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# What the trail ends with and which messages left, outside the database: a backup that is put back shows by it.
HEAD_FILE = env("HEAD_FILE", default="" if TESTING else str(VAR_DIR / "head.json"))

# --- Mail -----------------------------------------------------------------------------------------------------------
if email_url := env("EMAIL_URL", default=""):
    vars().update(env.email_url_config(email_url))
else:
    EMAIL_BACKEND = "communications.eml.EmlFileBackend"  # real .eml files, readable with any mail program
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Recovery Portal <portal@harbour-mutual.example>")
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=15)  # seconds for each answer of the mail server
MAIL_CONNECTIONS = env.int(
    "MAIL_CONNECTIONS", default=4
)  # to the mail server, of one worker process that has much to send
DELIVERY_LEASE = env.float(
    "DELIVERY_LEASE", default=90
)  # seconds until the messages of a vanished worker are taken over

# --- People and sign-in ---------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail is unique by a constraint on its lower case, which the check cannot see
AUTHENTICATION_BACKENDS = [
    "people.backends.SignInBackend",
    "people.backends.RoleBackend",
    "guardian.backends.ObjectPermissionBackend",
    "workloads.backends.OwnerTeamBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ANONYMOUS_USER_NAME = None  # guardian: nobody is nobody
GUARDIAN_MONKEY_PATCH_USER = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "people.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "people.adapters.SocialAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "people.adapters.display"
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are entered by an administrator or by the identity provider
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds; also the age limit of a signature's proof
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody gets mail from us because a stranger typed her address
ACCOUNT_FORMS = {"reset_password": "people.password_reset.ForgottenForm"}
ACCOUNT_SESSION_REMEMBER = True  # for SESSION_COOKIE_AGE
# Behind a proxy the client's address is in a header that only the proxy may set; elsewhere the socket is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
USERSESSIONS_TRACK_ACTIVITY = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from an administrator or the identity provider
MFA_TOTP_ISSUER = f"Recovery Portal, {ORGANISATION_NAME}"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # passkeys on http://localhost
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {}
if issuer := env("OIDC_ISSUER", default=""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env("OIDC_NAME", default="Single sign-on"),
                "client_id": env("OIDC_CLIENT_ID"),
                "secret": env("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": issuer},
            }
        ]
    }

# Who may come in at routes of libraries, by the longest prefix that fits; our own views carry their rule themselves.
LIBRARY_RULES = {
    "accounts/": "public",  # allauth asks for a signed-in person, or a fresh password, where its pages need one
    "admin/": "staff",  # the admin asks for rights per model besides
    "static/": "public",
    "health/": "public",
}

# --- Sessions, headers ----------------------------------------------------------------------------------------------
SESSION_ENGINE = (
    "django.contrib.sessions.backends.cached_db"  # read from the broker's memory; the database has them too
)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
# Two portals on one machine (other port) must not sign each other out: cookies do not know ports.
SESSION_COOKIE_NAME = env("SESSION_COOKIE_NAME", default="portal_session" if PORT == 8000 else f"portal_session_{PORT}")
CSRF_COOKIE_NAME = env("CSRF_COOKIE_NAME", default="portal_csrf" if PORT == 8000 else f"portal_csrf_{PORT}")
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^health/"]  # probes come from inside, without TLS
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if env.bool("BEHIND_TLS_PROXY", default=True):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "people.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["people.access.DeclaredRule"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["drportal.parsing.JsonParser"],
    "DEFAULT_FILTER_BACKENDS": [
        "people.listing.Filters",
        "people.listing.StableOrdering",
    ],
    "DEFAULT_PAGINATION_CLASS": "drportal.pagination.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drportal.schema.AutoSchema",
    "EXCEPTION_HANDLER": "drportal.errors.problem_handler",
    "DEFAULT_THROTTLE_CLASSES": ["drportal.limits.PersonLimit", "drportal.limits.StrangerLimit"],
    "DEFAULT_THROTTLE_RATES": {"user": env("API_RATE", default="6000/min"), "anon": "60/min"},
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Recovery Portal API",
    "DESCRIPTION": "Tiers, sign-offs, drills and messages. Durations are seconds, times are UTC. "
    "Errors are RFC 9457 problem details.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "SignoffState": "signoffs.models.Request.State",
        "DrillState": "drills.models.Drill.State",
        "ActionState": "drills.models.Action.State",
        "ActionSeverity": "drills.models.Severity",
        "DrillKind": "drills.models.DrillKind",
        "RowKind": "workloads.register_api.ROW_KINDS",
        "BulkChange": "workloads.bulk.services.What",
        "WhatEnum": "drills.models.What",
        "ClassificationState": "workloads.models.Classification.State",
        "FailureEffect": "workloads.models.Effect",
        "TargetState": "workloads.serializers.STATES",
        "WaiverState": "workloads.models.Waiver.State",
        "FindingSeverity": "workloads.serializers.SEVERITIES",
        "Verdict": "workloads.models.Proof",
        "Grade": "drills.models.Grade",
    },
    "SERVE_PERMISSIONS": ["people.access.DeclaredRule"],
}

# --- Language, time, static -----------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
REQUEST_BODY_WITHIN = env.float("REQUEST_BODY_WITHIN", default=60)  # seconds in which all that is sent has to arrive
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_400_000  # a register of 5 MB and what is around it

LOGGING = logging_config(
    json=PRODUCTION,
    level=env("LOG_LEVEL", default="WARNING" if TESTING else "INFO"),
    secrets=passwords_in([os.environ.get(name, "") for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")]),
)

if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
