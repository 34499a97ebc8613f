// SPDX-License-Identifier: BSD-2-Clause
/* tracepack export: a package, image or directory in the form another tool wants it in. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "pack/cmd/disk_arguments.h"
#include "pack/cmd/export_asked.h"
#include "pack/cmd/export_guard.h"
#include "pack/cmd/export_name.h"
#include "pack/cmd/export_profile.h"
#include "pack/cmd/export_say.h"
#include "pack/cmd/export_written.h"
#include "pack/cmd/image_access.h"
#include "pack/cmd/image_arguments.h"
#include "pack/cmd/output.h"
#include "pack/engine/deliver.h"
#include "pack/engine/export.h"
#include "pack/engine/export_source.h"
#include "pack/image/verity.h"
#include "pack/oci/change.h"
#include "pack/oci/config.h"
#include "pack/oci/write.h"
#include "pack/package/start_config.h"
#include "pack/source/recorded.h"

struct arguments {
	const char *source, *output, *config_path;
	struct export_options export;
	struct {
		const char **items; /* ends with NULL once there is one */
		size_t count, capacity;
	} changes;
	struct image_access access;
	struct reference reference; /* OUT, taken apart */
	bool force, has_kind, has_compression;
	enum traced_what guard;
	const char *tracefs;
	struct export_guard guarded;
	struct export_asked asked;
	struct written_paths written;
	json_t *profile;
};

/* ---- what was asked ---- */

static int take_kind(void *target, const char *value, struct error *err)
{
	struct arguments *args = target;

	(void)err;
	for (enum export_kind kind = 0; kind < EXPORT_KINDS; kind++) {
		if (strcmp(export_kind_name(kind), value) == 0) {
			args->export.kind = kind;
			args->has_kind = true;
			return 0;
		}
	}
	return -EINVAL;
}

static int take_compression(void *target, const char *value, struct error *err)
{
	static const char *const names[] = {"none", "gzip", "zstd"};
	struct arguments *args = target;

	(void)err;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i], value) == 0) {
			args->export.layer.compression = (enum layer_compression)i;
			args->has_compression = true;
			return 0;
		}
	}
	return -EINVAL;
}

static int take_name(void *target, const char *value, struct error *err)
{
	return oci_name_check(value, NULL) == 0 ? option_string(target, value, err) : -EINVAL;
}

/* One more, and still a NULL behind it. */
static int take_change(void *target, const char *value, struct error *err)
{
	struct arguments *args = target;
	json_auto_t *trial = json_object();
	int r = trial ? change_apply(trial, value, err) : error_oom(err);

	if (r < 0)
		return r;
	if (args->changes.count)
		args->changes.count--;
	if (array_push(&args->changes, value) < 0 || array_push(&args->changes, NULL) < 0)
		return error_oom(err);
	return 0;
}

static int take_guard(void *target, const char *value, struct error *err)
{
	(void)err;
	return export_guard_take(target, value);
}

static int take_platform(void *target, const char *value, struct error *err)
{
	return strchr(value, '/') ? option_string(target, value, err) : -EINVAL;
}

static const struct command_option command_options[] = {
	{0, "to", "KIND",
	 "oci     a tar: OCI layout and docker archive in one\n"
	 "docker  the same, for 'docker load'\n"
	 "oci-dir an OCI layout as a directory\n"
	 "bundle  a directory with config.json and rootfs\n"
	 "lxc     a directory with config and rootfs\n"
	 "nspawn  a directory with NAME.nspawn and rootfs, for systemd-nspawn\n"
	 "portable  a directory with NAME.raw for portablectl, and its unit beside\n"
	 "squashfs  the root alone, as an image\n"
	 "tar     the root alone\n"
	 "disk    a directory with a disk, a kernel and what it starts with\n"
	 "libvirt the same with its definition, domain.xml\n"
	 "kubernetes  a Deployment and a Service, in YAML, of the --image\n"
	 "compose a service of a Compose project, in YAML, of the --image\n"
	 "stack   the same of a Docker Swarm's stack, replaced start-first\n"
	 "quadlet NAME.container, of which podman makes a unit of systemd\n"
	 "apparmor  a profile for AppArmor, as text\n"
	 "facts   what is known of it, as JSON, for engines that are not here",
	 OPTION_WHOLE(take_kind)},
	{'o', "output", "OUT", "where to; - is standard output, for tars and texts; or an image as skopeo(1)\n"
	 "spells it, which needs no --to: docker-daemon:web:slim",
	 OPTION_STRING(struct arguments, output)},
	OUTPUT_FORCE(struct arguments, force),
	{'n', "name", "NAME[:TAG]", "of the image [the name of SRC]",
	 OPTION_CALL(take_name, struct arguments, export.name)},
	{0, "image", "IMAGE[@sha256:…]", "what a text that names an image calls it [as --name]",
	 OPTION_CALL(export_name_take_image, struct arguments, export.image_name)},
	{0, "config", "FILE", "how to start it: config.json instead of the one in SRC",
	 OPTION_STRING(struct arguments, config_path)},
	{'c', "change", "INSTRUCTION", "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME,\n"
	 "WORKDIR of the image, as podman-commit(1) has it; repeatable",
	 OPTION_WHOLE(take_change)},
	{0, "guard", "report|heal", "of a package: the image records what it was made without and is asked\n"
	 "for; heal: serves it from the full root at " TRACED_FULL,
	 OPTION_CALL(take_guard, struct arguments, guard)},
	{0, "tracefs", "FILE", "of which the guard is made: needs no libraries; 'sfc export' has one",
	 OPTION_STRING(struct arguments, tracefs)},
	{0, "verity", NULL, "of --to squashfs: write verity data beside it, OUT.verity and OUT.roothash",
	 OPTION_FLAG(struct arguments, export.verity)},
	{0, "compress", "HOW", "none, gzip or zstd [layers: gzip; tar: as OUT ends]",
	 OPTION_WHOLE(take_compression)},
	{0, "level", "N", "of the compressor",
	 OPTION_CALL(image_argument_level, struct arguments, export.image.level)},
	{0, "platform", "OS/ARCH", "what the image says it runs on [this machine]",
	 OPTION_CALL(take_platform, struct arguments, export.platform)},
	{OPTION_TABLE(disk_argument_options, struct arguments, export.disk)},
	{OPTION_TABLE(export_asked_options, struct arguments, asked)},
	{OPTION_TABLE(image_access_options, struct arguments, access)},
	{0, "tmpdir", "DIR", "where a layer waits [TMPDIR, /var/tmp]",
	 OPTION_STRING(struct arguments, export.tmpdir)},
	{'q', "quiet", NULL, "errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

static bool ends_in(const char *text, const char *suffix)
{
	size_t length = strlen(text), end = strlen(suffix);

	return length > end && strcmp(text + length - end, suffix) == 0;
}

static enum layer_compression compression_of(const struct arguments *args)
{
	if (args->has_compression)
		return args->export.layer.compression;
	if (args->export.kind != EXPORT_TAR)
		return LAYER_GZIP;
	return ends_in(args->output, ".gz") || ends_in(args->output, ".tgz") ? LAYER_GZIP
	       : ends_in(args->output, ".zst")				     ? LAYER_ZSTD
									     : LAYER_PLAIN;
}

/* An image says what it is; only what it is kept in may take either kind. */
static const char *misuse_of_image(const struct arguments *args)
{
	bool either = args->reference.transport == REFERENCE_STORAGE ||
		      args->reference.transport == REFERENCE_REGISTRY;

	if (args->has_kind && !(either && (args->export.kind == EXPORT_OCI || args->export.kind == EXPORT_DOCKER)))
		return "OUT says what it is: --to does not go with it";
	if (args->export.name && args->reference.name)
		return "OUT has a name already: --name does not go with it";
	return disk_argument_misuse(&args->export.disk, false);
}

/* What is wrong with the command line as a whole; or NULL. */
static const char *misuse_of(const struct arguments *args, int operands)
{
	bool file = args->reference.transport == REFERENCE_FILE;
	const char *misuse;

	if (operands != 1)
		return operands ? "more than one SRC" : "which SRC?";
	if (!args->output)
		return "where to? (-o OUT)";
	if (args->guard && file && args->has_kind && args->export.kind > EXPORT_OCI_DIR)
		return "a guard is for images: --guard does not go with that --to";
	if (args->guard && !args->tracefs)
		return "which tracefs does the guard run? (--tracefs FILE)";
	if (args->export.verity && !(file && args->has_kind && args->export.kind == EXPORT_SQUASHFS))
		return "verity data is for an image that is mounted: --verity goes with --to squashfs";
	if (!file)
		return misuse_of_image(args);
	if (!args->has_kind)
		return "to what? (--to KIND)";
	misuse = disk_argument_misuse(&args->export.disk, args->export.kind == EXPORT_DISK || args->export.kind == EXPORT_LIBVIRT);
	if (misuse)
		return misuse;
	if (strcmp(args->output, "-") == 0 &&
	    !export_kind_is_stream(args->export.kind))
		return "only a tar or a text can go to standard output";
	return NULL;
}

static bool parse(struct arguments *args, int argc, char **argv, int *ret_code)
{
	struct layer_write_options *layer = &args->export.layer;
	struct image_options *image = &args->export.image;
	struct error err = ERROR_INIT;
	const char *misuse;

	if (!command_parse(&command_export, argc, argv, args, ret_code))
		return false;
	if (args->output && reference_parse(args->output, &args->reference, &err) < 0)
		misuse = err.message;
	else
		misuse = misuse_of(args, argc - optind);
	if (!misuse && image_argument_epoch(image, &err) < 0)
		misuse = err.message;
	if (misuse) {
		*ret_code = command_misused(&command_export, "%s", misuse);
		return false;
	}
	args->source = argv[optind];
	args->export.extract.cancel = layer->cancel = image->cancel = &command_cancelled;
	args->export.extract.keep_owners = geteuid() == 0;
	layer->compression = compression_of(args);
	layer->level = image->level;
	layer->has_time = image->has_time;
	layer->time = image->time;
	image->warn = image_show_warning;
	return true;
}

/* ---- steps ---- */

/* What a package says is not what its user says: only what is known of it goes on, and nothing it asks for. */
static int known_start(const struct arguments *args, const json_t *start, json_t **ret_start,
		       struct error *err)
{
	_cleanup_(start_config_release) struct start_config config = START_CONFIG_INIT;
	int r = start_config_from_json(start, &config, err);

	if (r < 0)
		return error_prefix(err, r, "'%s'", args->source);
	*ret_start = start_config_json(&config);
	return *ret_start ? 0 : error_oom(err);
}

/* --config, else what the source says, else a shell. */
static int find_start(const struct arguments *args, const struct export_source *source,
		      json_t **ret_start, struct error *err)
{
	_cleanup_(json_freep) json_t *shell = NULL;

	if (args->config_path)
		return oci_start_read(args->config_path, ret_start, err);
	if (source->start)
		return known_start(args, source->start, ret_start, err);
	shell = json_pack("[s]", "/bin/sh");
	*ret_start = shell ? oci_start_default(shell) : NULL;
	if (!*ret_start)
		return error_oom(err);
	if (args->export.kind != EXPORT_TAR && args->export.kind != EXPORT_SQUASHFS)
		log_note("nothing says how to start '%s': /bin/sh (--config FILE changes it)",
			 args->source);
	return 0;
}

static int run(struct arguments *args, struct export_stats *stats, struct error *err)
{
	_cleanup_(export_source_release) struct export_source source = EXPORT_SOURCE_INIT;
	_cleanup_(json_freep) json_t *start = NULL;
	_cleanup_(freep) char *name = NULL;
	struct carrier_options access;
	int r;

	if (!args->export.name)
		args->export.name = name = export_name(args->source, &args->reference);
	if (!args->export.name)
		return error_oom(err);
	r = output_check(reference_is_remote(&args->reference) ? NULL : args->reference.path, args->force, err);
	if (r == 0 && args->export.verity && !args->force)
		r = verity_check_names(args->output, err);
	if (r == 0)
		r = image_access_read(&args->access, err);
	if (r == 0 && args->guard)
		r = export_guard_open(&args->guarded, args->guard, args->tracefs, args->source, err);
	if (r == 0)
		r = export_source_open(&source, args->source, args->export.tmpdir, &command_cancelled, err);
	if (r == 0)
		r = find_start(args, &source, &start, err);
	if (r == 0)
		r = export_asked_read(&args->asked, err);
	if (r == 0 && export_kind_is_read_only(args->export.kind))
		r = export_written_read(args->source, &args->written, err);
	if (r == 0 && args->export.kind == EXPORT_APPARMOR)
		r = export_profile_read(args->source, &args->profile, err);
	if (r < 0)
		return r;
	if (args->export.image.has_time)
		r = recorded_times_keep(tree_root(source.tree), args->export.image.time, err);
	if (r < 0)
		return r;
	if (source.warnings)
		log_warning("%s", source.warnings);
	args->export.derived = (struct derived_options){.source = source.origin.source,
							.package = source.origin.package,
							.manifest = source.origin.sessions,
							.changes = args->changes.items};
	args->export.asked = args->asked.json;
	args->export.written = &args->written;
	args->export.profile = args->profile;
	args->export.guard = args->guard ? &args->guarded.guard : NULL;
	access = image_access_carrier(&args->access, &command_cancelled);
	return export_deliver(tree_root(source.tree), start, source.image.json ? &source.image : NULL,
			      &args->export, args->has_kind, &args->reference, &access, stats, err);
}

static void release(struct arguments *args)
{
	array_release(&args->changes);
	reference_release(&args->reference);
	image_access_release(&args->access);
	export_guard_release(&args->guarded);
	export_asked_release(&args->asked);
	written_paths_release(&args->written);
	json_decref(args->profile);
}

static int export_command(int argc, char **argv)
{
	_cleanup_(release) struct arguments args = {.guarded = EXPORT_GUARD_INIT};
	_cleanup_(export_said) struct export_stats stats = {.said = TEXT_INIT};
	struct error err = ERROR_INIT;
	int code;

	if (!parse(&args, argc, argv, &code))
		return code;
	command_catch_signals();
	if (run(&args, &stats, &err) < 0) {
		log_error("export: %s", err.message);
		return EXIT_FAILED;
	}
	export_say(&stats);
	export_guard_say(args.guard);
	return EXIT_DONE;
}

const struct command command_export = {
	.name = "export",
	.summary = "write a root or package as container image, bundle or tar",
	.operands = "SRC [--to KIND] -o OUT [OPTION]…",
	.about = "SRC is a package, an image, a bundle directory or a root directory.",
	.options = command_options,
	.function = export_command,
};
