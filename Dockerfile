# syntax=docker/dockerfile:1

ARG RUST_VERSION=1.95
# `plain`, or `guided` by a profile: docs/adr/0014-guided-builds.md.
ARG BUILD=plain

# The workspace without its code: manifests, and the source files that these name, empty. It stays the same while only code
# changes, and so does the layer below that builds the dependencies from it.
FROM rust:${RUST_VERSION}-slim-trixie AS manifests
WORKDIR /src
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path '*/src/lib.rs' ! -path '*/src/main.rs' \
        ! -path '*/benches/*.rs' -delete \
    && find . -type d -empty -delete \
    && find . \( -name lib.rs -o -path '*/benches/*' \) -type f -exec truncate --size 0 {} + \
    && echo 'fn main() {}' > /main.rs \
    && find . -name main.rs -exec cp /main.rs {} \;

FROM rust:${RUST_VERSION}-slim-trixie AS plain
WORKDIR /src
COPY --from=manifests /src .
RUN cargo build --locked --release --package tasks-api
COPY . .
# Newer than what was built of the empty files, or cargo would keep that.
RUN find crates migration -name '*.rs' -exec touch {} + \
    && cargo build --locked --release --package tasks-api

FROM rust:${RUST_VERSION}-slim-trixie AS guided
# Nothing of this gets into the image, so that any version will do.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* \
    && rustup component add llvm-tools
WORKDIR /src
COPY . .
RUN deploy/release \
    && mv target/guided/tasks-api target/release/tasks-api

# hadolint ignore=DL3006
FROM ${BUILD} AS build

# glibc, as the binary is linked against it, and the certificate authorities; no shell, no package manager.
FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /src/target/release/tasks-api /usr/local/bin/tasks-api
# By number, so that an orchestrator can see that it is not root.
USER 65532:65532
ENV ENVIRONMENT=production HOST=0.0.0.0 PORT=8000
EXPOSE 8000
STOPSIGNAL SIGTERM
# The binary asks itself: there is no shell or curl here.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/tasks-api", "health"]
ENTRYPOINT ["/usr/local/bin/tasks-api"]
