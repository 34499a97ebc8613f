// SPDX-License-Identifier: BSD-2-Clause
/* tracepack describe: write into a manifest how a session was started. */
#include "pack/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/manifest.h"
#include "db/session.h"
#include "pack/launch.h"
#include "pack/selection.h"

/* What the command line says. */
struct description {
	const char *manifest, *session, *cwd, *label;
	int64_t uid, gid;
	json_t *env; /* owned; NULL: nothing said */
	char **command;
	int command_count;
};

static int parse_id(const char *text, int64_t *ret_id)
{
	char *end;
	unsigned long id;

	errno = 0;
	id = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || id > UINT32_MAX)
		return -EINVAL;
	*ret_id = (int64_t)id;
	return 0;
}

/* "33" or "33:33" */
static int parse_user(const char *text, struct description *description)
{
	_cleanup_(launch_release) struct launch launch = LAUNCH_INIT;
	int r = launch_set_user(&launch, text, NULL);

	if (r == 0) {
		description->uid = launch.uid;
		description->gid = launch.gid;
	}
	return r;
}

static int add_variable(struct description *description, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	_cleanup_(freep) char *name = NULL;

	if (!equals || equals == assignment)
		return -EINVAL;
	name = strndup(assignment, (size_t)(equals - assignment));
	if (!description->env)
		description->env = json_object();
	if (!name || !description->env)
		return -ENOMEM;
	if (json_object_set_new(description->env, name, json_string(equals + 1)) < 0)
		log_warning("the variable %s is not UTF-8 and is not noted", name);
	return 0;
}

static char *command_json(const struct description *description)
{
	json_auto_t *array = json_array();

	for (int i = 0; array && i < description->command_count; i++)
		if (json_array_append_new(array, json_string(description->command[i])) < 0)
			return NULL;
	return array ? json_dumps(array, JSON_COMPACT) : NULL;
}

/* What is not said stays as it is. */
static int describe(const struct description *description, struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	_cleanup_(session_list_release) struct session_list sessions = {0};
	_cleanup_(freep) char *command = NULL, *env = NULL;
	const struct session *session;
	struct session_start start;
	int r;

	r = manifest_open(description->manifest, MANIFEST_WRITE, &manifest, err);
	if (r == 0)
		r = session_list_read(manifest, &sessions, err);
	if (r < 0)
		return r;
	session = selection_session(&sessions, description->session);
	if (!session)
		return error_set(err, -ENOENT, "%s has no session '%s'", description->manifest,
				 description->session);
	if (description->command_count && !(command = command_json(description)))
		return error_set(err, -EILSEQ, "the command is not UTF-8; a manifest cannot hold it");
	if (description->env && !(env = json_dumps(description->env, JSON_COMPACT)))
		return error_oom(err);
	start = (struct session_start){
		.label = description->label ? description->label : session->label,
		.kind = session->kind,
		.mode = session->mode,
		.exact = session->exact,
		.source = session->source,
		.command = command ? command : session->command,
		.cwd = description->cwd ? description->cwd : session->cwd,
		.uid = description->uid >= 0 ? description->uid : session->uid,
		.gid = description->gid >= 0 ? description->gid : session->gid,
		.env = env ? env : session->env,
		.tool = session->tool,
	};
	return session_describe(manifest, session->id, &start, err);
}

static int parse(int argc, char **argv, const struct command *command,
		 struct description *description)
{
	static const struct option options[] = {
		{"session", required_argument, NULL, 'S'}, {"cwd", required_argument, NULL, 'c'},
		{"uid", required_argument, NULL, 'u'},	   {"gid", required_argument, NULL, 'g'},
		{"user", required_argument, NULL, 'U'},
		{"env", required_argument, NULL, 'e'},	   {"label", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},	   {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "e:h", options, NULL)) != -1) {
		int r = 0;

		switch (option) {
		case 'S':
			description->session = optarg;
			break;
		case 'c':
			description->cwd = optarg;
			r = *optarg == '/' ? 0 : -EINVAL;
			break;
		case 'l':
			description->label = optarg;
			break;
		case 'U':
			r = parse_user(optarg, description);
			break;
		case 'u':
			r = parse_id(optarg, &description->uid);
			break;
		case 'g':
			r = parse_id(optarg, &description->gid);
			break;
		case 'e':
			r = add_variable(description, optarg);
			break;
		case 'h':
			command_help(command);
			return -ECANCELED;
		default:
			return command_misused(command, "unknown or incomplete option '%s'",
					       argv[optind - 1]);
		}
		if (r < 0)
			return command_misused(command, "'%s' makes no sense there", optarg);
	}
	if (optind == argc)
		return command_misused(command, "no manifest given");
	description->manifest = argv[optind];
	description->command = argv + optind + 1;
	description->command_count = argc - optind - 1;
	return 0;
}

const char describe_usage[] =
	"MANIFEST [OPTION]… [-- COMMAND [ARG]…]\n"
	"Note how a session was started; what is not said stays as it is.\n\n"
	"      --session NAME      uuid, label or 'last' (default)\n"
	"      --label LABEL       a new label\n"
	"      --cwd DIR           the working directory, inside the root\n"
	"      --user UID[:GID]    the user and group; also --uid N, --gid N\n"
	"  -e, --env NAME=VALUE    a variable; all that are given replace those that were\n"
	"  -h, --help";

int cmd_describe(int argc, char **argv)
{
	struct description description = {.session = "last", .uid = -1, .gid = -1};
	const struct command *command = command_find("describe");
	struct error err = ERROR_INIT;
	int r;

	r = parse(argc, argv, command, &description);
	if (r == 0 && (r = describe(&description, &err)) < 0) {
		log_error("%s", err.message);
		r = EXIT_FAILED;
	}
	json_decref(description.env);
	return r == -ECANCELED ? EXIT_DONE : r;
}
