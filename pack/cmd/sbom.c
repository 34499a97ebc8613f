// SPDX-License-Identifier: BSD-2-Clause
/* tracepack sbom: which packages a package (or a build from a manifest) holds files of. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/hash.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "pack/cmd/closure_request.h"
#include "pack/cmd/output.h"
#include "pack/distro/distribution.h"
#include "pack/distro/read.h"
#include "pack/distro/sbom.h"
#include "pack/distro/spdx.h"
#include "pack/need/closure.h"
#include "pack/package/package.h"
#include "pack/report/inventory.h"

struct arguments {
	const char *path, *output, *name, *version;
	bool files, force, spdx;
	struct closure_request request;
};

/* What is kept, by real path; directories left aside. */
struct kept {
	const struct closure *closure; /* of a manifest, or */
	struct inventory inventory;    /* of anything else */
	const char **paths;
	size_t count;
	int64_t time; /* of it all, seconds since 1970 */
};

static bool is_kept(const char *path, void *data)
{
	const struct kept *kept = data;
	const struct closure_entry *entry;

	if (!kept->closure)
		return inventory_find(&kept->inventory, path) != NULL;
	entry = closure_find(kept->closure, path);
	return entry && closure_entry_in(entry);
}

static int list_closure(struct kept *kept, struct error *err)
{
	const struct closure *closure = kept->closure;

	kept->paths = calloc(closure->entries.count + 1, sizeof(*kept->paths));
	if (!kept->paths)
		return error_oom(err);
	for (size_t i = 0; i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];

		if (closure_entry_in(entry) && entry->file->kind != ENTRY_DIR)
			kept->paths[kept->count++] = entry->file->path;
	}
	return 0;
}

static int list_inventory(struct kept *kept, struct error *err)
{
	const struct inventory *inventory = &kept->inventory;

	kept->paths = calloc(inventory->count + 1, sizeof(*kept->paths));
	if (!kept->paths)
		return error_oom(err);
	for (size_t i = 0; i < inventory->count; i++) {
		const struct inventory_item *item = &inventory->items[i];
		int64_t time = item->found.mtime_ns / 1000000000;

		if (item->found.kind == ENTRY_DIR)
			continue;
		kept->paths[kept->count++] = item->path;
		if (time > kept->time)
			kept->time = time;
	}
	return 0;
}

static int load(struct arguments *args, struct kept *kept, struct error *err)
{
	struct closure_request *request = &args->request;
	int r;

	if (inventory_kind_of(args->path) == INVENTORY_MANIFEST) {
		request->manifest_path = args->path;
		r = closure_request_open(request, err);
		if (r == 0)
			r = closure_request_compute(request, err);
		if (r < 0)
			return r;
		kept->closure = request->closure;
		kept->time = package_time(&request->selection);
		return list_closure(kept, err);
	}
	r = inventory_load(args->path, INVENTORY_NEEDED, &kept->inventory, err);
	return r < 0 ? r : list_inventory(kept, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Take out of the kept paths those that a package has; what is left has no owner. */
static int take_out_owned(const struct distribution *distribution, struct kept *kept,
			  struct error *err)
{
	_cleanup_(freep) bool *owned = calloc(kept->count + 1, sizeof(*owned));
	size_t left = 0;

	if (!owned)
		return error_oom(err);
	sort_items(kept->paths, kept->count, sizeof(*kept->paths), by_name);
	for (size_t i = 0; i < distribution->count; i++)
		for (size_t j = 0; j < distribution->items[i].file_count; j++) {
			const struct packaged_file *packaged = &distribution->items[i].files[j];
			const char *path, **found;

			if (!packaged->kept || packaged->is_directory || !kept->count)
				continue;
			path = packaged->file->path;
			found = bsearch(&path, kept->paths, kept->count, sizeof(*kept->paths), by_name);
			if (found)
				owned[found - kept->paths] = true;
		}
	for (size_t i = 0; i < kept->count; i++)
		if (!owned[i])
			kept->paths[left++] = kept->paths[i];
	kept->count = left;
	return 0;
}

/* The one that was put into the package when it was made. */
static int print_carried(const struct arguments *args, const struct kept *kept, json_t **ret_json,
			 struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	json_error_t problem;
	int r;

	r = inventory_extra(&kept->inventory, "/sfc/sbom.json", 256 * 1024 * 1024, &text, err);
	if (r == -ENOENT)
		return error_set(err, r, "'%s' carries no bill of materials: name the source it was "
				 "made from (-s)", args->path);
	if (r < 0)
		return r;
	*ret_json = json_loads(text.bytes, JSON_REJECT_DUPLICATES, &problem);
	return *ret_json ? 0
			 : error_set(err, -EINVAL, "'%s' has a damaged sfc/sbom.json: %s", args->path,
				     problem.text);
}

static int make(struct arguments *args, struct kept *kept, struct source *source,
		json_t **ret_json, struct error *err)
{
	_cleanup_(distribution_release) struct distribution distribution = {0};
	_cleanup_(freep) char *name = NULL;
	struct sbom_subject subject = {.version = args->version, .time = kept->time,
				       .files = kept->count};
	int r;

	r = distribution_read(source, &distribution, err);
	if (r < 0)
		return r;
	distribution_mark(&distribution, is_kept, kept);
	r = take_out_owned(&distribution, kept, err);
	if (r < 0)
		return r;
	if (distribution.unread)
		log_warning("the packages of %s in '%s' are not listed: %s", distribution.unread,
			    source_path(source), distribution.because);
	name = path_canonicalize(args->path);
	if (!name)
		return error_oom(err);
	subject.name = args->name ? args->name : path_name(name);
	subject.unowned = args->files ? kept->paths : NULL;
	subject.unowned_count = kept->count;
	*ret_json = sbom_json(&distribution, &subject);
	return *ret_json ? 0 : error_oom(err);
}

static int run(struct arguments *args, struct kept *kept, struct error *err)
{
	_cleanup_(source_closep) struct source *opened = NULL;
	struct source *source;
	json_auto_t *json = NULL, *spdx = NULL;
	int r;

	r = output_check(args->output, args->force, err);
	if (r == 0)
		r = load(args, kept, err);
	if (r < 0)
		return r;
	if (!kept->closure && !args->request.source_path) {
		r = print_carried(args, kept, &json, err);
	} else {
		if (!kept->closure)
			r = source_open(args->request.source_path, &opened, err);
		source = kept->closure ? args->request.source : opened;
		if (r == 0)
			r = make(args, kept, source, &json, err);
	}
	if (r < 0 || !args->spdx)
		return r < 0 ? r : output_json(args->output, args->force, json, err);
	spdx = spdx_json(json);
	return spdx ? output_json(args->output, args->force, spdx, err) : error_oom(err);
}

static int take_format(void *target, const char *value, struct error *err)
{
	bool *spdx = target;

	(void)err;
	*spdx = strcmp(value, "spdx") == 0;
	return *spdx || strcmp(value, "cyclonedx") == 0 ? 0 : -EINVAL;
}

static const struct command_option command_options[] = {
	{'o', "output", "FILE", "where to write (default: standard output)",
	 OPTION_STRING(struct arguments, output)},
	OUTPUT_FORCE(struct arguments, force),
	{0, "format", "cyclonedx|spdx", "CycloneDX 1.5 (default) or SPDX 2.3, both JSON",
	 OPTION_CALL(take_format, struct arguments, spdx)},
	{0, "files", NULL, "list the files that are of no package, too",
	 OPTION_FLAG(struct arguments, files)},
	{0, "name", "NAME", NULL, OPTION_STRING(struct arguments, name)},
	{0, "version", "VERSION", "of what is described (default: from WHAT)",
	 OPTION_STRING(struct arguments, version)},
	{OPTION_TABLE(closure_request_options, struct arguments, request)},
	{'q', "quiet", NULL, "warnings and errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

static int sbom_command(int argc, char **argv)
{
	struct arguments args = {0};
	struct kept kept = {.inventory = INVENTORY_INIT};
	struct error err = ERROR_INIT;
	int code;

	closure_request_init(&args.request);
	if (!command_parse(&command_sbom, argc, argv, &args, &code))
		goto out;
	if (argc - optind != 1) {
		code = command_misused(&command_sbom, argc == optind
							      ? "of what? (a package or manifest)"
							      : "of one thing at a time");
		goto out;
	}
	if (args.files && args.spdx) {
		code = command_misused(&command_sbom, "--files goes with cyclonedx: of SPDX each file wants a SHA-1");
		goto out;
	}
	args.path = argv[optind];
	code = EXIT_DONE;
	if (run(&args, &kept, &err) < 0) {
		log_error("sbom: %s", err.message);
		code = EXIT_FAILED;
	}
out:
	free(kept.paths);
	inventory_release(&kept.inventory);
	closure_request_release(&args.request);
	return code;
}

const struct command command_sbom = {
	.name = "sbom",
	.summary = "a bill of materials of a package, or of what would be packed",
	.operands = "WHAT [-s SOURCE] [OPTION]…",
	.about = "A software bill of materials, as CycloneDX or SPDX JSON, of a package, an image or a directory, or\n"
		 "of what a build from a manifest would pack.",
	.options = command_options,
	.function = sbom_command,
};
