// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/start_mounts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/package/start_asks.h"
#include "pack/package/start_read.h"

/* One entry of the list, as it stands. */
struct request {
	size_t index;
	char *destination; /* canonical */
	const char *type, *source;
	struct start_strings options;
};

static void request_release(struct request *request)
{
	for (size_t i = 0; i < request->options.count; i++)
		free(request->options.items[i]);
	array_release(&request->options);
	free(request->destination);
}

/* What every container of ours has there, and of which type. */
static const struct place {
	const char *destination, *type;
} ours[] = {
	{"/proc", "proc"},   {"/dev", "tmpfs"},		{"/dev/pts", "devpts"},
	{"/dev/shm", "tmpfs"}, {"/dev/mqueue", "mqueue"}, {"/sys", "sysfs"},
};

static bool is_ours(const char *destination)
{
	return path_is_within(destination, "/proc") || path_is_within(destination, "/sys") ||
	       path_is_within(destination, "/dev");
}

/* It says of a place of ours what we do there anyway. */
static bool is_usual(const struct request *request)
{
	static const char *const more[] = {"bind", "rbind", "remount", "rw", "suid", "dev", "exec"};
	bool same = false;

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		same = same || (strcmp(request->destination, ours[i].destination) == 0 &&
				strcmp(request->type, ours[i].type) == 0);
	for (size_t i = 0; same && i < request->options.count; i++)
		for (size_t j = 0; j < sizeof(more) / sizeof(*more); j++)
			same = same && strcmp(request->options.items[i], more[j]) != 0;
	return same;
}

/* "mode=1777", "size=64m": a number in that base, and perhaps a unit. */
static bool is_number(const char *text, const char *digits, const char *units)
{
	size_t length = strspn(text, digits);

	return length > 0 && length < 20 &&
	       (!text[length] || (strchr(units, text[length]) && !text[length + 1]));
}

static bool option_is_known(const char *option)
{
	static const char *const words[] = {"ro",      "rw",	   "nosuid",	 "nodev",	"noexec",
					    "noatime", "relatime", "strictatime", "nodiratime"};
	static const struct number {
		const char *name, *digits, *units;
	} numbers[] = {
		{"mode=", "01234567", ""},	    {"size=", "0123456789", "kKmMgG%"},
		{"nr_inodes=", "0123456789", "kKmMgG"}, {"nr_blocks=", "0123456789", "kKmMgG"},
		{"uid=", "0123456789", ""},	    {"gid=", "0123456789", ""},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(option, words[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		size_t length = strlen(numbers[i].name);

		if (strncmp(option, numbers[i].name, length) == 0)
			return is_number(option + length, numbers[i].digits, numbers[i].units);
	}
	return false;
}

static int add_tmpfs(struct start_config *config, struct request *request, struct error *err)
{
	struct start_tmpfs tmpfs;

	for (size_t i = 0; i < request->options.count; i++)
		if (!option_is_known(request->options.items[i]))
			return start_wrong(err, "mounts[%zu].options: '%.60s' is no option for a tmpfs",
					   request->index, request->options.items[i]);
	tmpfs = (struct start_tmpfs){request->destination, request->options};
	if (array_push(&config->tmpfs, tmpfs) < 0)
		return error_oom(err);
	request->destination = NULL;
	request->options = (struct start_strings){0};
	return 0;
}

static int take_request(struct start_config *config, struct request *request, struct error *err)
{
	if (is_ours(request->destination)) {
		if (is_usual(request))
			return 0;
		return start_asks_add(config, err, "a mount on %s (%s)", request->destination,
				      request->type);
	}
	if (strcmp(request->type, "tmpfs") != 0)
		return start_asks_add(config, err, "a mount of '%s' (%s) on %s", request->source,
				      request->type, request->destination);
	return add_tmpfs(config, request, err);
}

static int read_one(struct start_config *config, const json_t *mount, size_t index,
		    struct error *err)
{
	_cleanup_(request_release) struct request request = {
		.index = index, .type = "none", .source = ""};
	const char *destination = "";
	char field[64];
	int r;

	if (!json_is_object(mount))
		return start_wrong(err, "mounts[%zu] is not an object", index);
	snprintf(field, sizeof(field), "mounts[%zu].destination", index);
	r = start_read_text(mount, "destination", field, &destination, err);
	if (r == 0 && (destination[0] != '/' || strlen(destination) >= PATH_MAX))
		return start_wrong(err, "%s is '%.60s', not an absolute path", field, destination);
	snprintf(field, sizeof(field), "mounts[%zu].type", index);
	if (r == 0)
		r = start_read_text(mount, "type", field, &request.type, err);
	snprintf(field, sizeof(field), "mounts[%zu].source", index);
	if (r == 0)
		r = start_read_text(mount, "source", field, &request.source, err);
	snprintf(field, sizeof(field), "mounts[%zu].options", index);
	if (r == 0)
		r = start_read_strings(mount, "options", field, &request.options, err);
	if (r < 0)
		return r;
	request.destination = path_canonicalize(destination);
	if (!request.destination)
		return error_oom(err);
	if (!request.destination[1])
		return start_wrong(err, "mounts[%zu].destination is the root itself", index);
	return take_request(config, &request, err);
}

int start_mounts_read(const json_t *json, struct start_config *config, struct error *err)
{
	const json_t *mounts, *mount;
	size_t i;
	int r = start_read_list(json, "mounts", "mounts", &mounts, err);

	if (r < 0)
		return r;
	json_array_foreach((json_t *)mounts, i, mount) {
		r = read_one(config, mount, i, err);
		if (r < 0)
			return r;
	}
	return 0;
}
