// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/export_asked.h"

#include <errno.h>
#include <fcntl.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/text.h"

enum { ASKED_MAX = 1024 * 1024 };

static int set(struct export_asked *asked, const char *name, json_t *value, struct error *err)
{
	if (!asked->json)
		asked->json = json_object();
	return json_set(asked->json, name, value) < 0 ? error_oom(err) : 0;
}

static int add(struct export_asked *asked, const char *name, const char *value, struct error *err)
{
	json_t *list = json_object_get(asked->json, name);
	int r = list ? 0 : set(asked, name, json_array(), err);

	list = json_object_get(asked->json, name);
	if (r == 0 && json_array_append_new(list, json_path(value)) < 0)
		r = error_oom(err);
	return r;
}

/* A function for each, as a row of options does not tell its name. */
#define TAKE(function, taken)                                                                      \
	static int function(void *target, const char *value, struct error *err)                   \
	{                                                                                          \
		(void)value;                                                                       \
		return taken;                                                                      \
	}
#define ONE(function, name) TAKE(function, set(target, name, json_path(value), err))
#define LIST(function, name) TAKE(function, add(target, name, value, err))
#define FLAG(function, name) TAKE(function, set(target, name, json_true(), err))

LIST(take_publish, "publish")
LIST(take_volume, "volume")
LIST(take_tmpfs, "tmpfs")
LIST(take_env, "env")
LIST(take_http_probe, "http-probe")
LIST(take_exec_probe, "exec-probe")
LIST(take_cap_add, "cap-add")
LIST(take_cap_drop, "cap-drop")
LIST(take_device, "device")
ONE(take_network, "network")
ONE(take_memory, "memory")
ONE(take_reservation, "memory-reservation")
ONE(take_grace, "grace")
ONE(take_cwd, "cwd")
ONE(take_cpus, "cpus")
ONE(take_pids, "pids")
ONE(take_ready, "ready")
ONE(take_health, "health")
ONE(take_restart, "restart")
ONE(take_count, "count")
ONE(take_user, "user")
ONE(take_hostname, "hostname")
ONE(take_userns, "userns")
FLAG(take_read_only, "read-only")
FLAG(take_ephemeral, "ephemeral")

#define ASKED(take) take, 0, NULL

const struct command_option export_asked_options[] = {
	{0, "asked", "FILE", "how it is started, beyond what SRC says: JSON, as \"asked\" of\n"
	 "'sfc prod inspect --json'. Or as options, which mean what those of\n"
	 "'sfc prod start' mean; what KIND has no words for is refused:", OPTION_STRING(struct export_asked, file)},
	{'p', "publish", "[ADDR:][HOST]:PORT[/udp]", "a port inside on the host, or of the service", ASKED(take_publish)},
	{'v', "volume", "SRC:DST[:ro]", "a directory or file of the host", ASKED(take_volume)},
	{0, "tmpfs", "DIR[:SIZE]", "memory in the place of DIR", ASKED(take_tmpfs)},
	{'e', "env", "NAME=VALUE", "set a variable", ASKED(take_env)},
	{'u', "user", "UID[:GID]", "run as these numbers", ASKED(take_user)},
	{'w', "cwd", "DIR", "start in this directory", ASKED(take_cwd)},
	{0, "hostname", "NAME", "what it takes the machine to be called", ASKED(take_hostname)},
	{0, "network", "host|none|private", "which it has", ASKED(take_network)},
	{'m', "memory", "SIZE", "a program that takes more is killed", ASKED(take_memory)},
	{0, "memory-reservation", "SIZE", "taken from others first where memory is short", ASKED(take_reservation)},
	{0, "cpus", "N", "processors, as 0.5", ASKED(take_cpus)},
	{0, "pids", "N", "processes and threads", ASKED(take_pids)},
	{0, "cap-add", "CAP_NAME", "a capability beyond the default", ASKED(take_cap_add)},
	{0, "cap-drop", "CAP_NAME", "one less; ALL", ASKED(take_cap_drop)},
	{0, "device", "PATH[:INSIDE[:rwm]]", "a device of the host", ASKED(take_device)},
	{0, "userns", "HOW", "a user namespace, as the engine has them", ASKED(take_userns)},
	{0, "read-only", NULL, "nothing of its root can be written", ASKED(take_read_only)},
	{0, "ephemeral", NULL, "forget what it wrote at its end", ASKED(take_ephemeral)},
	{0, "restart", "no|always|on-failure[:N]", "when it has ended by itself", ASKED(take_restart)},
	{0, "grace", "SECONDS", "between asking it to end and killing it", ASKED(take_grace)},
	{0, "ready", "tcp:PORT|http://…", "up when the port listens, or answers", ASKED(take_ready)},
	{0, "http-probe", "PATH", "able to serve when it answers this page", ASKED(take_http_probe)},
	{0, "exec-probe", "COMMAND", "or when this, run inside by its shell, succeeds", ASKED(take_exec_probe)},
	{0, "health", "tcp:PORT|http://…", "well as long as that answers [HEALTHCHECK of the image]", ASKED(take_health)},
	{0, "count", "N", "so many instances", ASKED(take_count)},
	{0},
};

int export_asked_read(struct export_asked *asked, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(json_freep) json_t *said = NULL;
	int r;

	if (!asked->file)
		return 0;
	r = io_read_file(AT_FDCWD, asked->file, ASKED_MAX, &text, err);
	if (r < 0)
		return r;
	r = json_read(text.bytes, text.size, ASKED_MAX, &said, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", asked->file);
	if (asked->json && json_object_update(said, asked->json) < 0)
		return error_oom(err);
	json_decref(asked->json);
	asked->json = take(said);
	return 0;
}

void export_asked_release(struct export_asked *asked)
{
	json_decref(asked->json);
	asked->json = NULL;
}
