// SPDX-License-Identifier: BSD-2-Clause
/*
 * Process 1 of a disk that tracepack export --to disk has written. From the kernel's first program to the
 * command and back: the order of the calls in main() is the life of the machine.
 */
#include "pack/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "pack/guest/start.h"

enum { BUTTONS = 8, GRACE_MS = 10000 };

struct life {
	pid_t pid; /* of the command; 0: it has ended */
	int status;
	bool alone; /* none of its processes is left either */
	int64_t kill_at_ms; /* 0: nobody asked it to end */
};

static int64_t now_ms(void)
{
	return clock_read_ns(CLOCK_BOOTTIME) / 1000000;
}

/* ---- the machine ---- */

static void make_place(void)
{
	int console = -1;

	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("dev", "/dev", "devtmpfs", MS_NOSUID, "mode=755");
	mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount("sys", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	/* the kernel has opened it for us, if the initrd is ours */
	if (fcntl(STDERR_FILENO, F_GETFD) < 0)
		console = open("/dev/console", O_RDWR | O_NOCTTY);
	for (int fd = 0; console >= 0 && fd <= 2; fd++)
		dup2(console, fd);
	if (console > 2)
		close(console);
	umask(022);
	/* the three keys are a signal for us */
	reboot(RB_DISABLE_CAD);
}

/* How long each part took, where somebody asked: the kernel since the machine's clock began. */
struct times {
	int64_t began, modules, root, network;
};

static void say_times(const struct times *times)
{
	say("kernel %lld ms, init %lld ms (modules %lld, root %lld, network %lld)", (long long)times->began,
	    (long long)(now_ms() - times->began), (long long)(times->modules - times->began),
	    (long long)(times->root - times->modules), (long long)(times->network - times->root));
}

/* All that is needed before there is a root to start in. */
static int make_ready(struct line *line, struct start *start, struct times *times, char **ret_nameservers)
{
	_cleanup_(freep) char *device = NULL;
	int r = line_read(line);

	if (r < 0)
		return say("cannot read the kernel's command line: %s", strerror(-r)), -1;
	r = start_read("/" GUEST_START, start);
	if (r < 0)
		return say("cannot read how to start: %s", strerror(-r)), -1;
	sethostname(start->name, strlen(start->name));
	modules_load(line);
	times->modules = now_ms();
	if (root_find(start->superblock, &device) < 0)
		return say("none of the disks holds the root"), -1;
	if (root_mount(device, line->layer) < 0)
		return -1;
	times->root = now_ms();
	network_up(line, start->name, ret_nameservers);
	times->network = now_ms();
	return 0;
}

/* ---- the command ---- */

static void start_command(const struct start *start, const char *nameservers, struct life *life)
{
	life->pid = fork();
	if (life->pid == 0) {
		setsid();
		_exit(root_enter(start, nameservers) < 0 ? GUEST_FAILED : start_become(start));
	}
	if (life->pid < 0) {
		say("cannot start a process: %s", strerror(errno));
		life->pid = 0;
		life->status = GUEST_FAILED;
		life->alone = true;
	}
}

/*
 * Bury who has ended. A command that ended well may have left its server behind; after one that failed, or was
 * asked to end, nothing is waited for.
 */
static void bury(struct life *life)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != life->pid)
			continue;
		life->pid = 0;
		life->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	life->alone = pid < 0 || (!life->pid && (life->status || life->kill_at_ms));
}

static void ask_to_end(const struct start *start, struct life *life)
{
	if (life->kill_at_ms)
		return;
	life->kill_at_ms = now_ms() + GRACE_MS;
	/* of a server that was left behind nobody knows the first process */
	kill(life->pid ? life->pid : -1, start->stop_signal);
}

static void take_signals(int signals, const struct start *start, struct life *life)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			bury(life);
		else
			ask_to_end(start, life);
	}
}

/* Until it has ended. */
static void accompany(int signals, const struct start *start, struct life *life)
{
	struct pollfd fds[BUTTONS + 2];
	int buttons[BUTTONS];
	size_t count = power_buttons(buttons, BUTTONS);

	while (!life->alone) {
		int64_t left = life->kill_at_ms ? life->kill_at_ms - now_ms() : -1;

		fds[0] = (struct pollfd){.fd = signals, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = network_timer(), .events = POLLIN};
		for (size_t i = 0; i < count; i++)
			fds[2 + i] = (struct pollfd){.fd = buttons[i], .events = POLLIN};
		if (life->kill_at_ms && left <= 0)
			return;
		if (poll(fds, (nfds_t)(2 + count), (int)left) < 0)
			continue;
		take_signals(signals, start, life);
		if (fds[1].revents)
			network_renew();
		for (size_t i = 0; i < count; i++)
			if (fds[2 + i].revents && power_is_pressed(buttons[i]))
				ask_to_end(start, life);
	}
}

/* Whatever is left, so that what it wrote can be unmounted. */
static void end_all(struct life *life)
{
	int status;
	pid_t pid;

	kill(-1, SIGKILL);
	while ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR)
		if (pid == life->pid)
			life->status = 128 + SIGKILL;
	root_umount();
}

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(void)
{
	struct times times = {.began = now_ms()};
	struct life life = {.status = GUEST_FAILED};
	char *nameservers = NULL;
	struct start start;
	struct line line = {0};
	int signals;

	if (getpid() != 1) {
		fputs("sfc-init: this is process 1 of a virtual machine (sfc export --to disk)\n", stderr);
		return 1;
	}
	make_place();
	signals = block_signals();
	if (make_ready(&line, &start, &times, &nameservers) == 0) {
		if (line.times)
			say_times(&times);
		start_command(&start, nameservers, &life);
		accompany(signals, &start, &life);
		end_all(&life);
	}
	power_off(&line, life.status);
}
