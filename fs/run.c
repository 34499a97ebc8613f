// SPDX-License-Identifier: BSD-2-Clause
/* The beginning of a run: manifest, mount, transport, session, and then it is seen. */
#include "fs/run.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "db/guard.h"
#include "fs/background.h"
#include "fs/mount_places.h"
#include "fs/first_opens.h"
#include "fs/operations.h"
#include "fs/overlay.h"
#include "fs/strangers.h"
#include "fs/umount_helper.h"
#include "fs/uring_refusal.h"

static int signals_block(struct run *run, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (run->command)
		relay_signals(&set);
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

/* Guarded, as all that is done with it later: its disk may fail as early as this. */
static int open_manifest(void *data, struct error *err)
{
	struct run *run = data;

	return manifest_open(run->options->manifest, MANIFEST_CREATE, &run->manifest, err);
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
	if (options->namespace)
		r = elsewhere_open(&run->ns, (pid_t)options->namespace, err);
	/* a command dies with us, and its mount with it */
	if (r == 0 && !run->command)
		r = watcher_start(&run->watcher, &run->ns, options->mountpoint, options->manifest,
				  !options->foreground, err);
	if (r < 0)
		return r;
	run->fs = calloc(1, sizeof(*run->fs));
	if (!run->fs)
		return error_oom(err);
	r = tracefs_init(run->fs, &run->ns, options, err);
	if (r == 0 && first_opens_wanted(run->fs) && first_opens_init(run->fs) < 0)
		r = error_oom(err);
	if (r < 0)
		return r;
	run->manifest_is_new = stat(options->manifest, &st) < 0 && errno == ENOENT;
	return manifest_guard(options->manifest, open_manifest, run, err);
}

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

	operations_list(run->fs, &ops);
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
	bool helper = !run->ns.pid && !mount_privileged();
	bool allow_other = run->options->allow_other || (!helper && !run->options->only_me);
	bool scratch = run->options->scratch;
	int r;

	/* below an overlay only where attributes are kept: to check them asks for them */
	run->fs->permissions = allow_other && (!scratch || run->options->mode == MODE_FIRST);
	run->fs->narrow = scratch && !run->fs->permissions;
	run->fs->own_credentials = geteuid() == 0 && !run->fs->read_only;
	r = session_new(run, helper, allow_other, err);
	if (r < 0)
		return r;
	if (helper)
		return mount_open_by_helper(&run->mount, run->options, run->fs->source.path,
					    run->session, err);
	return mount_open(&run->mount, &run->ns, run->options, run->fs->source.path,
			  run->fs->permissions, allow_other, err);
}

static int start_transport(struct run *run, struct error *err)
{
	struct backing *backing = &run->fs->backing;
	int r;

	backing->wanted = run->options->passthrough != PASSTHROUGH_OFF && strangers_none_and_root();
	/* one level for us, and one for an overlay above; alone, the source may be stacked too */
	backing->depth = run->fs->overlaid ? 1 : 2;
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
		.source = options->image ? options->image : run->fs->source.path,
		.uid = -1,
		.gid = -1,
		.tool = "tracefs " PACKAGE_VERSION};
	int r;

	if (run->command)
		command_describe(run->command, &start);
	r = recorder_open(&run->recorder, run->manifest, &run->fs->aggregator, &start,
			  options->flush_ms, options->max_manifest, err);
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
		return error_set(err, -EOPNOTSUPP, "transport=uring, but %s",
				 uring_refusal(run->transport.uring_error));
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

/* Inside of containers nobody could come to the socket, and it would be left behind in them. */
static void open_control(struct run *run)
{
	struct error err = ERROR_INIT;

	if (run->options->in_place || control_open(&run->control, run->mount.dev, &err) == 0)
		return;
	log_warning("%s: --mark, --flush, --status and --unmount will not work", err.message);
}

/* umount(8) knows plain mounts by their type, and others only where mount(8) was told. */
static void tell_umount(const struct run *run)
{
	char source[OVERLAY_SOURCE_SIZE];

	if (!run->options->by_mount8 || !run->options->scratch || geteuid() != 0)
		return;
	overlay_source(source);
	umount_helper_note(source, run->options->mountpoint);
}

/* By a command in its own namespace, or by all at the mount point. */
static int be_seen(struct run *run, struct error *err)
{
	int r = run->command ? mount_give(&run->mount, err) : mount_attach(&run->mount, err);

	if (r == 0 && !run->command)
		watcher_tell(&run->watcher, run->mount.id, run->mount.dev);
	return r;
}

/* A mount that the kernel has ended before anybody saw it is none. */
static int check_alive(struct run *run, struct error *err)
{
	struct pollfd ended = {.fd = run->transport.ended_fd, .events = POLLIN};

	return poll(&ended, 1, 0) > 0 ? error_set(err, -ENOTCONN, "the kernel ended the connection before "
								  "the mount was ready")
				      : 0;
}

int run_mount(struct run *run, struct error *err)
{
	bool opens_once = run->fs->nodes.second;
	int r;

	r = fuse_mount(run, err);
	if (r < 0)
		return r;
	r = start_transport(run, err);
	if (r < 0)
		return r;
	r = mount_stack(&run->mount, run->fs->source.fd, &opens_once, err);
	if (r == 0 && run->command)
		r = command_enter(run->command, run->mount.mount_fd, err);
	if (r < 0)
		return r;
	__atomic_store_n(&run->fs->opens_once, opens_once, __ATOMIC_RELAXED);
	r = check_transport(run, err);
	if (r == 0)
		r = begin_session(run, err);
	if (r < 0)
		return r;
	__atomic_store_n(&run->fs->recording, true, __ATOMIC_RELEASE);
	if (run->options->in_place)
		mount_places_note(run->fs);
	r = be_seen(run, err);
	if (r < 0)
		return r;
	open_control(run);
	r = check_alive(run, err);
	if (r == 0 && !run->options->no_catalog)
		r = start_catalog(run, err);
	if (r < 0)
		return r;
	tell_umount(run);
	background_ready(&run->ready_fd);
	return run->command ? command_go(run->command, err) : 0;
}
