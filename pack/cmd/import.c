// SPDX-License-Identifier: BSD-2-Clause
/* tracepack import: a root file system from a directory, a tar or a container image. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/size.h"
#include "pack/cmd/export_say.h"
#include "pack/cmd/image_access.h"
#include "pack/cmd/image_arguments.h"
#include "pack/cmd/output.h"
#include "pack/image/image.h"
#include "pack/layer/extract.h"
#include "pack/layer/extract_dir.h"
#include "pack/oci/config.h"
#include "pack/oci/image_config.h"
#include "pack/oci/import.h"
#include "pack/oci/reference.h"
#include "pack/package/start_config.h"

struct arguments {
	const char *source, *output, *config_path, *image_config_path;
	struct import_options import;
	struct image_options image;
	struct image_access access;
	struct reference reference; /* SRC, taken apart */
	bool to_image, force, json;
};

/* ---- what was asked ---- */

/* A limit, where 0 is none. */
static int take_limit(void *target, const char *value, struct error *err)
{
	uint64_t *limit = target;

	(void)err;
	if (!size_parse(value, limit))
		return -EINVAL;
	if (*limit == 0)
		*limit = UINT64_MAX;
	return 0;
}

static int take_kind(void *target, const char *value, struct error *err)
{
	(void)err;
	for (enum import_kind kind = IMPORT_AUTO; kind < IMPORT_KINDS; kind++) {
		if (strcmp(import_kind_name(kind), value) == 0) {
			*(enum import_kind *)target = kind;
			return 0;
		}
	}
	return -EINVAL;
}

static int take_platform(void *target, const char *value, struct error *err)
{
	return strchr(value, '/') ? option_string(target, value, err) : -EINVAL;
}

static const struct command_option command_options[] = {
	{'o', "output", "OUT",
	 "a new directory; an image if OUT ends in .sqsh, .squashfs or .sfs",
	 OPTION_STRING(struct arguments, output)},
	OUTPUT_FORCE(struct arguments, force),
	{0, "image", NULL, "write an image whatever OUT ends in",
	 OPTION_FLAG(struct arguments, to_image)},
	{'t', "type", "KIND", "auto (default), directory, tar, oci, docker or dir",
	 OPTION_CALL(take_kind, struct arguments, import.kind)},
	{0, "ref", "NAME", "the image of that name or tag, where SRC holds several",
	 OPTION_STRING(struct arguments, import.choice.ref)},
	{0, "platform", "OS/ARCH", "the image for that platform [this machine's]",
	 OPTION_CALL(take_platform, struct arguments, import.choice.platform)},
	{0, "config", "FILE", "write how to start it: config.json of an OCI bundle",
	 OPTION_STRING(struct arguments, config_path)},
	{0, "image-config", "FILE", "write the image's own configuration as it is",
	 OPTION_STRING(struct arguments, image_config_path)},
	{0, "max-size", "SIZE", "refuse more bytes of contents [64G]; 0: no limit",
	 OPTION_CALL(take_limit, struct arguments, import.layer.max_size)},
	{0, "max-entries", "N", "refuse more entries [4194304]; 0: no limit",
	 OPTION_CALL(take_limit, struct arguments, import.layer.max_entries)},
	{0, "max-ratio", "N", "refuse streams that grow by more [1000]; 0: no limit",
	 OPTION_CALL(take_limit, struct arguments, import.layer.max_ratio)},
	{0, "whiteouts", NULL, "SRC is a single layer: .wh.NAME removes NAME",
	 OPTION_FLAG(struct arguments, import.layer.whiteouts)},
	{0, "no-xattrs", NULL, "leave extended attributes out",
	 OPTION_FLAG(struct arguments, import.layer.no_xattrs)},
	{OPTION_TABLE(image_access_options, struct arguments, access)},
	{0, "level", "N", "of an image: zstd level, 1 to 22 [15]",
	 OPTION_CALL(image_argument_level, struct arguments, image.level)},
	{0, "tmpdir", "DIR", "for contents while they are read [TMPDIR, /var/tmp]",
	 OPTION_STRING(struct arguments, import.contents_directory)},
	{0, "json", NULL, "say what was done as JSON on standard output",
	 OPTION_FLAG(struct arguments, json)},
	{'q', "quiet", NULL, "errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

static bool ends_like_an_image(const char *path)
{
	static const char *const suffixes[] = {".sqsh", ".squashfs", ".sfs"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t length = strlen(suffixes[i]), whole = strlen(path);

		if (whole > length && strcmp(path + whole - length, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static bool parse(struct arguments *args, int argc, char **argv, int *ret_code)
{
	const char *misuse;

	if (!command_parse(&command_import, argc, argv, args, ret_code))
		return false;
	misuse = argc == optind	    ? "which SRC?"
		 : argc > optind + 1 ? "more than one SRC"
		 : !args->output     ? "where to? (-o OUT)"
				     : NULL;
	if (misuse) {
		*ret_code = command_misused(&command_import, "%s", misuse);
		return false;
	}
	args->source = argv[optind];
	args->to_image |= ends_like_an_image(args->output);
	args->import.layer.no_devices = geteuid() != 0 && !args->to_image;
	args->import.layer.cancel = &command_cancelled;
	args->image.no_xattrs = args->import.layer.no_xattrs;
	return true;
}

/* ---- writing ---- */

static void show_read(uint64_t done, void *data)
{
	progress_show("import", done, *(const uint64_t *)data);
}

static void show_written(uint64_t done, void *data)
{
	progress_show("write", done, *(const uint64_t *)data);
}

static int write_directory(const struct arguments *args, const struct import *import,
			   struct error *err)
{
	_cleanup_(extract_dir_release) struct extract_dir dir = EXTRACT_DIR_INIT;
	struct extract_stats stats = {0};
	uint64_t total = import->stats.bytes;
	struct extract_options options = {.keep_owners = geteuid() == 0,
					  .progress = show_written,
					  .progress_data = &total,
					  .cancel = &command_cancelled};
	struct node *root = tree_root(import->tree);
	int r;

	r = extract_dir_open(&dir, args->output, err);
	if (r == 0)
		r = extract_tree(root, dir.fd, &options, &stats, err);
	if (r == 0)
		r = extract_dir_publish(&dir, root->inode->mode & 07777, err);
	if (r < 0)
		return r;
	export_say_extracted(&stats);
	return 0;
}

static int write_image(struct arguments *args, const struct import *import, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	struct image_stats stats;
	int r;

	args->image.progress = image_show_progress;
	args->image.progress_data = (void *)"write";
	args->image.warn = image_show_warning;
	args->image.cancel = &command_cancelled;
	args->image.name = args->output;
	r = output_open(&output, args->output, args->force, err);
	if (r == 0)
		r = image_write(import->tree, &args->image, output.fd, &stats, err);
	return r < 0 ? r : io_publish(&output, err);
}

/* A JSON file that is written, but not there yet; path NULL: none was asked for. */
static int prepare_json(struct io_output *output, const char *path, const json_t *json,
			struct error *err)
{
	_cleanup_(freep) char *text = NULL;
	int r;

	if (!path)
		return 0;
	text = json_dumps(json, JSON_INDENT(2));
	if (!text)
		return error_oom(err);
	r = io_output_open(output, path, 0644, err);
	if (r < 0)
		return r;
	r = io_write(output->fd, text, strlen(text));
	if (r == 0)
		r = io_write(output->fd, "\n", 1);
	return r < 0 ? error_code(err, r, "cannot write '%s'", path) : 0;
}

static int publish_json(struct io_output *output, struct error *err)
{
	return output->path ? io_publish(output, err) : 0;
}

/* How to start it, before anything is written: a user the root does not know is an error. */
static int start_of(const struct arguments *args, const struct import *import, json_t **ret_start,
		    struct error *err)
{
	_cleanup_(start_config_release) struct start_config checked = START_CONFIG_INIT;
	_cleanup_(image_config_release) struct image_config image = IMAGE_CONFIG_INIT;
	int r;

	if (!args->config_path && !args->image_config_path)
		return 0;
	if (!import->config)
		return error_set(err, -ENOENT,
				 "'%s' is a plain %s and says nothing of how to start it",
				 args->source, import_kind_name(import->kind));
	if (args->image_config_path &&
	    json_dumpb(import->config, NULL, 0, JSON_INDENT(2)) >= IMAGE_CONFIG_MAX)
		return error_set(err, -EFBIG, "'%s': the image's configuration is larger than %d bytes",
				 args->source, IMAGE_CONFIG_MAX);
	r = image_config_from_json(import->config, &image, err);
	if (r == 0)
		r = oci_config_to_start(&image, import->tree, ret_start, err);
	if (r == 0 && args->config_path)
		r = start_config_from_json(*ret_start, &checked, err);
	if (r == 0 && image.onbuild)
		log_note("ONBUILD of the image (%zu) is dropped: nothing is built on what comes of it",
			 image.onbuild);
	return r < 0 ? error_prefix(err, r, "'%s'", args->source) : 0;
}

/* ---- what is said at the end ---- */

static void say_losses(const struct import *import)
{
	if (import->stats.acls)
		log_warning("%llu entries have POSIX ACLs, which are not kept",
			    (unsigned long long)import->stats.acls);
	if (import->stats.foreign_xattrs)
		log_warning("%llu extended attributes of unknown kinds are not kept",
			    (unsigned long long)import->stats.foreign_xattrs);
	if (import->stats.overlay_xattrs)
		log_warning("%llu extended attributes that would steer overlayfs were dropped",
			    (unsigned long long)import->stats.overlay_xattrs);
	if (import->scan_warnings)
		log_warning("%s", import->scan_warnings);
}

static void say_done(const struct arguments *args, const struct import *import)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;

	if (args->json) {
		_cleanup_(json_freep) json_t *json =
		    json_pack("{s:s, s:s, s:s*, s:I, s:I, s:I, s:I}", "output", args->output,
			      "kind", import_kind_name(import->kind), "ref", import->ref, "layers",
			      (json_int_t)import->layer_count, "names",
			      (json_int_t)tree_node_count(import->tree), "bytes",
			      (json_int_t)import->stats.bytes, "whiteouts",
			      (json_int_t)import->stats.whiteouts);
		if (json && json_dumpf(json, stdout, JSON_INDENT(2)) == 0)
			putchar('\n');
		return;
	}
	text_add(&line, import_kind_name(import->kind));
	if (import->ref)
		text_printf(&line, " '%s'", import->ref);
	if (import->layer_count)
		text_printf(&line, ", %zu layer%s", import->layer_count,
			    import->layer_count == 1 ? "" : "s");
	text_add(&line, ", ");
	text_add_count(&line, tree_node_count(import->tree));
	text_add(&line, " names → ");
	log_note("%s%s", line.bytes, args->output);
}

static int load(struct arguments *args, struct import *import, struct error *err)
{
	struct carrier_options carrier;
	int r = image_access_read(&args->access, err);

	carrier = image_access_carrier(&args->access, &command_cancelled);
	return r < 0 ? r : import_reference(import, &args->reference, &args->import, &carrier, err);
}

/* The small files are ready before the large one appears: what can fail has failed by then. */
static int run(struct arguments *args, struct import *import, struct error *err)
{
	_cleanup_(io_output_release) struct io_output config = IO_OUTPUT_INIT;
	_cleanup_(io_output_release) struct io_output image_config = IO_OUTPUT_INIT;
	_cleanup_(json_freep) json_t *start = NULL;
	int r;

	r = output_check(args->to_image ? args->output : NULL, args->force, err);
	if (r == 0)
		r = output_check(args->config_path, args->force, err);
	if (r == 0)
		r = output_check(args->image_config_path, args->force, err);
	if (r == 0)
		r = load(args, import, err);
	if (r == 0)
		r = start_of(args, import, &start, err);
	if (r == 0)
		r = prepare_json(&config, args->config_path, start, err);
	if (r == 0)
		r = prepare_json(&image_config, args->image_config_path, import->config, err);
	if (r == 0)
		r = args->to_image ? write_image(args, import, err)
				   : write_directory(args, import, err);
	if (r == 0)
		r = publish_json(&config, err);
	if (r == 0)
		r = publish_json(&image_config, err);
	progress_done();
	return r;
}

static void release(struct arguments *args)
{
	reference_release(&args->reference);
	image_access_release(&args->access);
}

static int import_command(int argc, char **argv)
{
	_cleanup_(import_release) struct import import = IMPORT_INIT;
	_cleanup_(release) struct arguments args = {0};
	struct error err = ERROR_INIT;
	struct stat st;
	uint64_t total = 0;
	int code;

	if (!parse(&args, argc, argv, &code))
		return code;
	command_catch_signals();
	if (reference_parse(args.source, &args.reference, &err) < 0) {
		log_error("import: %s", err.message);
		return EXIT_FAILED;
	}
	if (args.reference.path && stat(args.reference.path, &st) == 0 && S_ISREG(st.st_mode)) {
		total = (uint64_t)st.st_size;
		args.import.layer.progress = show_read;
		args.import.layer.progress_data = &total;
	}
	if (run(&args, &import, &err) < 0) {
		log_error("import: %s", err.message);
		return EXIT_FAILED;
	}
	say_losses(&import);
	say_done(&args, &import);
	return EXIT_DONE;
}

const struct command command_import = {
	.name = "import",
	.summary = "make a root file system from a directory, tar or container image",
	.operands = "SRC -o DIR|IMAGE.sqsh [OPTION]…",
	.about = "SRC is a directory, a tar, an OCI layout or a docker archive; - is a tar on standard input;\n"
		 "or an image as skopeo(1) spells it: docker://HOST/NAME, docker-daemon:NAME,\n"
		 "containers-storage:NAME, oci:DIR:TAG, oci-archive:FILE, docker-archive:FILE.",
	.options = command_options,
	.function = import_command,
};
