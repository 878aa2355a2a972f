FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/transferbot && /opt/transferbot/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
RUN /opt/transferbot/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home transferbot && install -d -o transferbot -m 0700 /data
COPY --from=build /opt/transferbot /opt/transferbot
ENV PATH=/opt/transferbot/bin:$PATH PYTHONUNBUFFERED=1 DATABASE_URL=sqlite:////data/transferbot.db LOG_FORMAT=json
USER transferbot
WORKDIR /data
VOLUME /data
CMD ["transferbot", "run"]
