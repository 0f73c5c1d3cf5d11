# The console. Build the jar first, since the image takes it as it is:  ./mvnw -DskipTests package && docker compose up --build
# Any base with a Java 25 runtime on the PATH serves: --build-arg BASE_IMAGE=...
ARG BASE_IMAGE=eclipse-temurin:25-jre
FROM ${BASE_IMAGE} AS base
USER root
# the embedded PostgreSQL looks its user up by name
RUN echo 'dcbalance:x:10001:10001:DCbalance:/var/lib/dcbalance:/bin/sh' >>/etc/passwd \
  && echo 'dcbalance:x:10001:' >>/etc/group \
  && mkdir -p /var/lib/dcbalance /opt/dcbalance \
  && chown 10001:10001 /var/lib/dcbalance /opt/dcbalance \
  && chmod 700 /var/lib/dcbalance

# unpacked with a recorded start, from which it starts about twice as fast; where none can be recorded, it starts all the same
FROM base AS unpacked
COPY target/dcbalance.jar /tmp/dcbalance.jar
USER 10001:10001
RUN java -jar /tmp/dcbalance.jar unpack /opt/dcbalance || test -s /opt/dcbalance/dcbalance.jar

FROM base
# libvirt's client library and ssh for qemu+ssh hosts. A base that has them, or a build without network, goes on without installing;
# the console starts without them too, and names the package when a libvirt host is added.
RUN if ls /usr/lib/*/libvirt.so.0 /usr/lib64/libvirt.so.0 2>/dev/null | grep -q .; then \
      echo "libvirt is in the base"; \
    elif command -v apt-get >/dev/null && apt-get update -qq \
      && apt-get install -y -qq --no-install-recommends libvirt0 openssh-client; then \
      rm -rf /var/lib/apt/lists/*; \
    else \
      echo "libvirt0 was not installed: this image manages the simulated pool alone" >&2; \
    fi
COPY --from=unpacked /opt/dcbalance /opt/dcbalance

USER 10001:10001
WORKDIR /var/lib/dcbalance
VOLUME /var/lib/dcbalance
ENV DCBALANCE_DATA_DIR=/var/lib/dcbalance SERVER_ADDRESS=0.0.0.0 SERVER_PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 CMD \
  wget -q -O /dev/null "http://127.0.0.1:${SERVER_PORT}/actuator/health" 2>/dev/null \
  || curl -fsS -o /dev/null "http://127.0.0.1:${SERVER_PORT}/actuator/health"
ENTRYPOINT ["java", "-XX:AOTCache=/opt/dcbalance/dcbalance.aot", "-XX:MaxRAMPercentage=70", "-jar", "/opt/dcbalance/dcbalance.jar"]
