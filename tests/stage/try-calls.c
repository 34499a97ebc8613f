// SPDX-License-Identifier: BSD-2-Clause
/*
 * For t-confinement.sh, inside a container: which of the calls that it must not have are answered, and with
 * what. A line each: "name errno", 0 where it succeeded.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

static void say(const char *name, long result)
{
	printf("%s %s\n", name, result < 0 ? strerrorname_np(errno) : "0");
}

int main(void)
{
	char bytes[256] = "";

	say("io_uring_setup", syscall(SYS_io_uring_setup, 1, bytes));
	say("userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC));
	say("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3 /* the session's */));
	say("personality", personality(ADDR_NO_RANDOMIZE | 0x0020000));
	say("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	say("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
	say("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
	say("unshare_mount", unshare(CLONE_NEWNS));
	say("bpf", syscall(SYS_bpf, 0, bytes, sizeof(bytes)));
	say("perf_event_open", syscall(SYS_perf_event_open, bytes, 0, -1, -1, 0));
	say("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, bytes, 0));
	say("init_module", syscall(SYS_init_module, bytes, 1, ""));
	say("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
	say("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
	say("settimeofday", syscall(SYS_settimeofday, NULL, bytes));
	say("packet_socket", socket(AF_PACKET, SOCK_RAW, 0));
	say("raw_socket", socket(AF_INET, SOCK_RAW, 1));
	say("mknod_disk", mknod("/tmp/disk", S_IFBLK | 0600, makedev(8, 0)));
	/* and some that it must have */
	say("chown", chown("/tmp", 1, 1));
	say("fork", syscall(SYS_fork) == 0 ? (_exit(0), 0) : 0);
	say("openat2", syscall(SYS_openat2, AT_FDCWD, "/", (uint64_t[]){0, 0, 0}, 24));
	say("faccessat2", syscall(439, AT_FDCWD, "/", 0, 0));
	return 0;
}
