#!/usr/bin/env bash
# Gives a machine within this one a `docker` that carries out a Compose file, with containers of Podman's, and the image
# "$1" that a Dockerfile begins with, made from the Debian that has its Python. "$2" is what reads Compose files.
set -euo pipefail

# A file system of its own, since one that is laid over another cannot carry a third.
mkdir -p /var/lib/containers
mount -t tmpfs tmpfs /var/lib/containers
# The pretend Slack listens here, so the network is this machine's; so are the authorities that it trusts. Groups of
# processes cannot be limited everywhere: what the Compose file says of memory is read, and not enforced.
cat >/etc/containers/containers.conf <<END
[containers]
netns = "host"
cgroups = "disabled"
volumes = ["/etc/ssl/certs:/etc/ssl/certs:ro"]
[engine]
cgroup_manager = "cgroupfs"
END

cat >/usr/local/bin/docker <<END
#!/bin/sh
[ "\$1" = compose ] || exec podman "\$@"
shift
exec "$2" "\$@"
END
chmod 755 /usr/local/bin/docker

mmdebstrap --quiet --variant=essential --include=passwd,python3-venv \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --customize-hook='chroot "$1" python3 -m venv /usr/local' \
  trixie - | podman import --quiet - "$1"
