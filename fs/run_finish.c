// SPDX-License-Identifier: BSD-2-Clause
/* The end of a run: users leave, the catalog and the session end, and everything is given back. */
#include "fs/run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/guard.h"
#include "fs/mount_state.h"
#include "fs/scratch_written.h"

/* After a signal, users of the mount have this long to let go of it. */
enum { GRACE_MS = 2000 };

/*
 * Who uses it in a mount namespace of their own has this long. Without users the mounts in such
 * namespaces are not waited for.
 */
enum { FORGET_MS = 10000 };

/* Unmounting waits this long for the catalog: a busy machine needs a minute for a million files. */
enum { CATALOG_MS = 600000, HURRY_MS = 3000 };

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

	for (int ms = 0; ms < patience_ms; ms += MOUNT_STATE_LOOK_MS)
		if (poll(fds, 2, MOUNT_STATE_LOOK_MS) > 0 || !mount_state_used(run->mount.dev))
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
	run->abandoned |= run->command != NULL; /* whoever used it has ended, or has nothing to end in */
	if (run->command)
		command_stop(run->command);
	busy = mount_detach(&run->mount, run->session);
	if (run->transport_ready && !run->mount.by_helper && run->recorder_open && !run->abandoned)
		wait_for_users(run, busy ? GRACE_MS : FORGET_MS);
	if (run->transport_ready)
		transport_stop(&run->transport);
}

/* Does a signal that came now want an end at once? A command's children send some that do not. */
static bool is_urgent(struct run *run)
{
	struct pollfd signal_fd = {.fd = run->signal_fd, .events = POLLIN};

	if (poll(&signal_fd, 1, 50) <= 0)
		return false;
	if (!run->command)
		return true;
	run->command->relay.asked_to_end = false;
	command_signal(run->command, run->signal_fd);
	return run->command->relay.asked_to_end;
}

/*
 * A long walk over a cold disk is given up, by itself or by a second signal; and soon where one was
 * sent that ended the command: container engines wait ten seconds and then kill.
 */
static void wait_for_catalog(struct run *run)
{
	bool hurry = run->command && run->command->relay.asked_to_end;

	for (int ms = 0; !cataloguer_is_done(&run->cataloguer); ms += 50) {
		if (ms == 1000)
			log_note("waiting for the catalog of %s; interrupt to go without",
				 run->fs->source.path);
		if (is_urgent(run) || ms >= (hurry ? HURRY_MS : CATALOG_MS)) {
			log_note("the catalog of %s is given up: what is left out cannot be told",
				 run->fs->source.path);
			cataloguer_cancel(&run->cataloguer);
			return;
		}
	}
}

/* A session without it is whole all the same: it holds all that was asked of us. */
static void note_written(struct run *run)
{
	_cleanup_(scratch_written_release) struct scratch_written written = {.records = ARRAY_INIT};
	struct error err = ERROR_INIT;
	int r = scratch_written_find(&written, run->mount.upper_fd, run->fs->source.fd);

	if (r == 0)
		r = scratch_written_note(&written, &run->recorder, &err);
	if (r < 0)
		log_warning("what was written to the scratch is not in the manifest: %s",
			    *err.message ? err.message : "out of memory");
}

int run_finish(struct run *run, struct summary *ret_summary, struct error *err)
{
	struct error catalog = ERROR_INIT;
	int r, cataloged;

	stop_serving(run);
	recorder_ending(&run->recorder);
	wait_for_catalog(run);
	cataloged = cataloguer_finish(&run->cataloguer, &catalog);
	if (run->mount.upper_fd >= 0 && !run->options->above)
		note_written(run);
	r = recorder_stop(&run->recorder, ret_summary, err);
	if (cataloged == -ECANCELED)
		cataloged = 0;
	if (cataloged < 0)
		log_warning("%s", catalog.message);
	if (r == 0 && run->recorder.spoilt)
		r = error_set(err, -EIO, "the session is not whole: %s",
			      run->recorder.problem ? run->recorder.problem
			      : run->recorder.late  ? run->recorder.late
						    : "operations were dropped");
	if (r == 0 && run->recorder.late)
		log_note("the manifest is whole; some of it was written late: %s",
			 run->recorder.late);
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
	elsewhere_release(&run->ns);
	closep(&run->signal_fd);
	closep(&run->ready_fd);
	closep(&run->mounts_fd);
	if (run->goodbye_fd >= 0)
		control_answer(run->goodbye_fd, good, last_words);
}
