#!/usr/bin/env bash
# A machine within this one, for commands that change /etc, /opt and /var: everything that is installed here, with a
# memory on top that takes what is written and is gone afterwards, and systemd as the first process. The folder "$1" is
# its /srv. Says that process's ID, and ends it when its input ends, that is, with whoever started this.
set -euo pipefail
script=$(realpath "$0") folder=$1 first=${2:-}

if [ -z "$first" ]; then # in a mount namespace of its own
  mount -t tmpfs -o mode=755 tmpfs /mnt
  cd /mnt
  mkdir changed work root groups
  mount -t cgroup2 cgroup2 groups
  group=groups/transferbot-$$
  mkdir "$group"
  (
    echo 0 >"$group/cgroup.procs"
    exec setpriv --pdeathsig=KILL \
      unshare --mount --pid --cgroup --ipc --uts --fork --kill-child bash "$script" "$folder" first
  ) </dev/null >&2 &
  until first=$(<"/proc/$!/task/$!/children") && [ -n "$first" ]; do sleep 0.05; done
  echo $first
  cat >/dev/null
  kill -KILL $! || true
  wait
  # A group can be taken away once the last process in it is gone.
  until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.05; done
  exit
fi

mount -t overlay -o lowerdir=/,upperdir=changed,workdir=work overlay root
cd root
mount -t proc -o nosuid,nodev,noexec proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for name in null zero full random urandom tty console; do
  touch "dev/$name"
  [ "$name" = console ] || mount --bind "/dev/$name" "dev/$name"
done
mount --bind "$folder" srv

# Nothing starts but systemd, its journal and D-Bus, which `systemd-run --wait` needs. Whoever is root needs no `sudo`.
rm -rf {etc,usr/lib}/systemd/system/*.wants usr/lib/systemd/system-generators etc/fstab var/log/journal
mkdir etc/systemd/system/multi-user.target.wants
ln -s /lib/systemd/system/{dbus.socket,systemd-journald.service} etc/systemd/system/multi-user.target.wants/
printf '#!/bin/sh\nexec "$@"\n' >usr/local/bin/sudo
chmod 755 usr/local/bin/sudo

pivot_root . mnt
umount -l mnt
exec env -i container=test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set=-sys_time,-sys_module,-sys_boot \
  /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=no
