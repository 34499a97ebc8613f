// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/lxc.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "pack/oci/store.h"

/* One line; a value that would end it early is refused. */
static int add_line(struct text *text, const char *key, const char *value, struct error *err)
{
	if (strpbrk(value, "\n\r"))
		return error_set(err, -EINVAL,
				 "an LXC configuration cannot hold the line break in %s", key);
	return text_printf(text, "%s = %s\n", key, value) < 0 ? error_oom(err) : 0;
}

static int add_command(const json_t *args, struct text *text, struct error *err)
{
	const json_t *arg;
	size_t i;

	text_add(text, "lxc.init.cmd =");
	json_array_foreach((json_t *)args, i, arg)
	{
		const char *word = json_string_value(arg);

		if (!word || !*word || strpbrk(word, " \t\n\r\"'\\"))
			return error_set(
			    err, -EINVAL,
				"LXC cannot start a command with spaces or quotes in it ('%s'): "
				"give it in a script inside the root",
			    word ? word : "");
		text_printf(text, " %s", word);
	}
	return text_add(text, "\n") < 0 ? error_oom(err) : 0;
}

static int add_environment(const json_t *env, struct text *text, struct error *err)
{
	const json_t *item;
	size_t i;
	int r = 0;

	json_array_foreach((json_t *)env, i, item) if (r == 0 && json_is_string(item)) r =
	    add_line(text, "lxc.environment", json_string_value(item), err);
	return r;
}

/* "CAP_NET_RAW" as "net_raw"; without a list LXC would keep everything. */
static void add_capabilities(const json_t *process, struct text *text)
{
	const json_t *bounding =
	    json_object_get(json_object_get(process, "capabilities"), "bounding");
	const json_t *item;
	size_t i;

	text_add(text, "lxc.cap.keep =");
	if (json_array_size(bounding) == 0)
		text_add(text, " none");
	json_array_foreach((json_t *)bounding, i, item)
	{
		const char *name = json_string_value(item);

		if (!name || strncmp(name, "CAP_", 4) != 0 ||
		    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(name))
			continue;
		text_add_char(text, ' ');
		for (name += 4; *name; name++)
			text_add_char(text, (char)tolower((unsigned char)*name));
	}
	text_add_char(text, '\n');
}

/* Memory and processes, in both cgroup versions: LXC takes those the machine has. */
static void add_limits(const json_t *start, struct text *text)
{
	const json_t *resources = json_object_get(json_object_get(start, "linux"), "resources");
	const json_t *memory = json_object_get(json_object_get(resources, "memory"), "limit");
	const json_t *pids = json_object_get(json_object_get(resources, "pids"), "limit");

	if (json_integer_value(memory) > 0) {
		text_printf(text, "lxc.cgroup.memory.limit_in_bytes = %lld\n",
			    (long long)json_integer_value(memory));
		text_printf(text, "lxc.cgroup2.memory.max = %lld\n",
			    (long long)json_integer_value(memory));
	}
	if (json_integer_value(pids) > 0) {
		text_printf(text, "lxc.cgroup.pids.max = %lld\n",
			    (long long)json_integer_value(pids));
		text_printf(text, "lxc.cgroup2.pids.max = %lld\n",
			    (long long)json_integer_value(pids));
	}
}

static int add_process(const json_t *start, struct text *text, struct error *err)
{
	const json_t *process = json_object_get(start, "process");
	const json_t *user = json_object_get(process, "user");
	const char *cwd = json_text(process, "cwd"), *stop;
	int r;

	r = add_command(json_object_get(process, "args"), text, err);
	if (r == 0 && cwd)
		r = add_line(text, "lxc.init.cwd", cwd, err);
	text_printf(text, "lxc.init.uid = %lld\nlxc.init.gid = %lld\n",
		    (long long)json_integer_value(json_object_get(user, "uid")),
		    (long long)json_integer_value(json_object_get(user, "gid")));
	if (r == 0)
		r = add_environment(json_object_get(process, "env"), text, err);
	stop =
	    json_text(json_object_get(start, "annotations"), "org.opencontainers.image.stopSignal");
	/* the signal of a plain stop; what LXC calls stop is its kill */
	if (r == 0)
		r = add_line(text, "lxc.signal.halt", stop ? stop : "SIGTERM", err);
	add_capabilities(process, text);
	return r;
}

int lxc_config(const json_t *start, const char *rootfs, const char *name, struct text *text,
	       struct error *err)
{
	int r;

	text_add(text, "# lxc.container.conf(5), written by tracepack export\n");
	r = add_line(text, "lxc.uts.name", name, err);
	if (r == 0)
		r = add_line(text, "lxc.rootfs.path", rootfs, err);
	if (r == 0)
		r = add_process(start, text, err);
	if (r < 0)
		return r;
	add_limits(start, text);
	text_add(text, "lxc.mount.auto = proc:mixed sys:ro\n"
		       "lxc.mount.entry = shm dev/shm tmpfs nosuid,nodev,create=dir 0 0\n"
		       "lxc.autodev = 1\n"
		       "lxc.tty.max = 0\n"
		       "lxc.pty.max = 1024\n"
		       "# only the loopback; see lxc.net in lxc.container.conf(5)\n"
		       "lxc.net.0.type = empty\n");
	return text_failed(text) ? error_oom(err) : 0;
}
