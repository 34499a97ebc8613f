// SPDX-License-Identifier: BSD-2-Clause
#include "fs/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

const char options_help[] =
	"Usage: tracefs [-f] [-d] -o manifest=FILE[,OPTION…] SOURCE MOUNTPOINT\n"
	"       mount -t fuse.tracefs -o manifest=FILE[,OPTION…] SOURCE MOUNTPOINT\n"
	"       tracefs --mark LABEL | --flush | --status [--json] | --unmount  MOUNTPOINT\n"
	"Mount SOURCE at MOUNTPOINT and remember in a manifest which files are used through it.\n"
	"\n"
	"  -f             stay in the foreground      -d   say what goes on (implies -f)\n"
	"  --help, --version\n"
	"\n"
	"  manifest=FILE  the SQLite file to record into, made when missing (required)\n"
	"  label=TEXT     what to call this session               [name of SOURCE]\n"
	"  scratch=DIR|tmpfs  writes go there (overlayfs), SOURCE is never written\n"
	"  mode=every|first   every call, or the first use of each path     [every]\n"
	"  log=events     also keep the raw stream of calls\n"
	"  ignore=GLOB    nobody wants these paths; may be repeated\n"
	"  known=MANIFEST,except=DIR  only paths that its catalog has and DIR has not\n"
	"  kind=test|prod prod: what packages were made without    [test]\n"
	"  xdev           do not follow other file systems mounted inside SOURCE\n"
	"  catalog=no     do not list everything there is in SOURCE\n"
	"  ro             nothing can be written\n"
	"  allow_other, only_me  who may use the mount (root: everybody; else: only me)\n"
	"  flush_ms=N     how often to write to the manifest           [500]\n"
	"  threads=N      most threads that answer at once              [16]\n"
	"  attr_timeout=MS    attributes may be this old: faster, counts not exact [0]\n"
	"  namespace=PID  mount where that process is, and stay outside\n"
	"  passthrough=auto|on|off  let the kernel read files by itself    [auto]\n"
	"  transport=auto|uring|dev how requests come in                   [auto]\n"
	"\n"
	"Unmounting ends the session. See tracefs(1).\n";

enum kind { FLAG, TEXT, NUMBER, CHOICE, IGNORED };

struct option_row {
	const char *name;
	enum kind kind;
	size_t offset;
	unsigned int low, high;     /* of a number; low: the value a FLAG gives */
	const char *const *choices; /* by value, NULL ends */
};

#define AT(field) offsetof(struct options, field)

static const char *const modes[] = {"every", "first", NULL};
static const char *const kinds[] = {"test", "prod", NULL};
static const char *const logs[] = {"accesses", "events", NULL};
static const char *const passthroughs[] = {"auto", "on", "off", NULL};
static const char *const transports[] = {"auto", "uring", "dev", NULL};
static const char *const yes_no[] = {"yes", "no", NULL};

static const struct option_row rows[] = {
	{"allow_other", FLAG, AT(allow_other), 1, 0, NULL},
	{"attr_timeout", NUMBER, AT(attr_timeout_ms), 0, 3600 * 1000, NULL},
	{"catalog", CHOICE, AT(no_catalog), 0, 0, yes_no},
	{"dirsync", FLAG, AT(dirsync), 1, 0, NULL},
	{"except", TEXT, AT(except), 0, 0, NULL},
	{"flush_ms", NUMBER, AT(flush_ms), 10, 3600 * 1000, NULL},
	{"kind", CHOICE, AT(kind), 0, 0, kinds},
	{"known", TEXT, AT(known), 0, 0, NULL},
	{"label", TEXT, AT(label), 0, 0, NULL},
	{"log", CHOICE, AT(log), 0, 0, logs},
	{"manifest", TEXT, AT(manifest), 0, 0, NULL},
	{"mode", CHOICE, AT(mode), 0, 0, modes},
	{"noatime", FLAG, AT(noatime), 1, 0, NULL},
	{"namespace", NUMBER, AT(namespace), 1, 4194304, NULL},
	{"nodev", FLAG, AT(nodev), 1, 0, NULL},
	{"noexec", FLAG, AT(noexec), 1, 0, NULL},
	{"nosuid", FLAG, AT(nosuid), 1, 0, NULL},
	{"only_me", FLAG, AT(only_me), 1, 0, NULL},
	{"passthrough", CHOICE, AT(passthrough), 0, 0, passthroughs},
	{"ro", FLAG, AT(read_only), 1, 0, NULL},
	{"rw", FLAG, AT(read_only), 0, 0, NULL},
	{"scratch", TEXT, AT(scratch), 0, 0, NULL},
	{"sync", FLAG, AT(sync), 1, 0, NULL},
	{"threads", NUMBER, AT(threads), 1, 256, NULL},
	{"transport", CHOICE, AT(transport), 0, 0, transports},
	{"xdev", FLAG, AT(xdev), 1, 0, NULL},
	/* the opposite of what is there without them */
	{"async", IGNORED, 0, 0, 0, NULL},
	{"atime", IGNORED, 0, 0, 0, NULL},
	{"dev", FLAG, AT(nodev), 0, 0, NULL},
	{"exec", FLAG, AT(noexec), 0, 0, NULL},
	{"suid", FLAG, AT(nosuid), 0, 0, NULL},
	/* of fstab and mount(8), not for us */
	{"_netdev", IGNORED, 0, 0, 0, NULL},
	{"auto", IGNORED, 0, 0, 0, NULL},
	{"defaults", IGNORED, 0, 0, 0, NULL},
	{"diratime", IGNORED, 0, 0, 0, NULL},
	{"group", IGNORED, 0, 0, 0, NULL},
	{"noauto", IGNORED, 0, 0, 0, NULL},
	{"nodiratime", IGNORED, 0, 0, 0, NULL},
	{"nofail", IGNORED, 0, 0, 0, NULL},
	{"nogroup", IGNORED, 0, 0, 0, NULL},
	{"noowner", IGNORED, 0, 0, 0, NULL},
	{"norelatime", IGNORED, 0, 0, 0, NULL},
	{"nostrictatime", IGNORED, 0, 0, 0, NULL},
	{"nouser", IGNORED, 0, 0, 0, NULL},
	{"nousers", IGNORED, 0, 0, 0, NULL},
	{"owner", IGNORED, 0, 0, 0, NULL},
	{"relatime", IGNORED, 0, 0, 0, NULL},
	{"strictatime", IGNORED, 0, 0, 0, NULL},
	{"user", IGNORED, 0, 0, 0, NULL},
	{"users", IGNORED, 0, 0, 0, NULL},
};

static const struct option_row *row_of(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static int set_text(char **at, const char *value, struct error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return error_oom(err);
	free(*at);
	*at = copy;
	return 0;
}

static int set_number(const struct option_row *row, unsigned int *at, const char *value,
		      struct error *err)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || errno || number < row->low ||
	    number > row->high)
		return error_set(err, -EINVAL, "%s=%s: a number from %u to %u is needed", row->name,
				 value, row->low, row->high);
	*at = (unsigned int)number;
	return 0;
}

static int set_choice(const struct option_row *row, void *at, const char *value,
		      struct error *err)
{
	char list[80] = "";

	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], value) == 0) {
			if (row->choices == yes_no)
				*(bool *)at = i;
			else
				*(int *)at = i;
			return 0;
		}
		strcat(strcat(list, i ? ", " : ""), row->choices[i]);
	}
	return error_set(err, -EINVAL, "%s=%s: it is one of %s", row->name, value, list);
}

static int add_ignore(struct options *options, const char *glob, struct error *err)
{
	char *copy = strdup(glob);

	if (!copy || array_push(&options->ignore, copy) < 0) {
		free(copy);
		return error_oom(err);
	}
	return 0;
}

/* One option of the list behind -o; value is NULL without "=". */
static int option_set(struct options *options, const char *name, const char *value,
		      struct error *err)
{
	const struct option_row *row = row_of(name);
	void *at;

	if (strcmp(name, "ignore") == 0 && value)
		return add_ignore(options, value, err);
	/* comments for others; what libmount passes on to say which file system it is */
	if (strncmp(name, "x-", 2) == 0 || strncmp(name, "comment", 7) == 0 ||
	    strcmp(name, "subtype") == 0 || strcmp(name, "fsname") == 0)
		return 0;
	if (!row || (row->kind != FLAG && row->kind != IGNORED && !value) ||
	    (row->kind == FLAG && value))
		return error_set(err, -EINVAL, row ? "option '%s' is used wrongly" :
						     "unknown option '%s'", name);
	at = (char *)options + row->offset;
	switch (row->kind) {
	case FLAG:
		*(bool *)at = row->low;
		return 0;
	case TEXT:
		return set_text(at, value, err);
	case NUMBER:
		return set_number(row, at, value, err);
	case CHOICE:
		return set_choice(row, at, value, err);
	case IGNORED:
		return 0;
	}
	return 0;
}

/* The next option of a list, in place: "\," is a comma of the value. NULL at the end. */
static char *list_next(char **rest)
{
	char *start = *rest, *to = start, *from = start;

	if (!*start)
		return NULL;
	for (; *from && *from != ','; from++) {
		if (*from == '\\' && (from[1] == ',' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	*rest = *from ? from + 1 : from;
	*to = '\0';
	return start;
}

static int list_parse(struct options *options, const char *list, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(list);
	char *rest = copy, *item;

	if (!copy)
		return error_oom(err);
	while ((item = list_next(&rest))) {
		char *value = strchr(item, '=');
		int r;

		if (!*item)
			continue;
		if (value)
			*value++ = '\0';
		r = option_set(options, item, value, err);
		if (r < 0)
			return r;
	}
	return 0;
}

enum { OPT_MARK = 256, OPT_FLUSH, OPT_STATUS, OPT_JSON, OPT_UNMOUNT };

static const struct option long_options[] = {
	{"debug", no_argument, NULL, 'd'},
	{"flush", no_argument, NULL, OPT_FLUSH},
	{"foreground", no_argument, NULL, 'f'},
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, OPT_JSON},
	{"mark", required_argument, NULL, OPT_MARK},
	{"options", required_argument, NULL, 'o'},
	{"status", no_argument, NULL, OPT_STATUS},
	{"unmount", no_argument, NULL, OPT_UNMOUNT},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static int argument(struct options *options, int c, bool helper, struct error *err)
{
	switch (c) {
	case 'o':
		return list_parse(options, optarg, err);
	case 'f':
		*(helper ? &options->fake : &options->foreground) = true;
		return 0;
	case 'd':
		options->debug = options->foreground = true;
		return 0;
	case 'n': /* of mount(8): no mtab, sloppy, verbose, type */
	case 's':
	case 'v':
	case 't':
		return 0;
	case 'h':
		options->action = ACTION_HELP;
		return 0;
	case 'V':
		options->action = ACTION_VERSION;
		return 0;
	case OPT_MARK:
		options->action = ACTION_MARK;
		return set_text(&options->label, optarg, err);
	case OPT_FLUSH:
		options->action = ACTION_FLUSH;
		return 0;
	case OPT_STATUS:
		options->action = ACTION_STATUS;
		return 0;
	case OPT_UNMOUNT:
		options->action = ACTION_UNMOUNT;
		return 0;
	case OPT_JSON:
		options->json = true;
		return 0;
	default:
		return error_set(err, -EINVAL, "unknown argument");
	}
}

static int positional(struct options *options, int count, char **words, struct error *err)
{
	int wanted = options->action == ACTION_MOUNT ? 2 : 1;
	int r = 0;

	if (options->action == ACTION_HELP || options->action == ACTION_VERSION)
		return 0;
	if (count != wanted)
		return error_set(err, -EINVAL, wanted == 2 ? "SOURCE and MOUNTPOINT are needed" :
							     "MOUNTPOINT is needed");
	if (wanted == 2)
		r = set_text(&options->source, words[0], err);
	return r < 0 ? r : set_text(&options->mountpoint, words[wanted - 1], err);
}

static int check(const struct options *options, struct error *err)
{
	if (options->action != ACTION_MOUNT)
		return 0;
	if (options->scratch && options->read_only)
		return error_set(err, -EINVAL, "scratch= is for writing and ro is against it");
	if (options->scratch && !*options->scratch)
		return error_set(err, -EINVAL, "scratch= needs a directory or the word tmpfs");
	if (options->except && !options->known)
		return error_set(err, -EINVAL, "except= makes exceptions of known=MANIFEST");
	if (options->allow_other && options->only_me)
		return error_set(err, -EINVAL, "allow_other and only_me contradict each other");
	if (options->scratch && options->only_me)
		return error_set(err, -EINVAL, "only_me cannot be had with scratch=, whose overlay "
					       "enters for everybody; put the mount point into a "
					       "directory that is closed to others");
	return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct error *err)
{
	const char *program = argc > 0 ? strrchr(argv[0], '/') : NULL;
	bool helper;
	int c, r;

	program = program ? program + 1 : argc > 0 ? argv[0] : "";
	helper = strncmp(program, "mount.", 6) == 0;
	*options = (struct options){.flush_ms = 500, .threads = 16};
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, helper ? "o:fnsvt:N:h" : "o:fdhV", long_options,
				NULL)) != -1) {
		if (c == '?')
			return error_set(err, -EINVAL, "unknown or incomplete argument '%s'",
					 argv[optind - 1]);
		if (c == 'N')
			return error_set(err, -EINVAL, "mounting in another namespace (-N) is not "
						       "supported: use nsenter(1)");
		r = argument(options, c, helper, err);
		if (r < 0)
			return r;
	}
	r = positional(options, argc - optind, argv + optind, err);
	return r < 0 ? r : check(options, err);
}

void options_release(struct options *options)
{
	free(options->source);
	free(options->mountpoint);
	free(options->manifest);
	free(options->label);
	free(options->scratch);
	free(options->known);
	free(options->except);
	for (size_t i = 0; i < options->ignore.count; i++)
		free(options->ignore.items[i]);
	array_release(&options->ignore);
}
