# LOCK chooses the extras: requirements.lock has none, requirements-charts.lock draws run charts,
# requirements-observability.lock can report to Sentry and OpenTelemetry too, and requirements-postgresql.lock
# draws run charts and keeps everything on a PostgreSQL server.
ARG LOCK=requirements-charts.lock

FROM python:3.13-slim AS build
ARG LOCK
WORKDIR /build
COPY requirements-build.lock ${LOCK} ./
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.lock
# Without pip, which sqlite-utils brings along: nothing in the final image can install anything.
RUN python -m venv --without-pip /opt/transferbot \
 && pip --python /opt/transferbot/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r ${LOCK}
COPY pyproject.toml README.md LICENSE manifest.yml ./
COPY bot bot
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip --python /opt/transferbot/bin/python install --no-cache-dir --no-deps --no-index /wheels/*.whl \
 && pip --python /opt/transferbot/bin/python uninstall --yes pip

FROM python:3.13-slim
RUN pip uninstall --yes pip \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin transferbot \
 && install -d -o transferbot -g transferbot -m 0700 /data
COPY --from=build /opt/transferbot /opt/transferbot
ENV PATH=/opt/transferbot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    DATABASE_URL=sqlite:////data/transferbot.db \
    LOG_FORMAT=json \
    HOST=0.0.0.0 \
    HEALTH_PORT=8080
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["transferbot", "health", "--alive"]
CMD ["transferbot", "run"]
