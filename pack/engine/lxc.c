// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/lxc.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/engine/output.h"

static bool has_control(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return true;
	return false;
}

/* LXC takes blanks off both ends of a value, and a pair of quotes that stands around all of it. */
static bool needs_quotes(const char *value)
{
	size_t length = strlen(value);

	return length > 0 && (strchr(" \"'", value[0]) || strchr(" \"'", value[length - 1]));
}

/* One line. What the format has no way to say is refused, or it would be the next line. */
static int add_line(struct text *text, const char *key, const char *value, struct error *err)
{
	const char *quote = needs_quotes(value) ? "\"" : "";

	if (has_control(value))
		return error_set(err, -EINVAL,
				 "an LXC configuration cannot hold the line break or control character "
				 "in %s '%.60s'",
				 key, value);
	return text_printf(text, "%s = %s%s%s\n", key, quote, value, quote) < 0 ? error_oom(err) : 0;
}

static int add_command(const struct facts *facts, struct text *text, struct error *err)
{
	text_add(text, "lxc.init.cmd =");
	for (size_t i = 0; i < facts->args.count; i++) {
		const char *word = facts->args.items[i];

		if (!*word || has_control(word) || strpbrk(word, " \"'\\"))
			return error_set(err, -EINVAL,
					 "LXC cannot start a command with spaces or quotes in it "
					 "('%s'): give it in a script inside the root",
					 word);
		text_printf(text, " %s", word);
	}
	return text_add(text, "\n") < 0 ? error_oom(err) : 0;
}

static int add_environment(const struct facts *facts, struct text *text, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->env.count; i++)
		r = add_line(text, "lxc.environment", facts->env.items[i], err);
	return r;
}

/* "CAP_NET_RAW" as "net_raw"; without a list LXC would keep everything. */
static void add_capabilities(const struct facts *facts, struct text *text)
{
	text_add(text, "lxc.cap.keep =");
	if (!facts->capabilities.count)
		text_add(text, " none");
	for (size_t i = 0; i < facts->capabilities.count; i++) {
		const char *name = facts->capabilities.items[i];

		if (strncmp(name, "CAP_", 4) != 0 ||
		    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(name))
			continue;
		text_add_char(text, ' ');
		for (name += 4; *name; name++)
			text_add_char(text, (char)tolower((unsigned char)*name));
	}
	text_add_char(text, '\n');
}

/* Memory and processes, in both cgroup versions: LXC takes those the machine has. */
static void add_limits(const struct facts *facts, struct text *text)
{
	if (facts->memory > 0) {
		text_printf(text, "lxc.cgroup.memory.limit_in_bytes = %lld\n",
			    (long long)facts->memory);
		text_printf(text, "lxc.cgroup2.memory.max = %lld\n", (long long)facts->memory);
	}
	if (facts->processes > 0) {
		text_printf(text, "lxc.cgroup.pids.max = %lld\n", (long long)facts->processes);
		text_printf(text, "lxc.cgroup2.pids.max = %lld\n", (long long)facts->processes);
	}
}

static int add_process(const struct facts *facts, struct text *text, struct error *err)
{
	int r;

	r = add_command(facts, text, err);
	if (r == 0 && facts->cwd)
		r = add_line(text, "lxc.init.cwd", facts->cwd, err);
	text_printf(text, "lxc.init.uid = %lld\nlxc.init.gid = %lld\n", (long long)facts->uid,
		    (long long)facts->gid);
	if (r == 0)
		r = add_environment(facts, text, err);
	/* the signal of a plain stop; what LXC calls stop is its kill */
	if (r == 0)
		r = add_line(text, "lxc.signal.halt", facts->stop_signal, err);
	add_capabilities(facts, text);
	return r;
}

int lxc_config(const struct facts *facts, const char *rootfs, struct text *text, struct error *err)
{
	int r;

	text_add(text, "# lxc.container.conf(5), written by tracepack export\n");
	r = add_line(text, "lxc.uts.name", facts->name, err);
	if (r == 0)
		r = add_line(text, "lxc.rootfs.path", rootfs, err);
	if (r == 0)
		r = add_process(facts, text, err);
	if (r < 0)
		return r;
	add_limits(facts, text);
	text_add(text, "lxc.mount.auto = proc:mixed sys:ro\n"
		       "lxc.mount.entry = shm dev/shm tmpfs nosuid,nodev,create=dir 0 0\n"
		       "lxc.autodev = 1\n"
		       "lxc.tty.max = 0\n"
		       "lxc.pty.max = 1024\n"
		       "# only the loopback; see lxc.net in lxc.container.conf(5)\n"
		       "lxc.net.0.type = empty\n");
	return text_failed(text) ? error_oom(err) : 0;
}

int engine_write_lxc(const struct export_job *job, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *place = output_place(job->output), *rootfs = NULL;
	int r;

	/* absolute: whatever directory it is used from */
	if (!place || asprintf(&rootfs, "dir:%s/rootfs", place) < 0)
		return error_oom(err);
	r = lxc_config(job->facts, rootfs, &text, err);
	if (r == 0)
		r = output_text(job, "config", text.bytes, err);
	return r < 0 ? r : output_rootfs(job, err);
}
