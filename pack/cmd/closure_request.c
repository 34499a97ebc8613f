// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/closure_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/settle.h"
#include "pack/need/admission.h"
#include "pack/need/customs.h"
#include "pack/need/from_selection.h"
#include "pack/need/need.h"

void closure_request_init(struct closure_request *request)
{
	*request = (struct closure_request){.selection = SELECTION_INIT, .launch = LAUNCH_INIT};
}

void closure_request_release(struct closure_request *request)
{
	closure_free(request->closure);
	if (!request->with) {
		known_source_free(request->known);
		source_close(request->source);
	}
	launch_release(&request->launch);
	selection_release(&request->selection);
	if (!request->with)
		manifest_close(request->manifest);
	rules_release(&request->rules);
	customs_release(&request->customs);
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

static int take_stat_only(void *target, const char *value, struct error *err)
{
	static const char *const words[] = {"whole", "hole", "omit", NULL};
	enum stat_only *stat_only = target;
	int index = *stat_only, r = choose(words, value, "stat-only", &index, err);

	*stat_only = (enum stat_only)index;
	return r;
}

static int take_listed(void *target, const char *value, struct error *err)
{
	static const char *const words[] = {"none", "stub", "full", NULL};
	enum listed *listed = target;
	int index = *listed, r = choose(words, value, "listed", &index, err);

	*listed = (enum listed)index;
	return r;
}

int closure_request_read_customs(struct closure_request *request, struct error *err)
{
	int r = request->customs_read || request->with ? 0 : customs_read_installed(&request->customs, err);

	request->customs_read |= r == 0;
	return r;
}

/* A directory more; the command line is right when a file in it is not. */
static int take_customs(void *target, const char *value, struct error *err)
{
	struct closure_request *request = target;
	int r = closure_request_read_customs(request, err);

	return r < 0 ? r : customs_read(&request->customs, value, err);
}

static int take_no_ecosystem(void *target, const char *value, struct error *err)
{
	struct closure_request *request = target;
	int r = closure_request_read_customs(request, err);

	if (r == 0 && !customs_turn_off(&request->customs, value))
		r = error_set(err, -EINVAL, "there is no ecosystem '%s'", value);
	return r;
}

static int take_margin(void *target, const char *value, struct error *err)
{
	return margin_of_name(value, target)
		       ? 0
		       : error_set(err, -EINVAL,
				   "'%s' is no margin: none, own, near, module, package or depends", value);
}

static int take_include(void *target, const char *value, struct error *err)
{
	return rules_add(target, RULE_INCLUDE, value, err);
}

static int take_exclude(void *target, const char *value, struct error *err)
{
	return rules_add(target, RULE_EXCLUDE, value, err);
}

/* The command line is right when the file is not. */
static int take_rules(void *target, const char *value, struct error *err)
{
	int r = rules_read(target, value, err);

	return r == -EINVAL ? -EBADMSG : r;
}

static int take_name(void *target, const char *value, struct error *err)
{
	struct closure_request_names *names = target;

	return array_push(names, value) < 0 ? error_oom(err) : 0;
}

const struct command_option closure_request_options[] = {
	{'s', "source", "DIR", "the pristine root (default: where the last session was traced)",
	 OPTION_STRING(struct closure_request, source_path)},
	{0, "include", "GLOB", "also take what matches",
	 OPTION_CALL(take_include, struct closure_request, rules)},
	{0, "exclude", "GLOB", "leave out what matches, and what is below",
	 OPTION_CALL(take_exclude, struct closure_request, rules)},
	{0, "rules", "FILE", "rules, one a line; see tracepack-build(1)",
	 OPTION_CALL(take_rules, struct closure_request, rules)},
	{0, "only", "LABEL", "only this session (label, pattern or uuid); may be repeated",
	 OPTION_CALL(take_name, struct closure_request, only)},
	{0, "without", "LABEL", "all but this session; may be repeated",
	 OPTION_CALL(take_name, struct closure_request, without)},
	{0, "stat-only", "HOW", "files nobody opened: whole (default), hole or omit",
	 OPTION_CALL(take_stat_only, struct closure_request, options.stat_only)},
	{0, "listed", "HOW", "names in listed directories: none (default), stub or full",
	 OPTION_CALL(take_listed, struct closure_request, options.listed)},
	{0, "margin", "LEVEL",
	 "what comes along that no run used: none (default), own, near,\nmodule, package or depends",
	 OPTION_CALL(take_margin, struct closure_request, options.margin)},
	{0, "customs", "DIR", "more files of customs, or others of the same name; sfc-customs(5)",
	 OPTION_WHOLE(take_customs)},
	{0, "no-ecosystem", "NAME",
	 "leave out what goes with files of one kind by custom; 'all'",
	 OPTION_WHOLE(take_no_ecosystem)},
	{0, "allow-interrupted", NULL, "use sessions that may not be whole",
	 OPTION_FLAG(struct closure_request, allow_interrupted)},
	{0, "allow-changed", NULL, "take files that changed since they were traced",
	 OPTION_FLAG(struct closure_request, options.allow_changed)},
	{0, "allow-secrets", NULL, "take private keys, histories and the like",
	 OPTION_FLAG(struct closure_request, options.allow_secrets)},
	{0},
};

/* What was traced may have been unpacked for it alone. */
static int open_source(struct closure_request *request, struct error *err)
{
	bool recorded = request->source_path == selection_last(&request->selection.sessions)->source;
	int r = source_open(request->source_path, &request->source, err);

	return recorded && r == -ENOENT
		       ? error_set(err, r,
				   "the source '%s' is gone, as one is that was unpacked of an archive or image: say with -s "
				   "where it is, or ask the package",
				   request->source_path)
		       : r;
}

int closure_request_open(struct closure_request *request, struct error *err)
{
	const struct session_list *sessions = &request->selection.sessions;
	struct selection_filter filter = {
		.only = request->only.items,
		.only_count = request->only.count,
		.without = request->without.items,
		.without_count = request->without.count,
		.allow_interrupted = request->allow_interrupted,
		.allow_open = request->looking,
	};
	int r = 0;

	if (request->with)
		request->manifest = request->with->manifest;
	if (!request->manifest)
		r = manifest_open(request->manifest_path, MANIFEST_READ, &request->manifest, err);
	if (r == 0)
		r = request->looking ? manifest_say_open(request->manifest, err)
				     : manifest_settle(request->manifest, err);
	if (r == 0)
		r = selection_from_sessions(request->manifest, &filter, &request->selection, err);
	if (r < 0)
		return r;
	if (!request->source_path && selection_last(sessions)->source[0] != '/')
		return error_set(err, -EINVAL,
				 "the manifest is that of a package, and names no place: say with -s where "
				 "its source '%s' is",
				 selection_last(sessions)->source);
	if (!request->source_path)
		request->source_path = selection_last(sessions)->source;
	for (size_t i = sessions->count; i-- > 0;)
		if (sessions->items[i].command && sessions->items[i].kind == SESSION_TEST) {
			r = launch_from_session(&request->launch, &sessions->items[i], err);
			break;
		}
	if (r < 0 || !request->with)
		return r < 0 ? r : open_source(request, err);
	request->source = request->with->source;
	request->known = request->with->known;
	return 0;
}

int closure_request_share(struct closure_request *request, struct error *err)
{
	source_keep_lists(request->source);
	return known_source_new(request->source, launch_env(&request->launch, "LD_LIBRARY_PATH"), &request->known, err);
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

int closure_request_make(struct closure_request *request, enum margin margin,
			 struct closure **ret_closure, struct error *err)
{
	_cleanup_(closure_freep) struct closure *closure = NULL;
	struct closure_options options;
	int r = closure_request_read_customs(request, err);

	request->options.rules = &request->rules;
	request->options.customs = request->with ? &request->with->customs : &request->customs;
	request->options.known = request->known;
	request->options.library_path = launch_env(&request->launch, "LD_LIBRARY_PATH");
	request->options.search_path = launch_env(&request->launch, "PATH");
	options = request->options;
	options.margin = margin;
	if (r == 0)
		r = closure_new(request->source, &options, &closure, err);
	if (r == 0)
		r = closure_add_selection(closure, &request->selection, err);
	if (r == 0 && request->identity)
		r = add_identity(closure, err);
	if (r == 0)
		r = closure_compute(closure, err);
	if (r < 0)
		return r;
	*ret_closure = take(closure);
	return 0;
}

int closure_request_compute(struct closure_request *request, struct error *err)
{
	return closure_request_make(request, request->options.margin, &request->closure, err);
}

int closure_request_check_rules(struct closure_request *request, struct error *err)
{
	for (size_t i = 0; i < request->rules.count; i++) {
		const struct rule *rule = &request->rules.items[i];

		if (!rule->matched && closure_warn(request->closure, "%s: the rule '%s' matches nothing",
						   rule->where, rule->text) < 0)
			return error_oom(err);
	}
	return 0;
}
