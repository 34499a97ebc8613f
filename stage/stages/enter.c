// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "stage/container/cgroup.h"
#include "stage/container/container.h"
#include "stage/container/terminal.h"
#include "stage/layer/dev.h"
#include "stage/layer/visit.h"
#include "stage/mount/mount.h"
#include "stage/mount/namespace.h"
#include "stage/mount/own.h"
#include "stage/stages/company.h"
#include "stage/state/claim.h"
#include "stage/state/event.h"

struct entering {
	const struct spec *spec;
	const char *dir;   /* of the state */
	const char *root;  /* where its root is mounted */
	const char *work;  /* an empty directory for what the container needs */
	const char *cache; /* of compiled filters */
	char container[128];
};

/* ---- inside: in the namespaces that end with us ---- */

static int mount_work(const struct entering *entering, struct error *err)
{
	const char *const keep[] = {entering->dir, NULL};
	_cleanup_(closep) int mount = -1;
	int r = namespace_trim(keep, err);

	if (r == 0)
		r = mount_tmpfs(0700, 0, &mount, err);
	return r < 0 ? r : mount_attach(mount, AT_FDCWD, entering->work, err);
}

static int inside(void *data)
{
	const struct entering *entering = data;
	_cleanup_(container_releasep) struct container *container = NULL;
	const struct container_request request = {
		.spec = entering->spec,
		.root = entering->root,
		.name = entering->container,
		.work = entering->work,
		.cache = entering->cache,
		/* it is for building: installing packages wants set-id programs to work */
		.set_id = true,
		.input = STDIN_FILENO,
		.output = STDOUT_FILENO,
		.errors = STDERR_FILENO,
	};
	struct error err = ERROR_INIT;
	int status = COMPANY_OURS, r;

	signal(SIGPIPE, SIG_IGN);
	r = mount_work(entering, &err);
	if (r == 0) {
		r = container_prepare(&request, &container, &err);
		status = r < 0 ? company_status(r) : status;
	}
	if (r == 0)
		r = company_keep(container, entering->spec->terminal, &status, &err);
	if (r < 0)
		log_error("%s", err.message);
	return status;
}

/* ---- outside ---- */

static int words_of(const struct spec *spec, char **ret_words, struct error *err)
{
	struct text text = TEXT_INIT;

	for (size_t i = 0; i < spec->args.count; i++)
		text_printf(&text, "%s%s", i ? " " : "", spec->args.items[i]);
	*ret_words = text_take(&text);
	return *ret_words ? 0 : error_oom(err);
}

/* Under its claim: the root mounted, and others told that they may join. */
static int go_in(struct state *state, const char *name, const char *words, int *ret_lock,
		 char **ret_root, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	char object[160];
	int r = dev_must_exist(state, name, NULL, err);

	snprintf(object, sizeof(object), "dev/%.100s", name);
	if (r == 0)
		r = claim_take(state, object, &claim, err);
	if (r == 0)
		r = dev_settle(state, name, err);
	if (r == 0)
		r = dev_must_exist(state, name, &dev, err);
	if (r == 0)
		r = own_mounts_begin(err);
	if (r == 0)
		r = visit_mount(state, &dev, ret_lock, ret_root, err);
	if (r == 0)
		r = visit_note(state, name, words, err);
	return r < 0 ? r : event_note(state, object, err, "%s", words);
}

/* Another program's parts of the same name never meet: the number of this process is in it. */
static int prepare(struct state *state, const char *name, const struct spec *spec, const char *root,
		   struct entering *entering, char **ret_work, char **ret_cache, struct error *err)
{
	*ret_work = state_path(state, "dev/%s/run", name);
	*ret_cache = state_path(state, "cache");
	if (!*ret_work || !*ret_cache)
		return error_oom(err);
	if (mkdir(*ret_work, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", *ret_work);
	if (mkdir(*ret_cache, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", *ret_cache);
	*entering = (struct entering){
		.spec = spec, .dir = state->dir, .root = root, .work = *ret_work, .cache = *ret_cache};
	snprintf(entering->container, sizeof(entering->container), "sfc-dev-%.64s-%d", name,
		 (int)getpid());
	return 0;
}

int enter_run(struct state *state, const char *name, const struct spec *spec, const char *what,
	      int *ret_status, struct error *err)
{
	_cleanup_(freep) char *words = NULL, *root = NULL, *work = NULL, *cache = NULL;
	_cleanup_(closep) int lock = -1;
	struct entering entering;
	struct terminal terminal;
	int r = words_of(spec, &words, err);

	*ret_status = COMPANY_OURS;
	terminal_remember(&terminal);
	cgroup_settle(false);
	if (r == 0)
		r = cgroup_begin(spec, err);
	if (r >= 0)
		r = go_in(state, name, what ? what : words, &lock, &root, err);
	if (r == 0)
		r = prepare(state, name, spec, root, &entering, &work, &cache, err);
	if (r == 0)
		r = namespace_run(NAMESPACE_PROCESSES, inside, &entering, ret_status, err);
	/* its own, or of who was with it */
	if (r == 0 && *ret_status == 128 + SIGKILL)
		cgroup_forget(entering.container);
	terminal_restore(&terminal);
	/* a row that stays is of a process that is gone */
	if (lock >= 0)
		visit_end(state, name, NULL);
	return r;
}
