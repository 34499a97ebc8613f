// SPDX-License-Identifier: BSD-2-Clause
/* tracepack merge: the sessions of several manifests in one. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "db/merge.h"
#include "db/settle.h"
#include "pack/package/bundle.h"

struct merging {
	const char *into_path;
	struct manifest *into;
	bool as_json;
	json_t *json; /* an array, one object for each IN; or NULL */
};

static void add_things(struct text *line, uint64_t count, const char *one, const char *many)
{
	text_add(line, line->size ? ", " : "");
	text_add_count(line, count);
	text_printf(line, " %s", count == 1 ? one : many);
}

static void say_counts(const char *path, const struct merge_counts *counts)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;

	if (counts->sessions) {
		add_things(&line, counts->sessions, "session", "sessions");
		add_things(&line, counts->entries, "new path", "new paths");
		add_things(&line, counts->accesses, "access", "accesses");
	}
	if (counts->catalog)
		add_things(&line, counts->catalog, "path of the source", "paths of the source");
	if (counts->known)
		add_things(&line, counts->known, "session known already", "sessions known already");
	if (log_level_now() >= LOG_NORMAL)
		printf("%s: %s\n", path, line.size ? line.bytes : "nothing to add");
}

static void warn_of(const char *into, const char *path, const struct merge_counts *counts)
{
	if (counts->running)
		log_warning("%s: %llu of its sessions still run and were not added; merge again when "
			    "they have ended",
			    path, (unsigned long long)counts->running);
	if (counts->catalog_differs)
		log_warning("%s was traced on another source than %s: its list of what the source "
			    "holds was not taken",
			    path, into);
}

static json_t *counts_json(const char *path, const struct merge_counts *counts)
{
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "manifest",
			 json_path(path), "sessions", (json_int_t)counts->sessions, "known",
			 (json_int_t)counts->known, "running", (json_int_t)counts->running, "paths",
			 (json_int_t)counts->entries, "accesses", (json_int_t)counts->accesses,
			 "events", (json_int_t)counts->events, "catalog",
			 (json_int_t)counts->catalog, "catalog_differs", counts->catalog_differs);
}

static void remove_temporary(char **path)
{
	if (*path)
		unlink(*path);
	free(*path);
}

static int merge_one(struct merging *merging, const char *path, struct error *err)
{
	_cleanup_(remove_temporary) char *temporary = NULL;
	_cleanup_(manifest_closep) struct manifest *from = NULL;
	struct merge_counts counts;
	int r;

	r = bundle_or_manifest(path, &from, &temporary, err);
	if (r == 0)
		r = manifest_settle(from, err);
	if (r == 0)
		r = manifest_merge(merging->into, from, &counts, err);
	if (r < 0)
		return r;
	warn_of(merging->into_path, path, &counts);
	if (!merging->json)
		say_counts(path, &counts);
	else if (json_array_append_new(merging->json, counts_json(path, &counts)) < 0)
		return error_oom(err);
	return 0;
}

/* Before anything is written: can all of them be read? */
static int check_all(char **paths, int count, struct error *err)
{
	for (int i = 0; i < count; i++) {
		_cleanup_(manifest_closep) struct manifest *manifest = NULL;
		int r = bundle_or_manifest(paths[i], &manifest, NULL, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int merge_all(struct merging *merging, char **paths, int count, struct error *err)
{
	bool is_new = access(merging->into_path, F_OK) < 0 && errno == ENOENT;
	int r;

	r = check_all(paths, count, err);
	if (r == 0)
		r = manifest_open(merging->into_path, MANIFEST_CREATE, &merging->into, err);
	if (r < 0)
		return r;
	for (int i = 0; i < count && r == 0; i++)
		r = merge_one(merging, paths[i], err);
	manifest_close(take(merging->into));
	if (r < 0 && is_new)
		unlink(merging->into_path);
	if (r == 0 && merging->json)
		r = json_print(json_incref(merging->json), err);
	return r;
}

static const struct command_option command_options[] = {
	{0, "json", NULL, "say what came in as JSON", OPTION_FLAG(struct merging, as_json)},
	{'q', "quiet", NULL, "errors and warnings only", OPTION_WHOLE(option_quiet)},
	{0},
};

static int merge_command(int argc, char **argv)
{
	struct merging merging = {0};
	struct error err = ERROR_INIT;
	int code, r;

	if (!command_parse(&command_merge, argc, argv, &merging, &code))
		return code;
	if (argc - optind < 2)
		return command_misused(&command_merge, argc == optind
							       ? "where to (OUT), and what (IN)?"
							       : "what is to be merged (IN)?");
	merging.into_path = argv[optind];
	merging.json = merging.as_json ? json_array() : NULL;
	r = merge_all(&merging, argv + optind + 1, argc - optind - 1, &err);
	json_decref(merging.json);
	if (r < 0) {
		log_error("merge: %s", err.message);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

const struct command command_merge = {
	.name = "merge",
	.summary = "add the sessions of manifests to another",
	.operands = "OUT IN…",
	.about = "Add the sessions of the manifests IN to the manifest OUT, which is made if it is not there.\n"
		 "A session that is in OUT already is not added again.",
	.options = command_options,
	.function = merge_command,
};
