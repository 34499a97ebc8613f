# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # dir is of tests/lib.sh
# podman with a storage of the test's own, gone with it. Sourced after lib.sh.
requires root
requires podman --version
requires runc --version

CONTAINERS_STORAGE_CONF=$dir/storage.conf CONTAINERS_CONF=$dir/containers.conf
export CONTAINERS_STORAGE_CONF CONTAINERS_CONF
cat >storage.conf <<CONF
[storage]
driver = "overlay"
graphroot = "$dir/graph"
runroot = "$dir/run"
CONF
cat >containers.conf <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
infra_image = "localhost/infra:1"
CONF
on_exit sh -c "podman pod rm -fa -t 0 >/dev/null 2>&1; podman rm -fa -t 0 >/dev/null 2>&1; umount -l '$dir/graph/overlay' 2>/dev/null; true"
