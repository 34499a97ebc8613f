// SPDX-License-Identifier: BSD-2-Clause
/* tracepack image: a whole directory or tar as an image. */
#include "pack/command.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "pack/amend.h"
#include "pack/image/image.h"
#include "pack/image/verify.h"
#include "pack/import.h"
#include "pack/order.h"
#include "pack/scan.h"
#include "pack/size.h"

const char image_usage[] =
	"SRC -o FILE [OPTION]…\n"
	"SRC is a directory, a tar or a container image; - is a tar on standard input.\n\n"
	"  -o, --output=FILE       the image\n"
	"  -l, --level=N           zstd level, 1 to 22 [15]\n"
	"  -b, --block=SIZE        4K to 1M, a power of two [128K; with --order 256K]\n"
	"      --fast              level 6, blocks of 128K\n"
	"      --small             the smallest image: blocks of 1M, own zstd parameters\n"
	"  -j, --threads=N         that compress [one per processor]\n"
	"      --memory=SIZE       for blocks on their way [24M]\n"
	"      --order=FILE        paths in the order of use: lay the image out for it\n"
	"      --exclude=PATTERN   leave out what matches and all below it\n"
	"      --include=PATTERN   but not this; of both the first that matches decides\n"
	"      --one-file-system   do not go into what is mounted below SRC\n"
	"      --all-root          everything belongs to 0:0\n"
	"      --owner=[PATTERN=]UID[:GID]  what matches belongs to these\n"
	"      --mode=[PATTERN=]MODE        what matches gets this mode (octal)\n"
	"      --time=SECONDS      no file is newer, and the image is of then [SOURCE_DATE_EPOCH]\n"
	"      --no-dedup          store equal files twice\n"
	"      --no-xattrs         leave extended attributes out\n"
	"      --exportable        for NFS export and file handles\n"
	"      --keep-going        store what changes meanwhile as it was read, exit 1\n"
	"  -n, --dry-run           write nothing, say how large it would be\n"
	"      --verify            read the image back and compare every byte\n"
	"      --stats[=json]      say what was done, on standard output\n"
	"  -q, --quiet             errors only\n"
	"  -h, --help";

enum { FAST_LEVEL = 6, ORDERED_BLOCK = 256 * 1024 };

struct arguments {
	const char *source, *output, *order;
	struct image_options image;
	struct amend amend;
	bool verify, stats, json, one_file_system;
	char *excluded; /* our own output, when it lies below SRC; owned */
};

/* Where the tree came from; freed after it. */
struct origin {
	struct import import;
	struct scan *scan;
	int rootfd;
	struct tree *tree; /* borrowed from import, or owned when there is a scan */
};

enum {
	OPT_FAST = 256,
	OPT_SMALL,
	OPT_MEMORY,
	OPT_ORDER,
	OPT_EXCLUDE,
	OPT_INCLUDE,
	OPT_ONE_FILE_SYSTEM,
	OPT_ALL_ROOT,
	OPT_OWNER,
	OPT_MODE,
	OPT_TIME,
	OPT_NO_DEDUP,
	OPT_NO_XATTRS,
	OPT_EXPORTABLE,
	OPT_KEEP_GOING,
	OPT_VERIFY,
	OPT_STATS,
};

static const struct option long_options[] = {
	{"all-root", no_argument, NULL, OPT_ALL_ROOT},
	{"block", required_argument, NULL, 'b'},
	{"dry-run", no_argument, NULL, 'n'},
	{"exclude", required_argument, NULL, OPT_EXCLUDE},
	{"exportable", no_argument, NULL, OPT_EXPORTABLE},
	{"fast", no_argument, NULL, OPT_FAST},
	{"help", no_argument, NULL, 'h'},
	{"include", required_argument, NULL, OPT_INCLUDE},
	{"keep-going", no_argument, NULL, OPT_KEEP_GOING},
	{"level", required_argument, NULL, 'l'},
	{"memory", required_argument, NULL, OPT_MEMORY},
	{"mode", required_argument, NULL, OPT_MODE},
	{"no-dedup", no_argument, NULL, OPT_NO_DEDUP},
	{"no-xattrs", no_argument, NULL, OPT_NO_XATTRS},
	{"one-file-system", no_argument, NULL, OPT_ONE_FILE_SYSTEM},
	{"order", required_argument, NULL, OPT_ORDER},
	{"output", required_argument, NULL, 'o'},
	{"owner", required_argument, NULL, OPT_OWNER},
	{"quiet", no_argument, NULL, 'q'},
	{"small", no_argument, NULL, OPT_SMALL},
	{"stats", optional_argument, NULL, OPT_STATS},
	{"threads", required_argument, NULL, 'j'},
	{"time", required_argument, NULL, OPT_TIME},
	{"verify", no_argument, NULL, OPT_VERIFY},
	{NULL, 0, NULL, 0},
};

/* --- what was asked ------------------------------------------------------------------------- */

static bool parse_number(const char *text, long long least, long long most, long long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoll(text, &end, 10);
	return !errno && end != text && !*end && *ret_number >= least && *ret_number <= most;
}

static bool parse_time(struct image_options *image, const char *text)
{
	long long time;

	if (!parse_number(text, 0, UINT32_MAX, &time))
		return false;
	image->has_time = true;
	image->time = time;
	return true;
}

static bool parse_block(struct image_options *image, const char *text)
{
	uint64_t size;

	if (!size_parse(text, &size) || size < IMAGE_BLOCK_MIN || size > IMAGE_BLOCK_MAX ||
	    size & (size - 1))
		return false;
	image->block_size = (uint32_t)size;
	return true;
}

/* Options that take a value; false when it makes no sense. */
static bool take_value(struct arguments *args, int option, const char *value)
{
	struct image_options *image = &args->image;
	long long number;

	switch (option) {
	case 'o':
		args->output = value;
		return true;
	case 'l':
		if (!parse_number(value, 1, 22, &number))
			return false;
		image->level = (int)number;
		return true;
	case 'b':
		return parse_block(image, value);
	case 'j':
		if (!parse_number(value, 1, 256, &number))
			return false;
		image->threads = (unsigned int)number;
		return true;
	case OPT_MEMORY:
		return size_parse(value, &image->memory) && image->memory;
	case OPT_ORDER:
		args->order = value;
		return true;
	case OPT_EXCLUDE:
		return amend_add(&args->amend, AMEND_EXCLUDE, value) == 0;
	case OPT_INCLUDE:
		return amend_add(&args->amend, AMEND_INCLUDE, value) == 0;
	case OPT_OWNER:
		return amend_add(&args->amend, AMEND_OWNER, value) == 0;
	case OPT_MODE:
		return amend_add(&args->amend, AMEND_MODE, value) == 0;
	case OPT_TIME:
		return parse_time(image, value);
	}
	return false;
}

static bool take_option(struct arguments *args, int option, const char *value)
{
	struct image_options *image = &args->image;

	switch (option) {
	case OPT_FAST:
		image->level = FAST_LEVEL;
		return true;
	case OPT_SMALL:
		return image->small = true;
	case OPT_ONE_FILE_SYSTEM:
		return args->one_file_system = true;
	case OPT_ALL_ROOT:
		return amend_add(&args->amend, AMEND_OWNER, "0:0") == 0;
	case OPT_NO_DEDUP:
		return image->no_dedup = true;
	case OPT_NO_XATTRS:
		return image->no_xattrs = true;
	case OPT_EXPORTABLE:
		return image->exportable = true;
	case OPT_KEEP_GOING:
		return image->keep_going = true;
	case 'n':
		return image->dry_run = true;
	case OPT_VERIFY:
		return args->verify = true;
	case OPT_STATS:
		args->json = value && strcmp(value, "json") == 0;
		args->stats = true;
		return !value || args->json;
	case 'q':
		log_init("tracepack", LOG_QUIET);
		return true;
	}
	return take_value(args, option, value);
}

/* EXIT_DONE: go on; -1: help was printed; else an exit code. */
static int parse(struct arguments *args, int argc, char **argv)
{
	const struct command *command = command_find("image");
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	int option;

	if (epoch && *epoch && !parse_time(&args->image, epoch))
		return command_misused(command, "SOURCE_DATE_EPOCH is no time: '%s'", epoch);
	while ((option = getopt_long(argc, argv, "b:hj:l:no:q", long_options, NULL)) != -1) {
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
	if (!args->output && !args->image.dry_run)
		return command_misused(command, "where to? (-o FILE)");
	args->source = argv[optind];
	if (args->order && !args->image.block_size && !args->image.small)
		args->image.block_size = ORDERED_BLOCK;
	return EXIT_DONE;
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
	return amend_wants(&args->amend, path);
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
	if (r == 0 && amend_apply(&args->amend, origin->tree, !directory) < 0)
		r = error_oom(err);
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

static void show_progress(uint64_t done, uint64_t total, void *data)
{
	progress_show(data, done, total);
}

static void show_warning(const char *message, void *data)
{
	(void)data;
	log_warning("%s", message);
}

static int write_image(struct arguments *args, struct tree *tree, struct image_stats *stats,
		       struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	struct image_options *image = &args->image;
	bool changed;
	int r = 0;

	if (!image->dry_run)
		r = io_output_open(&output, args->output, 0644, err);
	if (r == 0)
		r = image_write(tree, image, output.fd, stats, err);
	changed = r == -ESTALE && image->keep_going;
	if ((r < 0 && !changed) || image->dry_run)
		return r;
	if (args->verify && !changed) {
		image->progress_data = (void *)"verify";
		r = image_verify(tree, image, output.fd, args->output, err);
	}
	if (r < 0 && !changed)
		return r;
	if (io_publish(&output, changed ? NULL : err) < 0)
		return changed ? error_set(err, -EIO, "cannot write '%s'", args->output) : -EIO;
	return r;
}

static void say_json(const struct image_stats *s)
{
	json_t *json = json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "inodes",
		(json_int_t)s->inodes, "files", (json_int_t)s->files, "bytes_in",
		(json_int_t)s->bytes_in, "bytes_sparse", (json_int_t)s->bytes_sparse,
		"bytes_duplicate", (json_int_t)s->bytes_duplicate, "bytes_out",
		(json_int_t)s->bytes_out, "data_out", (json_int_t)s->data_out, "metadata_out",
		(json_int_t)s->metadata_out, "blocks", (json_int_t)s->blocks, "fragments",
		(json_int_t)s->fragments, "changed", (json_int_t)s->changed, "memory_blocks",
		(json_int_t)s->memory_peak, "seconds", s->seconds, "starved_seconds",
		s->starved_seconds);

	if (json && json_dumpf(json, stdout, JSON_INDENT(2)) == 0)
		putchar('\n');
	json_decref(json);
}

static void say_stats(const struct image_stats *s)
{
	const struct {
		const char *what;
		uint64_t bytes;
	} sizes[] = {
		{"contents", s->bytes_in},      {"holes", s->bytes_sparse},
		{"duplicates", s->bytes_duplicate}, {"compressed", s->data_out},
		{"tables", s->metadata_out},    {"image", s->bytes_out},
	};

	printf("%-12s %14llu (%llu regular files)\n", "inodes", (unsigned long long)s->inodes,
	       (unsigned long long)s->files);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		printf("%-12s %14llu bytes\n", sizes[i].what, (unsigned long long)sizes[i].bytes);
	printf("%-12s %14llu, and %llu fragments\n", "blocks", (unsigned long long)s->blocks,
	       (unsigned long long)s->fragments);
	printf("%-12s %14.2f seconds; compressors waited %.2f\n", "time", s->seconds,
	       s->starved_seconds);
}

static void say_done(const struct arguments *args, const struct image_stats *stats)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;

	if (args->stats && args->json)
		say_json(stats);
	else if (args->stats)
		say_stats(stats);
	text_add_count(&line, stats->inodes);
	text_add(&line, " inodes, ");
	text_add_size(&line, stats->bytes_in);
	text_add(&line, " → ");
	text_add_size(&line, stats->bytes_out);
	log_note("%s%s%s", line.bytes, args->output ? ", " : "",
		 args->image.dry_run ? "not written" : args->output);
}

static int run(struct arguments *args, struct origin *origin, struct error *err)
{
	struct image_stats stats = {0};
	int r;

	args->image.progress = show_progress;
	args->image.progress_data = (void *)"pack";
	args->image.warn = show_warning;
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

int cmd_image(int argc, char **argv)
{
	struct arguments args = {0};
	struct origin origin = {.import = IMPORT_INIT, .rootfd = -1};
	struct error err = ERROR_INIT;
	int r = parse(&args, argc, argv);

	if (r == EXIT_DONE) {
		command_catch_signals();
		if (run(&args, &origin, &err) < 0) {
			log_error("image: %s", err.message);
			r = EXIT_FAILED;
		}
		origin_release(&origin);
	}
	amend_release(&args.amend);
	free(args.excluded);
	return r < 0 ? EXIT_DONE : r;
}
