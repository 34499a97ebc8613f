// SPDX-License-Identifier: BSD-2-Clause
#include "fs/run.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "db/guard.h"
#include "fs/presence.h"
#include "fs/status.h"

/* After a signal, users of the mount have this long to let go of it. */
enum { GRACE_MS = 2000 };

/* Whether an unmounted mount is still used is looked at this often. The kernel is done with it sooner. */
enum { LOOK_MS = 1000 };

/*
 * Who uses it in a mount namespace of their own has this long. Without users the mounts in such
 * namespaces are not waited for.
 */
enum { FORGET_MS = 10000 };

/* Unmounting waits this long for the catalog: a busy machine needs a minute for a million files. */
enum { CATALOG_MS = 600000 };

/* What may be asked. */

/* The canonical path of a file that need not be there yet. */
static int real_file(char **path, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(*path), *directory = NULL;
	char *real, *slash;

	if (!copy)
		return error_oom(err);
	slash = strrchr(copy, '/');
	if (slash)
		*slash = '\0';
	directory = realpath(!slash ? "." : copy[0] ? copy : "/", NULL);
	if (!directory)
		return error_errno(err, "manifest %s", *path);
	real = path_join(directory, slash ? slash + 1 : copy);
	if (!real)
		return error_oom(err);
	free(*path);
	*path = real;
	return 0;
}

static int check_manifest(struct options *options, const char *source, struct error *err)
{
	int r;

	if (!options->manifest)
		return error_set(err, -EINVAL, "no manifest was named; say -o manifest=FILE");
	r = real_file(&options->manifest, err);
	if (r < 0)
		return r;
	if (path_is_within(options->manifest, options->mountpoint))
		return error_set(err, -EINVAL, "manifest %s is below the mount point; put it "
					       "elsewhere", options->manifest);
	if (strcmp(source, "/") != 0 && path_is_within(options->manifest, source))
		return error_set(err, -EINVAL, "manifest %s is inside the traced tree %s; put it "
					       "elsewhere", options->manifest, source);
	return 0;
}

int run_check(struct options *options, struct error *err)
{
	_cleanup_(freep) char *source = NULL, *mountpoint = NULL;
	struct stat st;
	int r;

	if (stat(options->source, &st) < 0)
		return error_errno(err, "source %s", options->source);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "source %s is not a directory", options->source);
	source = realpath(options->source, NULL);
	if (!source)
		return error_errno(err, "source %s", options->source);
	r = mount_point_check(options->mountpoint, &mountpoint, err);
	if (r < 0)
		return r;
	free(options->mountpoint);
	options->mountpoint = take(mountpoint);
	free(options->source);
	options->source = take(source);
	return check_manifest(options, options->source, err);
}

/* The background. */

/* The child says one byte when all is well; its error it has printed itself. */
static void parent_wait(int fd, pid_t child)
{
	char byte;

	if (io_read(fd, &byte, 1) == 1)
		_exit(0);
	waitpid(child, NULL, 0);
	_exit(1);
}

int run_daemonize(struct run *run, struct error *err)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	child = fork();
	if (child < 0)
		return error_errno(err, "cannot fork");
	if (child > 0) {
		close(fds[1]);
		parent_wait(fds[0], child);
	}
	close(fds[0]);
	run->ready_fd = fds[1];
	setsid();
	return 0;
}

/* Ready: the parent may go. */
static void say_ready(struct run *run)
{
	if (run->ready_fd < 0)
		return;
	io_leave_streams();
	if (chdir("/") < 0)
		log_debug("cannot change to /");
	io_write(run->ready_fd, "+", 1);
	closep(&run->ready_fd);
	run->ready_fd = -1;
}

/* The beginning. */

static int signals_block(struct run *run, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signal_fd < 0 ? error_errno(err, "cannot make a signalfd") : 0;
}

/* As many open files as we are allowed: reading through us needs one per open file. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static const char *default_label(const char *source)
{
	const char *name = path_name(source);

	return *name ? name : "root";
}

int run_open(struct run *run, struct options *options, struct error *err)
{
	struct stat st;
	int r;

	run->options = options;
	r = signals_block(run, err);
	if (r < 0)
		return r;
	raise_limit();
	/* what threads take and give back meets in the nodes: an arena each would only hold memory */
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 128 * 1024); /* batches go back to the kernel, every time */
	r = watcher_start(&run->watcher, options->mountpoint, options->manifest,
			  !options->foreground, err);
	if (r < 0)
		return r;
	run->fs = calloc(1, sizeof(*run->fs));
	if (!run->fs)
		return error_oom(err);
	r = tracefs_init(run->fs, options, err);
	if (r < 0)
		return r;
	run->manifest_is_new = stat(options->manifest, &st) < 0 && errno == ENOENT;
	return manifest_open(options->manifest, MANIFEST_CREATE, &run->manifest, err);
}

/* The mount. */

/* What fusermount3 has to know, if it is it who mounts. nosuid and nodev it sees to by itself. */
static int helper_options(const struct run *run, bool allow_other, char **list)
{
	const struct options *options = run->options;
	const struct {
		bool wanted;
		const char *name;
	} wishes[] = {
		{true, "subtype=tracefs"},
		{allow_other, "allow_other"},
		{options->read_only, "ro"},
		{options->noexec, "noexec"},
		{options->noatime, "noatime"},
		{options->sync, "sync"},
		{run->fs->permissions, "default_permissions"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (wishes[i].wanted)
			r = fuse_opt_add_opt(list, wishes[i].name);
	return r;
}

static int session_new(struct run *run, bool helper, bool allow_other, struct error *err)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	_cleanup_(freep) char *list = NULL;
	struct fuse_lowlevel_ops ops;
	int r;

	tracefs_operations(run->fs, &ops);
	r = fuse_opt_add_arg(&args, "tracefs");
	if (r == 0 && helper)
		r = helper_options(run, allow_other, &list);
	if (r == 0 && helper)
		r = fuse_opt_add_arg(&args, "-o");
	if (r == 0 && helper)
		r = fuse_opt_add_arg(&args, list);
	if (r == 0 && log_level_now() >= LOG_DEBUG)
		r = fuse_opt_add_arg(&args, "-d");
	if (r == 0)
		run->session = fuse_session_new(&args, &ops, sizeof(ops), run->fs);
	fuse_opt_free_args(&args);
	return run->session ? 0 : error_set(err, -EIO, "cannot start libfuse");
}

static int fuse_mount(struct run *run, struct error *err)
{
	bool helper = !mount_privileged();
	bool allow_other = run->options->allow_other || (!helper && !run->options->only_me);
	int r;

	run->fs->permissions = allow_other && !run->options->scratch;
	run->fs->own_credentials = geteuid() == 0 && !run->fs->read_only;
	r = session_new(run, helper, allow_other, err);
	if (r < 0)
		return r;
	if (helper)
		return mount_open_by_helper(&run->mount, run->options, run->fs->source.path,
					    run->session, err);
	return mount_open(&run->mount, run->options, run->fs->source.path, run->fs->permissions,
			  allow_other, err);
}

static int start_transport(struct run *run, struct error *err)
{
	struct backing *backing = &run->fs->backing;
	int r;

	backing->wanted = run->options->passthrough != PASSTHROUGH_OFF && mount_is_root_of_all();
	/* one level for us, and one for an overlay above; alone, the source may be stacked too */
	backing->depth = run->options->scratch || run->options->kind == KIND_PROD ? 1 : 2;
	r = transport_init(&run->transport, run->session, run->mount.fuse_fd, backing, err);
	if (r < 0)
		return r;
	run->transport_ready = true;
	run->transport.max_threads = run->options->threads;
	run->transport.own_fs_attributes = !run->fs->read_only;
	run->transport.uring_wanted = run->options->transport != TRANSPORT_DEV;
	run->transport.is_quick = tracefs_is_quick;
	run->transport.userdata = run->fs;
	return transport_start(&run->transport, err);
}

static void warn(const char *message)
{
	log_warning("%s; what is traced goes on, what is recorded may be incomplete", message);
}

static int begin_session(struct run *run, struct error *err)
{
	const struct options *options = run->options;
	struct session_start start = {
		.label = options->label ? options->label : default_label(run->fs->source.path),
		.kind = options->kind == KIND_PROD ? SESSION_PROD : SESSION_TEST,
		.mode = options->mode == MODE_FIRST ? SESSION_FIRST : SESSION_EVERY,
		.exact = options->mode == MODE_EVERY && options->attr_timeout_ms == 0 &&
			 !run->fs->permissions && run->fs->backing.offered,
		.source = run->fs->source.path,
		.uid = -1,
		.gid = -1,
		.tool = "tracefs " PACKAGE_VERSION};
	int r;

	r = recorder_open(&run->recorder, run->manifest, &run->fs->aggregator, &start,
			  options->flush_ms, err);
	if (r < 0)
		return r;
	run->manifest = NULL;
	run->recorder_open = true;
	run->recorder.warn = warn;
	return recorder_start(&run->recorder, err);
}

/* What was insisted on must be there. INIT is answered by now, or soon. */
static int check_transport(struct run *run, struct error *err)
{
	const struct options *options = run->options;

	if (options->passthrough != PASSTHROUGH_ON && options->transport != TRANSPORT_URING)
		return 0;
	if (transport_wait(&run->transport) < 0)
		return error_set(err, -EIO, "the kernel does not speak to us");
	if (options->passthrough == PASSTHROUGH_ON && !run->fs->backing.offered)
		return error_set(err, -EOPNOTSUPP, "passthrough=on, but the kernel does not offer "
						   "it here; leave it at auto");
	if (options->transport == TRANSPORT_URING && !run->transport.uring_used)
		return error_set(err, -EOPNOTSUPP,
				 "transport=uring, but the kernel does not offer it: it needs Linux "
				 "6.14 and /sys/module/fuse/parameters/enable_uring set to Y");
	return 0;
}

/*
 * Our clone of the source is the better thing to walk: what is mounted inside it, perhaps a server
 * that does not answer, is not there. Only where other disks belong to it the host's view is needed.
 */
static int start_catalog(struct run *run, struct error *err)
{
	const struct source *source = &run->fs->source;
	const char *root = source->path;

	if (source->cloned && source->mounts.count == 0) {
		snprintf(run->catalog_root, sizeof(run->catalog_root), "/proc/self/fd/%d/.",
			 source->fd);
		root = run->catalog_root;
	}
	return cataloguer_start(&run->cataloguer, run->options->manifest, root, run->options->xdev,
				err);
}

int run_mount(struct run *run, struct error *err)
{
	struct error control = ERROR_INIT;
	int r;

	r = fuse_mount(run, err);
	if (r < 0)
		return r;
	r = start_transport(run, err);
	if (r < 0)
		return r;
	r = mount_stack(&run->mount, run->fs->source.fd, err);
	if (r < 0)
		return r;
	r = check_transport(run, err);
	if (r == 0)
		r = begin_session(run, err);
	if (r < 0)
		return r;
	__atomic_store_n(&run->fs->recording, true, __ATOMIC_RELEASE);
	r = mount_attach(&run->mount, err);
	if (r < 0)
		return r;
	watcher_tell(&run->watcher, run->mount.id, run->mount.dev);
	if (!run->options->no_catalog)
		r = start_catalog(run, err);
	if (r == 0 && control_open(&run->control, run->mount.mountpoint, &control) < 0)
		log_warning("%s: --mark, --flush, --status and --unmount will not work",
			    control.message);
	if (r == 0)
		say_ready(run);
	return r;
}

/* The middle. */

enum happening { NOTHING, ENDED, SIGNAL, QUESTION, MOUNTS };

/* What comes first: the kernel ends it, a signal, a question, a mount somewhere; or nothing in that time. */
static enum happening wait_event(struct run *run, int timeout_ms)
{
	struct pollfd fds[] = {{.fd = run->transport.ended_fd, .events = POLLIN},
			       {.fd = run->signal_fd, .events = POLLIN},
			       {.fd = run->control.fd, .events = POLLIN},
			       {.fd = run->mounts_fd, .events = POLLPRI}};
	struct signalfd_siginfo info;
	int r;

	do
		r = poll(fds, 4, timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return NOTHING;
	if (fds[0].revents)
		return ENDED;
	if (fds[1].revents && read(run->signal_fd, &info, sizeof(info)) > 0)
		return SIGNAL;
	if (fds[2].revents)
		return QUESTION;
	return fds[3].revents ? MOUNTS : NOTHING;
}

static void answer(struct run *run, const char *question, int fd)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;
	int r = 0;

	if (strncmp(question, "mark ", 5) == 0)
		r = recorder_mark(&run->recorder, question + 5, &err);
	else if (strcmp(question, "flush") == 0)
		r = recorder_flush(&run->recorder, &err);
	else if (strcmp(question, "status") == 0)
		status_write(run, false, &text);
	else if (strcmp(question, "status json") == 0)
		status_write(run, true, &text);
	else
		r = error_set(&err, -EINVAL, "what is '%.40s'?", question);
	if (r == 0 && text_failed(&text))
		r = error_oom(&err);
	control_answer(fd, r == 0, r < 0 ? err.message : text.bytes);
}

/* True when it was to unmount; the answer has to wait then. */
static bool take_question(struct run *run)
{
	_cleanup_(text_release) struct text question = TEXT_INIT;
	int fd;

	if (control_accept(&run->control, &question, &fd) < 0)
		return false;
	if (strcmp(question.bytes, "unmount") != 0) {
		answer(run, question.bytes, fd);
		return false;
	}
	run->goodbye_fd = fd;
	return true;
}

/*
 * umount(8) took it away from here, and the kernel does not end it: there is somebody inside, or a
 * copy of it in another mount namespace, which does not count when nobody uses it.
 */
static bool is_abandoned(struct run *run)
{
	if (presence_used(run->mount.dev))
		return false;
	log_debug("%s is left in other mount namespaces, and nobody uses it",
		  run->options->mountpoint);
	run->abandoned = true;
	return true;
}

void run_serve(struct run *run)
{
	bool unmounted = false;

	run->mounts_fd = presence_open();
	for (;;) {
		bool already = unmounted;

		switch (wait_event(run, unmounted ? LOOK_MS : -1)) {
		case ENDED:
		case SIGNAL:
			return;
		case QUESTION:
			if (take_question(run))
				return;
			break;
		case MOUNTS:
			unmounted = !presence_mounted(run->mount.dev);
			break;
		case NOTHING:
			break;
		}
		if (already && unmounted && is_abandoned(run))
			return;
	}
}

/* The end. */

/* A manifest that was made for a mount that did not come to be. */
static void manifest_remove(const char *path)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	char name[4200];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, parts[i]);
		unlink(name);
	}
}

/* Nobody sees it any more: until the kernel is done with it, or its users have had their time. */
static void wait_for_users(struct run *run, int patience_ms)
{
	struct pollfd fds[] = {{.fd = run->transport.ended_fd, .events = POLLIN},
			       {.fd = run->signal_fd, .events = POLLIN}};

	for (int ms = 0; ms < patience_ms; ms += LOOK_MS)
		if (poll(fds, 2, LOOK_MS) > 0 || !presence_used(run->mount.dev))
			return;
	log_warning("%s is unmounted while it is in use: its users lose it now",
		    run->options->mountpoint);
}

static void stop_serving(struct run *run)
{
	bool busy;

	if (run->stopped)
		return;
	run->stopped = true;
	control_release(&run->control);
	busy = mount_detach(&run->mount, run->session);
	if (run->transport_ready && !run->mount.by_helper && run->recorder_open && !run->abandoned)
		wait_for_users(run, busy ? GRACE_MS : FORGET_MS);
	if (run->transport_ready)
		transport_stop(&run->transport);
}

/* A long walk over a cold disk is given up, by itself or by a second signal. */
static void wait_for_catalog(struct run *run)
{
	struct pollfd signal_fd = {.fd = run->signal_fd, .events = POLLIN};

	for (int ms = 0; !cataloguer_is_done(&run->cataloguer); ms += 50) {
		if (ms == 1000)
			log_note("waiting for the catalog of %s; interrupt to go without",
				 run->fs->source.path);
		if (poll(&signal_fd, 1, 50) > 0 || ms >= CATALOG_MS) {
			log_note("the catalog of %s is given up: what is left out cannot be told",
				 run->fs->source.path);
			cataloguer_cancel(&run->cataloguer);
			return;
		}
	}
}

int run_finish(struct run *run, struct recorder_summary *ret_summary, struct error *err)
{
	struct error catalog = ERROR_INIT;
	int r, cataloged;

	stop_serving(run);
	wait_for_catalog(run);
	cataloged = cataloguer_finish(&run->cataloguer, &catalog);
	r = recorder_stop(&run->recorder, ret_summary, err);
	if (cataloged == -ECANCELED)
		cataloged = 0;
	if (cataloged < 0)
		log_warning("%s", catalog.message);
	if (r == 0 && run->recorder.spoilt)
		r = error_set(err, -EIO, "the session is not whole: %s",
			      run->recorder.problem ? run->recorder.problem
						    : "operations were dropped");
	return r < 0 ? r : cataloged;
}

void run_release(struct run *run, bool good, const char *last_words)
{
	stop_serving(run);
	if (run->session)
		fuse_session_destroy(run->session);
	mount_release(&run->mount);
	if (run->transport_ready)
		transport_release(&run->transport);
	cataloguer_cancel(&run->cataloguer);
	cataloguer_finish(&run->cataloguer, NULL);
	if (run->recorder_open)
		recorder_release(&run->recorder);
	manifest_close(run->manifest);
	if (run->manifest_is_new && !run->recorder_open)
		manifest_remove(run->options->manifest);
	if (run->fs) {
		tracefs_release(run->fs);
		free(run->fs);
	}
	if (!manifest_lost()) /* or it marks the session, which we cannot, when we are gone */
		watcher_stop(&run->watcher);
	closep(&run->signal_fd);
	closep(&run->ready_fd);
	closep(&run->mounts_fd);
	if (run->goodbye_fd >= 0)
		control_answer(run->goodbye_fd, good, last_words);
}
