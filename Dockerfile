# Build on a machine with the wheels at hand (`make bundle` first): nothing is fetched but the base images.
FROM python:3.11-bookworm AS build
WORKDIR /build
COPY requirements.txt pyproject.toml README.md ./
COPY wheels ./wheels
RUN python -m venv /opt/mingjing \
    && /opt/mingjing/bin/pip install --no-index --find-links wheels --require-hashes -r requirements.txt
COPY data ./data
COPY features ./features
COPY scoring ./scoring
COPY dashboard ./dashboard
RUN /opt/mingjing/bin/pip install --no-index --no-build-isolation --no-deps .

FROM python:3.11-slim-bookworm
# LightGBM's OpenMP runtime, taken from the build image so that no package server is needed.
COPY --from=build /usr/lib/*-linux-gnu/libgomp.so.1 /usr/local/lib/
COPY --from=build /opt/mingjing /opt/mingjing
RUN ldconfig && useradd --system --create-home --home-dir /var/lib/mingjing mingjing
ENV PATH=/opt/mingjing/bin:$PATH \
    MINGJING_HOME=/var/lib/mingjing \
    MINGJING_HOST=0.0.0.0 \
    NUMBA_CACHE_DIR=/var/lib/mingjing/.numba \
    PYTHONUNBUFFERED=1
USER mingjing
WORKDIR /var/lib/mingjing
VOLUME /var/lib/mingjing
EXPOSE 8050
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8050/health', timeout=4)"]
CMD ["mingjing", "serve"]
