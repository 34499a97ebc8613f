// SPDX-License-Identifier: BSD-2-Clause
/* tracepack image: a whole directory or tar as an image. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/size.h"
#include "pack/cmd/image_arguments.h"
#include "pack/cmd/image_stats.h"
#include "pack/cmd/output.h"
#include "pack/image/image.h"
#include "pack/image/verify.h"
#include "pack/need/order.h"
#include "pack/oci/import.h"
#include "pack/source/overrides.h"
#include "pack/source/recorded.h"
#include "pack/source/scan.h"

enum { FAST_LEVEL = 6 };

struct arguments {
	const char *source, *output, *order;
	struct image_options image;
	struct overrides overrides;
	bool check, force, stats, json, one_file_system;
	char *excluded; /* our own output, when it lies below SRC; owned */
};

/* Where the tree came from; freed after it. */
struct origin {
	struct import import;
	struct scan *scan;
	int rootfd;
	struct tree *tree; /* borrowed from import, or owned when there is a scan */
};

/* --- what was asked ------------------------------------------------------------------------- */

static int take_fast(void *target, const char *value, struct error *err)
{
	(void)value;
	(void)err;
	*(int *)target = FAST_LEVEL;
	return 0;
}

static int take_memory(void *target, const char *value, struct error *err)
{
	uint64_t *memory = target;

	(void)err;
	return size_parse(value, memory) && *memory ? 0 : -EINVAL;
}

static int add_override(struct overrides *overrides, enum override_kind kind, const char *text,
			 struct error *err)
{
	int r = overrides_add(overrides, kind, text);

	return r == -ENOMEM ? error_oom(err) : r;
}

static int take_exclude(void *target, const char *value, struct error *err)
{
	return add_override(target, OVERRIDE_EXCLUDE, value, err);
}

static int take_include(void *target, const char *value, struct error *err)
{
	return add_override(target, OVERRIDE_INCLUDE, value, err);
}

static int take_all_root(void *target, const char *value, struct error *err)
{
	(void)value;
	return add_override(target, OVERRIDE_OWNER, "0:0", err);
}

static int take_owner(void *target, const char *value, struct error *err)
{
	return add_override(target, OVERRIDE_OWNER, value, err);
}

static int take_mode(void *target, const char *value, struct error *err)
{
	return add_override(target, OVERRIDE_MODE, value, err);
}

static int take_stats(void *target, const char *value, struct error *err)
{
	struct arguments *args = target;

	(void)err;
	args->stats = true;
	args->json = value && strcmp(value, "json") == 0;
	return !value || args->json ? 0 : -EINVAL;
}

static const struct command_option command_options[] = {
	{'o', "output", "FILE", "the image", OPTION_STRING(struct arguments, output)},
	OUTPUT_FORCE(struct arguments, force),
	{'l', "level", "N", "zstd level, 1 to 22, or best (19) [9]",
	 OPTION_CALL(image_argument_level, struct arguments, image.level)},
	{'b', "block", "SIZE", "4K to 1M, a power of two [128K; with --order 512K]",
	 OPTION_CALL(image_argument_block, struct arguments, image)},
	{0, "fast", NULL, "level 6, blocks of 128K",
	 OPTION_CALL(take_fast, struct arguments, image.level)},
	{0, "small", NULL, "the smallest image: blocks of 1M, own zstd parameters",
	 OPTION_FLAG(struct arguments, image.small)},
	{'j', "threads", "N", "that compress [one per processor]",
	 OPTION_CALL(image_argument_threads, struct arguments, image)},
	{0, "memory", "SIZE", "for blocks on their way [24M]",
	 OPTION_CALL(take_memory, struct arguments, image.memory)},
	{0, "order", "FILE", "paths in the order of use, or a manifest: lay the image out for it",
	 OPTION_STRING(struct arguments, order)},
	{0, "exclude", "PATTERN", "leave out what matches and all below it",
	 OPTION_CALL(take_exclude, struct arguments, overrides)},
	{0, "include", "PATTERN", "but not this; of both the first that matches decides",
	 OPTION_CALL(take_include, struct arguments, overrides)},
	{0, "one-file-system", NULL, "do not go into what is mounted below SRC",
	 OPTION_FLAG(struct arguments, one_file_system)},
	{0, "all-root", NULL, "everything belongs to 0:0",
	 OPTION_CALL(take_all_root, struct arguments, overrides)},
	{0, "owner", "[PATTERN=]UID[:GID]", "what matches belongs to these",
	 OPTION_CALL(take_owner, struct arguments, overrides)},
	{0, "mode", "[PATTERN=]MODE", "what matches gets this mode (octal)",
	 OPTION_CALL(take_mode, struct arguments, overrides)},
	{0, "time", "SECONDS", "no file is newer, and the image is of then [SOURCE_DATE_EPOCH]",
	 OPTION_CALL(image_argument_time, struct arguments, image)},
	{0, "no-dedup", NULL, "store equal files twice",
	 OPTION_FLAG(struct arguments, image.no_dedup)},
	{0, "no-xattrs", NULL, "leave extended attributes out",
	 OPTION_FLAG(struct arguments, image.no_xattrs)},
	{0, "exportable", NULL, "for NFS export and file handles",
	 OPTION_FLAG(struct arguments, image.exportable)},
	{0, "keep-going", NULL, "store what changes meanwhile as it was read, exit 1",
	 OPTION_FLAG(struct arguments, image.keep_going)},
	{'n', "dry-run", NULL, "write nothing, say how large it would be",
	 OPTION_FLAG(struct arguments, image.dry_run)},
	{0, "check", NULL, "read the image back and compare every byte",
	 OPTION_FLAG(struct arguments, check)},
	{0, "verify", NULL, "the older word for --check",
	 OPTION_FLAG(struct arguments, check)},
	{0, "stats", "[=json]", "say what was done, on standard output", OPTION_WHOLE(take_stats)},
	{'q', "quiet", NULL, "errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

static bool parse(struct arguments *args, int argc, char **argv, int *ret_code)
{
	struct error err = ERROR_INIT;
	const char *misuse;

	if (image_argument_epoch(&args->image, &err) < 0) {
		*ret_code = command_misused(&command_image, "%s", err.message);
		return false;
	}
	if (!command_parse(&command_image, argc, argv, args, ret_code))
		return false;
	misuse = argc == optind				  ? "which SRC?"
		 : argc > optind + 1			  ? "more than one SRC"
		 : !args->output && !args->image.dry_run ? "where to? (-o FILE)"
							  : NULL;
	if (misuse) {
		*ret_code = command_misused(&command_image, "%s", misuse);
		return false;
	}
	args->source = argv[optind];
	return true;
}

/* --- from the source to a tree -------------------------------------------------------------- */

/* The output itself, when it lies in the directory that is packed. */
static int find_own_output(struct arguments *args)
{
	char root[PATH_MAX], output[PATH_MAX + NAME_MAX + 2];
	const char *slash;
	size_t length;

	if (!args->output || !realpath(args->source, root))
		return 0;
	slash = strrchr(args->output, '/');
	_cleanup_(freep) char *directory =
		slash ? strndup(args->output, (size_t)(slash - args->output) + 1) : strdup(".");
	if (!directory)
		return -ENOMEM;
	if (!realpath(directory, output))
		return 0;
	strcat(output, strcmp(output, "/") == 0 ? "" : "/");
	strncat(output, slash ? slash + 1 : args->output, NAME_MAX);
	length = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (strncmp(output, root, length) != 0 || output[length] != '/')
		return 0;
	args->excluded = strdup(output + length);
	return args->excluded ? 0 : -ENOMEM;
}

static bool is_wanted(const char *path, uint32_t mode, void *data)
{
	const struct arguments *args = data;

	(void)mode;
	if (args->excluded && strcmp(path, args->excluded) == 0)
		return false;
	return overrides_wants(&args->overrides, path);
}

static int load_directory(struct arguments *args, struct origin *origin, struct error *err)
{
	struct scan_options options = {.no_xattrs = args->image.no_xattrs,
				       .xdev = args->one_file_system,
				       .keep_going = args->image.keep_going,
				       .wanted = is_wanted,
				       .data = args};
	int r;

	origin->rootfd = open(args->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (origin->rootfd < 0)
		return error_errno(err, "cannot open '%s'", args->source);
	if (find_own_output(args) < 0 || tree_new(&origin->tree) < 0 ||
	    scan_new(origin->rootfd, &options, &origin->scan) < 0)
		return error_oom(err);
	r = scan_all(origin->scan, origin->tree, err);
	if (r == 0 && scan_warnings(origin->scan))
		log_warning("%s", scan_warnings(origin->scan));
	return r;
}

static int load_archive(struct arguments *args, struct origin *origin, struct error *err)
{
	struct import_options options = {
		.layer = {.no_xattrs = args->image.no_xattrs, .cancel = &command_cancelled}};
	int r = import_load(&origin->import, args->source, &options, err);

	if (r < 0)
		return r;
	origin->tree = origin->import.tree;
	if (origin->import.stats.acls)
		log_warning("%llu entries have POSIX ACLs, which an image cannot hold",
			    (unsigned long long)origin->import.stats.acls);
	if (origin->import.stats.foreign_xattrs)
		log_warning("%llu extended attributes of other kinds than user, trusted and "
			    "security were left out",
			    (unsigned long long)origin->import.stats.foreign_xattrs);
	if (origin->import.stats.overlay_xattrs)
		log_warning("%llu extended attributes that would steer overlayfs were dropped",
			    (unsigned long long)origin->import.stats.overlay_xattrs);
	return 0;
}

static int load(struct arguments *args, struct origin *origin, struct error *err)
{
	uint64_t known, unknown;
	struct stat st;
	bool directory = strcmp(args->source, "-") != 0 && stat(args->source, &st) == 0 &&
			 S_ISDIR(st.st_mode);
	int r;

	r = directory ? load_directory(args, origin, err) : load_archive(args, origin, err);
	if (r == 0 && overrides_apply(&args->overrides, origin->tree, !directory) < 0)
		r = error_oom(err);
	if (r == 0 && args->image.has_time)
		r = recorded_times_keep(tree_root(origin->tree), args->image.time, err);
	if (r < 0 || !args->order)
		return r;
	r = order_apply_file(origin->tree, args->order, &known, &unknown, err);
	if (r == 0 && unknown)
		log_note("%llu of %llu paths in '%s' are not in '%s'", (unsigned long long)unknown,
			 (unsigned long long)(known + unknown), args->order, args->source);
	return r;
}

static void origin_release(struct origin *origin)
{
	if (origin->scan)
		tree_free(origin->tree);
	scan_free(origin->scan);
	import_release(&origin->import);
	closep(&origin->rootfd);
}

/* --- from the tree to a file ---------------------------------------------------------------- */

static int write_image(struct arguments *args, struct tree *tree, struct image_stats *stats,
		       struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	struct image_options *image = &args->image;
	bool changed;
	int r = 0;

	image->name = args->output;
	if (!image->dry_run)
		r = output_open(&output, args->output, args->force, err);
	if (r == 0)
		r = image_write(tree, image, output.fd, stats, err);
	changed = r == -ESTALE && image->keep_going;
	if ((r < 0 && !changed) || image->dry_run)
		return r;
	if (args->check && !changed) {
		image->progress_data = (void *)"verify";
		r = image_verify(tree, image, output.fd, args->output, err);
	}
	if (r < 0 && !changed)
		return r;
	if (io_publish(&output, changed ? NULL : err) < 0)
		return changed ? error_set(err, -EIO, "cannot write '%s'", args->output) : -EIO;
	return r;
}

static void say_done(const struct arguments *args, const struct image_stats *stats)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;

	if (args->stats)
		image_stats_print(stats, args->json);
	text_add_count(&line, stats->inodes);
	text_add(&line, " inodes, ");
	text_add_size(&line, stats->bytes_in);
	text_add(&line, stats->bytes_error ? " → about " : " → ");
	text_add_size(&line, stats->bytes_out);
	if (stats->bytes_error > stats->bytes_out / 20) {
		text_add(&line, ", give or take ");
		text_add_size(&line, stats->bytes_error);
	}
	log_note("%s, %s", line.bytes,
		 args->image.dry_run ? "not written" : args->output);
}

static int run(struct arguments *args, struct origin *origin, struct error *err)
{
	struct image_stats stats = {0};
	int r;

	args->image.progress = image_show_progress;
	args->image.progress_data = (void *)"pack";
	args->image.warn = image_show_warning;
	args->image.cancel = &command_cancelled;
	r = load(args, origin, err);
	if (r == 0)
		r = write_image(args, origin->tree, &stats, err);
	progress_done();
	if (r == 0)
		say_done(args, &stats);
	if (r == 0 && origin->scan && scan_left_out(origin->scan))
		r = error_set(err, -ESTALE, "%llu names could not be read and were left out",
			      (unsigned long long)scan_left_out(origin->scan));
	return r;
}

static int image_command(int argc, char **argv)
{
	struct arguments args = {0};
	struct origin origin = {.import = IMPORT_INIT, .rootfd = -1};
	struct error err = ERROR_INIT;
	int code;

	if (parse(&args, argc, argv, &code)) {
		command_catch_signals();
		code = run(&args, &origin, &err) < 0 ? EXIT_FAILED : EXIT_DONE;
		if (code == EXIT_FAILED)
			log_error("image: %s", err.message);
		origin_release(&origin);
	}
	overrides_release(&args.overrides);
	free(args.excluded);
	return code;
}

const struct command command_image = {
	.name = "image",
	.summary = "make an image of a whole directory or tar",
	.operands = "SRC -o FILE [OPTION]…",
	.about = "SRC is a directory, a tar or a container image; - is a tar on standard input.",
	.options = command_options,
	.function = image_command,
};
