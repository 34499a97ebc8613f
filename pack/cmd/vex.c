// SPDX-License-Identifier: BSD-2-Clause
/* tracepack vex: of which known weaknesses a package is not affected, because what has them was left out. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/cmd/output.h"
#include "pack/distro/distribution.h"
#include "pack/distro/purl.h"
#include "pack/distro/read.h"
#include "pack/distro/vex.h"
#include "pack/report/inventory.h"
#include "pack/source/source.h"

struct arguments {
	const char *path, *source, *output, *product, *author, *name;
	ARRAY(const char *) lists; /* of known weaknesses */
	bool force, cyclonedx;
};

static bool is_kept(const char *path, void *data)
{
	return inventory_find(data, path) != NULL;
}

/* The newest of what is there. */
static int64_t time_of(const struct inventory *inventory)
{
	int64_t newest = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		int64_t time = inventory->items[i].found.mtime_ns / 1000000000;

		if (inventory->items[i].found.kind != ENTRY_DIR && time > newest)
			newest = time;
	}
	return newest;
}

/* pkg:generic/web.sfc?checksum=sha256:9f…, of a directory without the latter. */
static int add_product(const struct arguments *args, const char *name, const struct inventory *inventory,
		       struct text *product, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	char hex[DIGEST_HEX_SIZE];
	int r;

	if (args->product) {
		text_add(product, args->product);
	} else {
		text_add(product, "pkg:generic/");
		purl_encode(product, name);
	}
	if (!args->product && inventory->kind != INVENTORY_DIRECTORY) {
		fd = open(args->path, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? error_errno(err, "cannot open '%s'", args->path) : digest_fd(fd, hex, err);
		if (r < 0)
			return r;
		text_printf(product, "?checksum=sha256:%s", hex);
	}
	return text_failed(product) ? error_oom(err) : 0;
}

static int write_document(const struct arguments *args, const struct vex *vex, const struct inventory *inventory,
			  struct error *err)
{
	_cleanup_(text_release) struct text product = TEXT_INIT;
	_cleanup_(freep) char *whole = path_canonicalize(args->path);
	struct vex_subject subject = {.author = args->author ? args->author : "unnamed", .time = time_of(inventory)};
	json_auto_t *json = NULL;
	int r;

	if (!whole)
		return error_oom(err);
	subject.name = args->name ? args->name : path_name(whole);
	r = add_product(args, subject.name, inventory, &product, err);
	if (r < 0)
		return r;
	subject.product = product.bytes;
	json = args->cyclonedx ? vex_cyclonedx(vex, &subject) : vex_openvex(vex, &subject);
	return json ? output_json(args->output, args->force, json, err) : error_oom(err);
}

static void say_count(const struct vex *vex)
{
	size_t absent = 0;

	for (size_t i = 0; i < vex->distribution->count; i++)
		absent += !installed_is_present(&vex->distribution->items[i]);
	log_note("%zu weaknesses of packages that are not in it; %zu of %zu records are about what is; "
		 "%zu of %zu packages of the source are not there", vex_count(vex), vex->present, vex->records, absent,
		 vex->distribution->count);
}

static int make_document(struct arguments *args, struct inventory *inventory, struct error *err)
{
	_cleanup_(distribution_release) struct distribution distribution = {0};
	_cleanup_(source_closep) struct source *source = NULL;
	_cleanup_(vex_release) struct vex vex = {.distribution = &distribution};
	int r = output_check(args->output, args->force, err);

	if (r == 0 && inventory_kind_of(args->path) == INVENTORY_MANIFEST)
		r = error_set(err, -EINVAL, "'%s' is a manifest: a package, an image or a directory is wanted", args->path);
	if (r == 0)
		r = inventory_load(args->path, INVENTORY_NEEDED, inventory, err);
	if (r == 0)
		r = source_open(args->source, &source, err);
	if (r == 0)
		r = distribution_read(source, &distribution, err);
	if (r == 0 && distribution.unread)
		r = error_set(err, -EBADMSG, "the packages of %s in '%s' are not known: %s", distribution.unread, args->source,
			      distribution.because);
	if (r == 0 && !distribution.count)
		r = error_set(err, -ENOENT, "'%s' has no records of packages", args->source);
	if (r < 0)
		return r;
	distribution_mark(&distribution, is_kept, inventory);
	for (size_t i = 0; i < args->lists.count && r == 0; i++)
		r = vex_add(&vex, args->lists.items[i], err);
	if (r == 0)
		r = write_document(args, &vex, inventory, err);
	if (r == 0)
		say_count(&vex);
	return r;
}

static int take_list(void *target, const char *value, struct error *err)
{
	struct arguments *args = target;

	return array_push(&args->lists, value) < 0 ? error_oom(err) : 0;
}

static int take_format(void *target, const char *value, struct error *err)
{
	bool *cyclonedx = target;

	(void)err;
	*cyclonedx = strcmp(value, "cyclonedx") == 0;
	return *cyclonedx || strcmp(value, "openvex") == 0 ? 0 : -EINVAL;
}

static const struct command_option command_options[] = {
	{'s', "source", "SOURCE", "the root that it was made from", OPTION_STRING(struct arguments, source)},
	{0, "osv", "FILE|DIR", "known weaknesses: a record of OSV, or a directory of them; repeatable",
	 OPTION_WHOLE(take_list)},
	{'o', "output", "FILE", "where to write (default: standard output)", OPTION_STRING(struct arguments, output)},
	OUTPUT_FORCE(struct arguments, force),
	{0, "format", "openvex|cyclonedx", "OpenVEX 0.2.0 (default) or CycloneDX 1.5, both JSON",
	 OPTION_CALL(take_format, struct arguments, cyclonedx)},
	{0, "product", "URL", "by which a scanner knows it, as pkg:oci/web@sha256:…\n"
	 "(default: pkg:generic/NAME with the file's digest)",
	 OPTION_STRING(struct arguments, product)},
	{0, "name", "NAME", "of what is described (default: from WHAT)", OPTION_STRING(struct arguments, name)},
	{0, "author", "WHO", "who says so (default: unnamed)", OPTION_STRING(struct arguments, author)},
	{'q', "quiet", NULL, "warnings and errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

static int vex_command(int argc, char **argv)
{
	_cleanup_(inventory_release) struct inventory inventory = INVENTORY_INIT;
	struct arguments args = {0};
	struct error err = ERROR_INIT;
	const char *misuse = NULL;
	int code;

	if (command_parse(&command_vex, argc, argv, &args, &code)) {
		if (argc - optind != 1)
			misuse = argc == optind ? "of what? (a package)" : "of one thing at a time";
		else if (!args.source)
			misuse = "which root was it made from? (-s SOURCE)";
		else if (!args.lists.count)
			misuse = "which weaknesses are known? (--osv FILE|DIR)";
		args.path = argv[optind];
		code = misuse ? command_misused(&command_vex, "%s", misuse) : EXIT_DONE;
		if (!misuse && make_document(&args, &inventory, &err) < 0) {
			log_error("vex: %s", err.message);
			code = EXIT_FAILED;
		}
	}
	array_release(&args.lists);
	return code;
}

const struct command command_vex = {
	.name = "vex",
	.summary = "say which known weaknesses it does not have",
	.operands = "WHAT -s SOURCE --osv FILE|DIR [OPTION]…",
	.about = "VEX statements of a package, an image or a directory: not affected, as the package of the distribution\n"
		 "that has the weakness is in SOURCE, and no file of it in WHAT.",
	.options = command_options,
	.function = vex_command,
};
