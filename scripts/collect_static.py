"""Collect the static files with the storage of production, while the image is built and nothing is configured yet."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")

from django.conf import settings  # noqa: E402 (the settings module is named above)
from django.core.management import call_command  # noqa: E402

import drportal.settings  # noqa: E402

settings.configure(
    **{
        **{name: getattr(drportal.settings, name) for name in dir(drportal.settings) if name.isupper()},
        "STORAGES": {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}},
    }
)

import django  # noqa: E402

django.setup()
call_command("collectstatic", interactive=False, verbosity=1)
