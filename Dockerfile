# syntax=docker/dockerfile:1
# The portal for production: one image, four commands (web, worker, beat, and `manage.py`).
# Non-root; runs with a read-only root file system: only /tmp is written to (a tmpfs). No secret is built in.

FROM python:3.11-slim AS build
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/uv && /opt/uv/bin/pip install --quiet uv
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /opt/venv && VIRTUAL_ENV=/opt/venv /opt/uv/bin/uv pip sync --require-hashes requirements.lock
COPY . .
# Production settings refuse to start without these; for collecting static files they may be anything, and none is kept.
RUN PORTAL_MODE=production SECRET_KEY=$(head -c 40 /dev/urandom | od -An -tx1 | tr -d ' \n') \
    BASE_URL=https://build.invalid ALLOWED_HOSTS=build.invalid ORGANISATION_NAME=Build HELP_ADDRESS=build@build.invalid \
    DATABASE_URL=postgres://build:while-building@build.invalid/none REDIS_URL=redis://:while-building@build.invalid/0 \
    EMAIL_URL=smtp://build.invalid DEFAULT_FROM_EMAIL=build@build.invalid STATIC_ROOT=/app/staticfiles \
    /opt/venv/bin/python manage.py collectstatic --noinput && /opt/venv/bin/python -m compileall -q /app

FROM python:3.11-slim
RUN groupadd --system --gid 10001 portal && useradd --system --uid 10001 --gid portal --home-dir /nonexistent --no-create-home portal
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# What the portal keeps outside the database; a volume lies here and takes its owner over.
RUN mkdir /head && chown 10001:10001 /head
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PORTAL_MODE=production PORTAL_VAR=/tmp/portal \
    STATIC_ROOT=/app/staticfiles
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "scripts/probe.py"]
CMD ["granian", "--interface", "asginl", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--respawn-failed-workers", "drportal.asgi:application"]
