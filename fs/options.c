// SPDX-License-Identifier: BSD-2-Clause
#include "fs/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

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
	{"user", required_argument, NULL, 'u'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

bool options_flag(size_t i, const char **ret_name, char *ret_letter, bool *ret_takes_value)
{
	if (!long_options[i].name)
		return false;
	*ret_name = long_options[i].name;
	*ret_letter = long_options[i].val < OPT_MARK ? (char)long_options[i].val : 0;
	*ret_takes_value = long_options[i].has_arg == required_argument;
	return true;
}

static int argument(struct options *options, int c, bool helper, struct error *err)
{
	switch (c) {
	case 'o':
		return options_list_parse(options, optarg, err);
	case 'f':
		*(helper ? &options->fake : &options->foreground) = true;
		return 0;
	case 'd':
		options->debug = options->foreground = true;
		return 0;
	case 'u':
		return options_set_text(&options->user, optarg, err);
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
		return options_set_text(&options->label, optarg, err);
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
	int wanted = options->action == ACTION_MOUNT && !options->command ? 2 : 1;
	int r = 0;

	if (options->action == ACTION_HELP || options->action == ACTION_VERSION)
		return 0;
	if (options->command) {
		if (options->action != ACTION_MOUNT || count != 1)
			return error_set(err, -EINVAL, "one SOURCE is needed before --");
		return options_set_text(&options->source, words[0], err);
	}
	if (count != wanted)
		return error_set(err, -EINVAL, wanted == 2 ? "SOURCE and MOUNTPOINT are needed" :
							     "MOUNTPOINT is needed");
	if (wanted == 2)
		r = options_set_text(&options->source, words[0], err);
	return r < 0 ? r : options_set_text(&options->mountpoint, words[wanted - 1], err);
}

static int check(const struct options *options, struct error *err)
{
	if (options->action != ACTION_MOUNT)
		return 0;
	if (options->scratch && options->read_only)
		return error_set(err, -EINVAL, "scratch= is for writing and ro is against it");
	if (options->scratch && !*options->scratch)
		return error_set(err, -EINVAL, "scratch= needs a directory or the word tmpfs");
	if (options->above && (!options->command || !options->scratch || options->mode == MODE_FIRST))
		return error_set(err, -EINVAL, "above= is for SOURCE -- COMMAND with scratch= and "
					       "mode=every");
	if (options->except && !options->known)
		return error_set(err, -EINVAL, "except= makes exceptions of known=MANIFEST");
	if (!options->command && (options->user || options->container || options->pid1 ||
				  options->not_pid1 || options->privileged || options->join))
		return error_set(err, -EINVAL, "-u, container, pid1, nopid1, privileged and join are "
					       "for SOURCE -- COMMAND");
	if (options->traces && options->manifest)
		return error_set(err, -EINVAL, "traces= and manifest= contradict each other");
	if (!options->command && (options->traces || options->image))
		return error_set(err, -EINVAL, "traces= and image= are for SOURCE -- COMMAND");
	if (options->join && (options->traces || options->manifest))
		return error_set(err, -EINVAL, "join begins no session: traces= and manifest= are "
					       "those of the command it goes to");
	if (options->pid1 && options->not_pid1)
		return error_set(err, -EINVAL, "pid1 and nopid1 contradict each other");
	if (options->command && (options->only_me || options->namespace))
		return error_set(err, -EINVAL, "%s is not for a command's root",
				 options->only_me ? "only_me" : "namespace=");
	if (options->allow_other && options->only_me)
		return error_set(err, -EINVAL, "allow_other and only_me contradict each other");
	if (options->scratch && options->only_me)
		return error_set(err, -EINVAL, "only_me cannot be had with scratch=, whose overlay "
					       "enters for everybody; put the mount point into a "
					       "directory that is closed to others");
	return 0;
}

/* Does this argument take the next one for its value? */
static bool takes_next(const char *argument)
{
	return strcmp(argument, "-o") == 0 || strcmp(argument, "-u") == 0 ||
	       strcmp(argument, "--mark") == 0 || strcmp(argument, "--options") == 0 ||
	       strcmp(argument, "--user") == 0;
}

/*
 * What stands behind "SOURCE --" is a command, however it looks, and not for getopt(3). "--" with no
 * word before it only ends the options. Returns how many arguments are left.
 */
static int command_cut(struct options *options, int argc, char **argv)
{
	bool word = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			if (word)
				options->command = argv + i + 1;
			return word ? i : argc;
		}
		if (takes_next(argv[i]))
			i++;
		else if (argv[i][0] != '-')
			word = true;
	}
	return argc;
}

int options_parse(struct options *options, int argc, char **argv, struct error *err)
{
	const char *program = argc > 0 ? strrchr(argv[0], '/') : NULL;
	bool helper;
	int c, r;

	program = program ? program + 1 : argc > 0 ? argv[0] : "";
	helper = strncmp(program, "mount.", 6) == 0;
	*options = (struct options){.flush_ms = 500,
				    .threads = 16,
				    .max_manifest = UINT64_C(2) << 30,
				    .by_mount8 = helper};
	argc = helper ? argc : command_cut(options, argc, argv);
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, helper ? "o:fnsvt:N:h" : "o:fdhu:V", long_options,
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
	if (options->command && !*options->command)
		return error_set(err, -EINVAL, "a COMMAND is needed behind --");
	r = positional(options, argc - optind, argv + optind, err);
	if (r == 0 && options->remount && options->command)
		return error_set(err, -EINVAL, "remount is not for a command");
	if (options->remount && options->action == ACTION_MOUNT)
		options->action = ACTION_REMOUNT;
	return r < 0 ? r : check(options, err);
}

void options_release(struct options *options)
{
	free(options->source);
	free(options->mountpoint);
	free(options->manifest);
	free(options->traces);
	free(options->image);
	free(options->label);
	free(options->scratch);
	free(options->above);
	free(options->known);
	free(options->except);
	free(options->user);
	for (size_t i = 0; i < options->ignore.count; i++)
		free(options->ignore.items[i]);
	array_release(&options->ignore);
}
