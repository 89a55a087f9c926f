FROM debian:trixie-slim
ENV PATH=/usr/local/bin:$PATH
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates netbase tzdata \
    && apt-get dist-clean
ARG FULL_VERSION
ENV PYTHON_VERSION=${FULL_VERSION}
# Libraries of the standard library's compiled modules. pip before 24.2 and uv read their own lists of certificate
# authorities unless told otherwise, which matters only where the machine has one of its own.
RUN --mount=type=bind,source=tree.tar.gz,target=/tmp/tree.tar.gz \
    tar -xzf /tmp/tree.tar.gz -C /usr/local && ldconfig \
    && apt-get update \
    && apt-get install -y --no-install-recommends libbz2-1.0 libcrypt1 libdb5.3t64 libffi8 libgdbm6t64 \
         libgdbm-compat4t64 liblzma5 libncursesw6 libnsl2 libreadline8t64 libsqlite3-0 libssl3t64 libtinfo6 \
         libtirpc3t64 libuuid1 zlib1g \
    && apt-get dist-clean \
    && if ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then \
         printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' > /etc/pip.conf; \
         mkdir /etc/uv && printf 'native-tls = true\n' > /etc/uv/uv.toml; \
       fi \
    && ! find /usr/local -type f -name '*.so*' -not -name '*tkinter*' -exec ldd {} + 2>/dev/null | grep 'not found'
CMD ["python3"]
