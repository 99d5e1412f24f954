# bedrill in a container: the emulator for other programs, headless drills, or the dashboard.
#
#   docker build -t bedrill .
#   docker run --rm -it bedrill                                        # the dashboard
#   docker run --rm bedrill run region-outage --virtual                # a drill
#   docker run --rm -p 127.0.0.1:4566:4566 bedrill serve --port 4566   # see docs/serve.md for --bind
#
# The first build takes some minutes: the AWS SDK is large.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY assets assets
COPY benches benches
COPY scenarios scenarios
COPY src src
RUN cargo build --release --locked --bin bedrill

FROM debian:bookworm-slim
# Root certificates for `--target aws`.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 bedrill
COPY --from=build /src/target/release/bedrill /usr/local/bin/bedrill
USER bedrill
WORKDIR /home/bedrill
# Recordings; mount a volume here to keep them.
ENV BEDRILL_DATA=/home/bedrill/data
EXPOSE 4566
ENTRYPOINT ["bedrill"]
