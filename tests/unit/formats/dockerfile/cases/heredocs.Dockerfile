# syntax=docker/dockerfile:1
FROM debian:bookworm-slim
RUN <<EOF
set -e
# not a Dockerfile comment
apt-get update
apt-get install -y --no-install-recommends \
    python3
EOF
RUN <<-'SCRIPT' python3 -
	print("tabs are stripped $HOME")
	SCRIPT
COPY <<one.conf <<"two.conf" /etc/app/
a=$HOME
one.conf
FROM here is text
two.conf
RUN cat <<A > /a && cat <<B > /b
in a
A
in b
B
CMD ["cat", "<<EOF"]
