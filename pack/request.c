// SPDX-License-Identifier: BSD-2-Clause
#include "pack/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "pack/ecosystem.h"

enum { WAIT_MS = 3000, WAIT_STEP_MS = 20 };

void request_init(struct request *request)
{
	*request = (struct request){.selection = SELECTION_INIT, .launch = LAUNCH_INIT};
}

void request_release(struct request *request)
{
	closure_free(request->closure);
	source_close(request->source);
	launch_release(&request->launch);
	selection_release(&request->selection);
	manifest_close(request->manifest);
	rules_release(&request->rules);
	array_release(&request->only);
	array_release(&request->without);
}

/* The index of a word in a list that ends with NULL. */
static int choose(const char *const *words, const char *word, const char *option, int *ret_index,
		  struct error *err)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0) {
			*ret_index = i;
			return 0;
		}
	return error_set(err, -EINVAL, "--%s does not know '%s'", option, word);
}

static int take_policy(struct request *request, int option, const char *value, struct error *err)
{
	static const char *const stat_only[] = {"whole", "hole", "omit", NULL};
	static const char *const listed[] = {"none", "stub", "full", NULL};
	int index = 0, r;

	if (option == OPTION_NO_ECOSYSTEM) {
		unsigned int bit = ecosystem_bit(value);

		if (!bit)
			return error_set(err, -EINVAL, "there is no ecosystem '%s'", value);
		request->options.ecosystems_off |= bit;
		return 0;
	}
	if (option == OPTION_STAT_ONLY) {
		r = choose(stat_only, value, "stat-only", &index, err);
		if (r == 0)
			request->options.stat_only = (enum stat_only)index;
		return r;
	}
	r = choose(listed, value, "listed", &index, err);
	if (r == 0)
		request->options.listed = (enum listed)index;
	return r;
}

int request_option(struct request *request, int option, const char *value, struct error *err)
{
	switch (option) {
	case 's':
		request->source_path = value;
		return 0;
	case OPTION_INCLUDE:
		return rules_add(&request->rules, RULE_INCLUDE, value, err);
	case OPTION_EXCLUDE:
		return rules_add(&request->rules, RULE_EXCLUDE, value, err);
	case OPTION_RULES:
		return rules_read(&request->rules, value, err);
	case OPTION_ONLY:
		return array_push(&request->only, value) < 0 ? error_oom(err) : 0;
	case OPTION_WITHOUT:
		return array_push(&request->without, value) < 0 ? error_oom(err) : 0;
	case OPTION_ALLOW_INTERRUPTED:
		request->allow_interrupted = true;
		return 0;
	case OPTION_ALLOW_CHANGED:
		request->options.allow_changed = true;
		return 0;
	case OPTION_ALLOW_SECRETS:
		request->options.allow_secrets = true;
		return 0;
	case OPTION_STAT_ONLY:
	case OPTION_LISTED:
	case OPTION_NO_ECOSYSTEM:
		return take_policy(request, option, value, err);
	default:
		return -ENOSYS;
	}
}

/*
 * umount(8) returns before tracefs has written its last batch: who builds right after it meets a
 * session that is about to end, and waits for it.
 */
static int read_selection(struct request *request, const struct selection_filter *filter,
			  struct error *err)
{
	const struct timespec pause = {.tv_nsec = WAIT_STEP_MS * 1000000L};
	int r, waited_ms = 0;

	while ((r = selection_from_sessions(request->manifest, filter, &request->selection, err)) ==
		       -EBUSY &&
	       waited_ms < WAIT_MS) {
		nanosleep(&pause, NULL);
		waited_ms += WAIT_STEP_MS;
	}
	return r;
}

int request_open(struct request *request, struct error *err)
{
	const struct session_list *sessions = &request->selection.sessions;
	struct selection_filter filter = {
		.only = request->only.items,
		.only_count = request->only.count,
		.without = request->without.items,
		.without_count = request->without.count,
		.allow_interrupted = request->allow_interrupted,
	};
	int r;

	r = manifest_open(request->manifest_path, MANIFEST_READ, &request->manifest, err);
	if (r == 0)
		r = read_selection(request, &filter, err);
	if (r < 0)
		return r;
	if (!request->source_path)
		request->source_path = sessions->items[sessions->count - 1].source;
	for (size_t i = sessions->count; i-- > 0;)
		if (sessions->items[i].command && sessions->items[i].kind == SESSION_TEST) {
			r = launch_from_session(&request->launch, &sessions->items[i], err);
			break;
		}
	return r < 0 ? r : source_open(request->source_path, &request->source, err);
}

/* Scanners ask for it, programs rarely do. */
static int add_identity(struct closure *closure, struct error *err)
{
	static const char *const paths[] = {"/etc/os-release", "/usr/lib/os-release"};
	struct reason reason = {.kind = REASON_ECOSYSTEM, .detail = "os-release"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int r = closure_add(closure, paths[i], CLOSURE_CONTENTS, &reason, -1, NULL, err);

		if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -ELOOP)
			return r;
	}
	return 0;
}

int request_compute(struct request *request, struct error *err)
{
	int r;

	request->options.rules = &request->rules;
	request->options.library_path = launch_env(&request->launch, "LD_LIBRARY_PATH");
	request->options.search_path = launch_env(&request->launch, "PATH");
	r = closure_new(request->source, &request->options, &request->closure, err);
	if (r == 0)
		r = closure_add_selection(request->closure, &request->selection, err);
	if (r == 0 && request->identity)
		r = add_identity(request->closure, err);
	return r < 0 ? r : closure_compute(request->closure, err);
}

int request_check_rules(struct request *request, struct error *err)
{
	for (size_t i = 0; i < request->rules.count; i++) {
		const struct rule *rule = &request->rules.items[i];

		if (!rule->matched && closure_warn(request->closure, "%s: the rule '%s' matches nothing",
						   rule->where, rule->text) < 0)
			return error_oom(err);
	}
	return 0;
}
