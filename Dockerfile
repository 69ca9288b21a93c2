# kzd as a container function of kustomize and kpt, or as a step of CI. It needs no network, nothing that it may write
# to and no user of its own: docker run --rm -i --network none --read-only --user nobody IMAGE < manifests.yaml

# Both stages have one base, since what the first one installs points to its Python.
ARG BASE=python:3.13-alpine3.22

FROM ${BASE} AS build
# --build-arg EXTRAS=[cluster] for `kzd retire` and `kzd measure` in a Pod.
ARG EXTRAS=
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY schemas ./schemas
COPY kzd ./kzd
RUN python -m venv --without-pip /opt/kzd
RUN python -m pip --python /opt/kzd/bin/python install --quiet --disable-pip-version-check \
    --no-cache-dir --no-compile ".${EXTRAS-}"
# Nothing can be written where the image runs, so bytecode is made here; the sources do not change any more.
RUN /opt/kzd/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/kzd/lib

FROM ${BASE}
# The base comes without bytecode of the standard library, and with an installer that nothing needs here.
RUN python -m pip uninstall --quiet --yes --root-user-action ignore pip \
    && python -m compileall -q --invalidation-mode unchecked-hash \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/kzd /opt/kzd
ENV PATH=/opt/kzd/bin:$PATH PYTHONDONTWRITEBYTECODE=1
LABEL org.opencontainers.image.title="kzd" \
    org.opencontainers.image.description="Makes other people's manifests roll out with zero downtime" \
    org.opencontainers.image.licenses="Apache-2.0"
USER 65534:65534
ENTRYPOINT ["/opt/kzd/bin/kzd"]
