// SPDX-License-Identifier: BSD-2-Clause
/* The unit: what runs, with which rights, on what. */
#include "pack/engine/portable.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/engine/unit.h"
#include "pack/layer/path.h"

static int add_line(struct text *text, const char *name, const char *value, struct error *err)
{
	return unit_add_line(text, "a unit", name, value, false, err);
}

/* ---- the program ---- */

/* systemd leaves out what it takes for no variable. */
static int add_variable(struct text *text, const char *variable, struct error *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	size_t length = strcspn(variable, "=");
	bool right = length && strspn(variable, letters) == length && !(variable[0] >= '0' && variable[0] <= '9');

	for (const char *c = variable + length; *c; c++)
		right = right && ((unsigned char)*c >= 0x20 || *c == '\t' || *c == '\n') && *c != 0x7f;
	if (!right)
		return error_set(err, -EINVAL, "a unit cannot hold the variable '%.*s'", (int)(length < 60 ? length : 60), variable);
	text_add(text, "Environment=");
	unit_add_word(text, variable, false);
	text_add(text, "\n");
	return 0;
}

static int add_program(const struct facts *facts, struct text *text, struct error *err)
{
	int r = 0;

	/* no variable is filled in, as ":" says */
	text_add(text, "Type=exec\nExecStart=:");
	for (size_t i = 0; i < facts->args.count; i++) {
		text_add(text, i ? " " : "");
		unit_add_word(text, facts->args.items[i], false);
	}
	text_add(text, "\n");
	for (size_t i = 0; r == 0 && i < facts->env.count; i++)
		r = add_variable(text, facts->env.items[i], err);
	text_printf(text, "User=%lld\nGroup=%lld\n", (long long)facts->uid, (long long)facts->gid);
	for (size_t i = 0; i < facts->groups.count; i++)
		text_printf(text, "SupplementaryGroups=%lld\n", (long long)facts->groups.items[i]);
	if (r == 0)
		r = add_line(text, "WorkingDirectory", facts->cwd ? facts->cwd : "/", err);
	if (r == 0)
		r = add_line(text, "KillSignal", facts->stop_signal, err);
	text_add(text, "KillMode=mixed\n");
	if (facts->grace_ms >= 0)
		text_printf(text, "TimeoutStopSec=%lldms\n", (long long)facts->grace_ms);
	if (facts->restart)
		text_printf(text, "Restart=%s\n", facts->restart);
	return r;
}

/* ---- what it may do, and have ---- */

static int add_rights(const struct facts *facts, struct text *text, struct error *err)
{
	_cleanup_(facts_list_release) struct fact_list granted = {0};
	bool all = false;

	if (facts_granted(facts, &granted) < 0)
		return error_oom(err);
	for (size_t i = 0; i < granted.count; i++)
		all = all || strcmp(granted.items[i], "ALL") == 0;
	text_printf(text, "CapabilityBoundingSet=%s", all ? "~" : "");
	for (size_t i = 0; !all && i < granted.count; i++)
		text_printf(text, "%sCAP_%s", i ? " " : "", facts_capability(granted.items[i]));
	text_printf(text, "\nNoNewPrivileges=%s\n", facts->set_id ? "no" : "yes");
	text_add(text, "PrivateDevices=yes\nPrivateIPC=yes\nProtectControlGroups=yes\nProtectKernelLogs=yes\n"
		       "ProtectKernelModules=yes\nProtectKernelTunables=yes\n");
	/* what the rights do not give is refused by its call, too; whoever asks for more knows what for */
	if (!facts->cap_added.count)
		text_add(text, "SystemCallFilter=~@clock @cpu-emulation @module @mount @obsolete @raw-io @reboot @swap\n"
			       "SystemCallErrorNumber=EPERM\n");
	return 0;
}

static void add_limits(const struct facts *facts, struct text *text)
{
	if (facts->memory)
		text_printf(text, "MemoryMax=%lld\n", (long long)facts->memory);
	if (facts->memory_reservation)
		text_printf(text, "MemoryLow=%lld\n", (long long)facts->memory_reservation);
	if (facts->processes)
		text_printf(text, "TasksMax=%lld\n", (long long)facts->processes);
	if (facts->cpus_milli)
		text_printf(text, "CPUQuota=%lld.%lld%%\n", (long long)(facts->cpus_milli / 10), (long long)(facts->cpus_milli % 10));
}

/* ---- what it sees ---- */

static int add_place(struct text *text, const char *name, const char *path, const char *more, struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;

	text_add_escaped(&shown, path);
	if (strpbrk(path, ":\"\\") || strcmp(shown.bytes, path) != 0)
		return error_set(err, -EINVAL, "a unit cannot hold %s '%.100s'", name, shown.bytes);
	text_printf(text, "%s=", name);
	unit_add_word(text, path, false);
	text_add(text, ":");
	unit_add_word(text, more, false);
	text_add(text, "\n");
	return 0;
}

static int add_memory(const struct fact_mount *tmpfs, struct text *text, struct error *err)
{
	_cleanup_(text_release) struct text more = TEXT_INIT;

	text_add(&more, tmpfs->options ? "" : "mode=1777");
	for (size_t i = 0; i < json_array_size(tmpfs->options); i++) {
		const char *option = json_string_value(json_array_get(tmpfs->options, i));

		text_printf(&more, "%s%s", i ? "," : "", option ? option : "");
	}
	if (tmpfs->size)
		text_printf(&more, ",size=%llu", (unsigned long long)tmpfs->size);
	return text_failed(&more) ? error_oom(err) : add_place(text, "TemporaryFileSystem", tmpfs->destination, more.bytes, err);
}

/* As the directory is that it covers. */
static int cover(const struct node *root, const struct fact_list *places, struct text *text, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < places->count; i++) {
		_cleanup_(text_release) struct text more = TEXT_INIT;
		struct node *node;

		if (tree_resolve(node_tree(root), places->items[i], &node) == 0)
			text_printf(&more, "mode=%o,uid=%u,gid=%u", (unsigned int)(node->inode->mode & 07777),
				    (unsigned int)node->inode->uid, (unsigned int)node->inode->gid);
		else
			text_add(&more, "mode=1777");
		r = text_failed(&more) ? error_oom(err) : add_place(text, "TemporaryFileSystem", places->items[i], more.bytes, err);
	}
	return r;
}

/* Where every program may write, unless something else is there. */
static int add_usual(const struct facts *facts, struct text *text, struct error *err)
{
	static const char *const usual[][2] = {{"/run", "mode=755"}, {"/tmp", "mode=1777"}, {"/var/tmp", "mode=1777"}};
	int r = 0;

	for (size_t u = 0; r == 0 && u < sizeof(usual) / sizeof(*usual); u++) {
		bool taken = false;

		for (size_t i = 0; i < facts->tmpfs.count; i++)
			taken = taken || strcmp(facts->tmpfs.items[i].destination, usual[u][0]) == 0;
		for (size_t i = 0; i < facts->mounts.count; i++)
			taken = taken || strcmp(facts->mounts.items[i].destination, usual[u][0]) == 0;
		for (size_t i = 0; i < facts->written.count; i++)
			taken = taken || strcmp(facts->written.items[i], usual[u][0]) == 0;
		if (!taken)
			r = add_place(text, "TemporaryFileSystem", usual[u][0], usual[u][1], err);
	}
	return r;
}

static int add_places(const struct facts *facts, const struct node *root, struct text *text, struct error *err)
{
	int r = add_usual(facts, text, err);

	for (size_t i = 0; r == 0 && i < facts->tmpfs.count; i++)
		r = add_memory(&facts->tmpfs.items[i], text, err);
	if (r == 0)
		r = cover(root, &facts->volumes, text, err);
	if (r == 0)
		r = cover(root, &facts->written, text, err);
	for (size_t i = 0; r == 0 && i < facts->mounts.count; i++)
		r = add_place(text, facts->mounts.items[i].read_only ? "BindReadOnlyPaths" : "BindPaths",
			      facts->mounts.items[i].source, facts->mounts.items[i].destination, err);
	/* the host's network, and its names */
	text_add(text, facts->network == FACT_NETWORK_NONE ? "PrivateNetwork=yes\n"
							   : "BindReadOnlyPaths=-/etc/resolv.conf -/etc/hosts\n");
	return r;
}

int portable_unit(const struct facts *facts, const struct node *root, const char *image, struct text *text,
		  struct error *err)
{
	int r;

	text_printf(text, "# systemd.service(5), written by tracepack export\n[Unit]\nDescription=%s\n\n[Service]\n", facts->name);
	r = image ? add_line(text, "RootImage", image, err) : 0;
	text_add(text, "MountAPIVFS=yes\n");
	if (r == 0)
		r = add_program(facts, text, err);
	if (r == 0)
		r = add_rights(facts, text, err);
	add_limits(facts, text);
	if (r == 0)
		r = add_places(facts, root, text, err);
	text_add(text, "\n[Install]\nWantedBy=multi-user.target\n");
	return r == 0 && text_failed(text) ? error_oom(err) : r;
}
