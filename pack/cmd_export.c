// SPDX-License-Identifier: BSD-2-Clause
/* tracepack export: a package, image or directory in the form another tool wants it in. */
#include "pack/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "pack/export.h"
#include "pack/export_source.h"
#include "pack/oci_config.h"
#include "pack/oci_store.h"
#include "pack/oci_write.h"
#include "pack/size.h"

const char export_usage[] =
	"SRC --to KIND -o OUT [OPTION]…\n"
	"SRC is a package, an image, a bundle directory or a root directory.\n\n"
	"      --to=KIND           oci     a tar: OCI layout and docker archive in one\n"
	"                          docker  the same, for 'docker load'\n"
	"                          oci-dir an OCI layout as a directory\n"
	"                          bundle  a directory with config.json and rootfs\n"
	"                          lxc     a directory with config and rootfs\n"
	"                          squashfs  the root alone, as an image\n"
	"                          tar     the root alone\n"
	"  -o, --output=OUT        where to; - is standard output, for tars\n"
	"  -n, --name=NAME[:TAG]   of the image [the name of SRC]\n"
	"      --config=FILE       how to start it: config.json instead of the one in SRC\n"
	"      --compress=HOW      none, gzip or zstd [layers: gzip; tar: as OUT ends]\n"
	"      --level=N           of the compressor\n"
	"      --platform=OS/ARCH  what the image says it runs on [this machine]\n"
	"      --tmpdir=DIR        where a layer waits [TMPDIR, /var/tmp]\n"
	"  -q, --quiet             errors only\n"
	"  -h, --help";

struct arguments {
	const char *source, *output, *config_path;
	struct export_options export;
	bool has_kind, has_compression;
};

enum { OPT_TO = 256, OPT_CONFIG, OPT_COMPRESS, OPT_LEVEL, OPT_PLATFORM, OPT_TMPDIR };

static const struct option long_options[] = {
	{"compress", required_argument, NULL, OPT_COMPRESS},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"help", no_argument, NULL, 'h'},
	{"level", required_argument, NULL, OPT_LEVEL},
	{"name", required_argument, NULL, 'n'},
	{"output", required_argument, NULL, 'o'},
	{"platform", required_argument, NULL, OPT_PLATFORM},
	{"quiet", no_argument, NULL, 'q'},
	{"tmpdir", required_argument, NULL, OPT_TMPDIR},
	{"to", required_argument, NULL, OPT_TO},
	{NULL, 0, NULL, 0},
};

/* ---- what was asked ---- */

static bool parse_kind(struct arguments *args, const char *text)
{
	for (enum export_kind kind = 0; kind < EXPORT_KINDS; kind++) {
		if (strcmp(export_kind_name(kind), text) == 0) {
			args->export.kind = kind;
			return args->has_kind = true;
		}
	}
	return false;
}

static bool parse_compression(struct arguments *args, const char *text)
{
	static const char *const names[] = {"none", "gzip", "zstd"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i], text) == 0) {
			args->export.layer.compression = (enum layer_compression)i;
			return args->has_compression = true;
		}
	}
	return false;
}

static bool parse_level(struct arguments *args, const char *text)
{
	uint64_t level;

	if (!size_parse(text, &level) || level < 1 || level > 22)
		return false;
	args->export.layer.level = (int)level;
	return true;
}

static bool take_option(struct arguments *args, int option, const char *value)
{
	switch (option) {
	case 'n':
		args->export.name = value;
		return oci_name_check(value, NULL) == 0;
	case 'o':
		args->output = value;
		return true;
	case 'q':
		log_init("tracepack", LOG_QUIET);
		return true;
	case OPT_TO:
		return parse_kind(args, value);
	case OPT_CONFIG:
		args->config_path = value;
		return true;
	case OPT_COMPRESS:
		return parse_compression(args, value);
	case OPT_LEVEL:
		return parse_level(args, value);
	case OPT_PLATFORM:
		args->export.platform = value;
		return strchr(value, '/') != NULL;
	case OPT_TMPDIR:
		args->export.tmpdir = value;
		return true;
	default:
		return false;
	}
}

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

/* SOURCE_DATE_EPOCH, as reproducible-builds.org has it: no time is later. */
static bool take_epoch(struct layer_write_options *layer)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;

	if (!text || !*text)
		return true;
	if (!size_parse(text, &seconds) || seconds > INT64_MAX)
		return false;
	layer->has_time = true;
	layer->time = (int64_t)seconds;
	return true;
}

static void say_warning(const char *message, void *data)
{
	(void)data;
	log_warning("%s", message);
}

/* EXIT_DONE: go on; -1: help was printed; else an exit code. */
static int parse(struct arguments *args, int argc, char **argv)
{
	const struct command *command = command_find("export");
	int option;

	while ((option = getopt_long(argc, argv, "hn:o:q", long_options, NULL)) != -1) {
		if (option == 'h') {
			command_help(command);
			return -1;
		}
		if (option == '?')
			return EXIT_USAGE;
		if (!take_option(args, option, optarg))
			return command_misused(command, "'%s' makes no sense there", optarg);
	}
	if (argc - optind != 1)
		return command_misused(command,
				       argc == optind ? "which SRC?" : "more than one SRC");
	if (!args->has_kind)
		return command_misused(command, "to what? (--to KIND)");
	if (!args->output)
		return command_misused(command, "where to? (-o OUT)");
	if (strcmp(args->output, "-") == 0 &&
	    (export_kind_is_directory(args->export.kind) || args->export.kind == EXPORT_SQUASHFS))
		return command_misused(command, "only a tar can go to standard output");
	if (!take_epoch(&args->export.layer))
		return command_misused(command, "SOURCE_DATE_EPOCH is no number of seconds");
	args->source = argv[optind];
	args->export.layer.compression = compression_of(args);
	args->export.layer.cancel = args->export.extract.cancel = &command_cancelled;
	args->export.extract.keep_owners = geteuid() == 0;
	args->export.image.level = args->export.layer.level;
	args->export.image.has_time = args->export.layer.has_time;
	args->export.image.time = args->export.layer.time;
	args->export.image.cancel = &command_cancelled;
	args->export.image.warn = say_warning;
	return EXIT_DONE;
}

/* ---- steps ---- */

/* "/srv/My App.sfc" → "my-app": what an image can be called. The caller frees. */
static char *name_of(const char *path)
{
	_cleanup_(freep) char *whole = realpath(path, NULL);
	char *name = strdup(whole ? path_name(whole) : "");
	char *dot = name ? strrchr(name, '.') : NULL;

	if (dot && dot != name)
		*dot = '\0';
	for (char *c = name; c && *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c |= 0x20;
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._", *c))
			*c = '-';
	}
	if (name && strspn(name, "-._") == strlen(name)) {
		free(name);
		name = strdup("root");
	}
	return name;
}

/* --config, else what the source says, else a shell. */
static int find_start(const struct arguments *args, const struct export_source *source,
		      json_t **ret_start, struct error *err)
{
	_cleanup_(json_freep) json_t *shell = NULL;

	if (args->config_path)
		return oci_start_read(args->config_path, ret_start, err);
	if (source->start) {
		*ret_start = json_incref(source->start);
		return 0;
	}
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
	int r;

	if (!args->export.name)
		args->export.name = name = name_of(args->source);
	if (!args->export.name)
		return error_oom(err);
	r = export_source_open(&source, args->source, args->export.tmpdir, &command_cancelled, err);
	if (r == 0)
		r = find_start(args, &source, &start, err);
	if (r < 0)
		return r;
	if (source.warnings)
		log_warning("%s", source.warnings);
	return export_write(tree_root(source.tree), start, &args->export, args->output, stats, err);
}

int cmd_export(int argc, char **argv)
{
	struct arguments args = {0};
	struct export_stats stats = {0};
	struct error err = ERROR_INIT;
	int r = parse(&args, argc, argv);

	if (r != EXIT_DONE)
		return r < 0 ? EXIT_DONE : r;
	command_catch_signals();
	if (run(&args, &stats, &err) < 0) {
		log_error("export: %s", err.message);
		return EXIT_FAILED;
	}
	if (stats.sockets)
		log_warning("%llu sockets are left out: no tar can hold them",
			    (unsigned long long)stats.sockets);
	if (stats.extract.owners_lost)
		log_warning("%llu files belong to you now: only root can give them their owners",
			    (unsigned long long)stats.extract.owners_lost);
	if (stats.extract.xattrs_lost)
		log_warning("%llu extended attributes could not be set here",
			    (unsigned long long)stats.extract.xattrs_lost);
	return EXIT_DONE;
}
