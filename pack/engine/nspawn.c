// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/nspawn.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/engine/asked.h"
#include "pack/engine/mount_points.h"
#include "pack/engine/output.h"
#include "pack/oci/user.h"

const char *const nspawn_can[] = {"command", "env", "user", "cwd", "hostname", "volume", "tmpfs", "network", "read-only",
				  "cap-add", "cap-drop", NULL};

/* ---- its words ---- */

/* One value of a list: nspawn takes quotes of both kinds off, also within a word, and knows no escapes. */
static int add_word(struct text *text, const char *word, struct error *err)
{
	char quote = '\0';

	for (const char *c = word; *c; c++) {
		char wanted = *c == '"' ? '\'' : *c == '\'' ? '"' : quote ? quote : '"';

		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return error_set(err, -EINVAL, "nspawn's settings cannot hold the control character in '%.60s'", word);
		if (quote && quote != wanted)
			text_add_char(text, quote);
		if (quote != wanted)
			text_add_char(text, wanted);
		quote = wanted;
		text_add_char(text, *c);
	}
	if (!quote)
		text_add(text, "\"");
	text_add_char(text, quote ? quote : '"');
	return 0;
}

/* NAME=value, which goes to the end of the line; blanks around it would go. */
static int add_line(struct text *text, const char *name, const char *value, struct error *err)
{
	size_t length = strlen(value);

	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return error_set(err, -EINVAL, "nspawn's settings cannot hold the control character in '%.60s'", value);
	if (!length || value[0] == ' ' || strchr(" \\", value[length - 1]))
		return error_set(err, -EINVAL, "nspawn's settings cannot hold %s '%.60s'", name, value);
	text_printf(text, "%s=%s\n", name, value);
	return 0;
}

/* A path with others behind a colon. */
static void add_path(struct text *text, const char *path)
{
	for (; *path; path++) {
		if (*path == ':' || *path == '\\')
			text_add_char(text, '\\');
		text_add_char(text, *path);
	}
}

/* ---- what runs, with which rights ---- */

/* It has these where nobody says otherwise. */
static const char *const of_nspawn[] = {
	"AUDIT_CONTROL", "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_OWNER", "KILL",
	"LEASE", "LINUX_IMMUTABLE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID",
	"SETPCAP", "SETUID", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_NICE", "SYS_PTRACE", "SYS_RESOURCE", "SYS_TTY_CONFIG",
};

static bool is_granted(const struct fact_list *granted, const char *name)
{
	for (size_t i = 0; i < granted->count; i++)
		if (strcmp(facts_capability(granted->items[i]), name) == 0)
			return true;
	return false;
}

static int add_rights(const struct facts *facts, struct text *text, struct error *err)
{
	_cleanup_(facts_list_release) struct fact_list granted = {0};

	if (facts_granted(facts, &granted) < 0)
		return error_oom(err);
	if (granted.count) {
		text_add(text, "Capability=");
		for (size_t i = 0; i < granted.count; i++) {
			const char *name = facts_capability(granted.items[i]);
			bool all = strcmp(name, "ALL") == 0;

			text_printf(text, "%s%s%s", i ? " " : "", all ? "" : "CAP_", all ? "all" : name);
		}
		text_add(text, "\n");
	}
	if (!is_granted(&granted, "ALL")) {
		text_add(text, "DropCapability=");
		for (size_t i = 0; i < sizeof(of_nspawn) / sizeof(*of_nspawn); i++)
			if (!is_granted(&granted, of_nspawn[i]))
				text_printf(text, "CAP_%s ", of_nspawn[i]);
		text_add(text, "\n");
	}
	text_printf(text, "NoNewPrivileges=%s\n", facts->set_id ? "no" : "yes");
	return 0;
}

static int add_program(const struct facts *facts, struct text *text, struct error *err)
{
	int r = 0;

	text_add(text, "[Exec]\nBoot=no\nPrivateUsers=no\nParameters=");
	for (size_t i = 0; r == 0 && i < facts->args.count; i++) {
		text_add(text, i ? " " : "");
		r = add_word(text, facts->args.items[i], err);
	}
	text_add(text, "\n");
	for (size_t i = 0; r == 0 && i < facts->env.count; i++) {
		text_add(text, "Environment=");
		r = add_word(text, facts->env.items[i], err);
		text_add(text, "\n");
	}
	if (facts->uid)
		text_printf(text, "User=%lld\n", (long long)facts->uid);
	if (r == 0 && facts->cwd)
		r = add_line(text, "WorkingDirectory", facts->cwd, err);
	if (r == 0)
		r = add_line(text, "Hostname", facts->hostname ? facts->hostname : facts->name, err);
	if (r == 0)
		r = add_line(text, "KillSignal", facts->stop_signal, err);
	return r < 0 ? r : add_rights(facts, text, err);
}

/* ---- what it sees ---- */

static void add_tmpfs(const struct fact_mount *tmpfs, struct text *text)
{
	bool asked = !tmpfs->options;

	text_add(text, "TemporaryFileSystem=");
	add_path(text, tmpfs->destination);
	text_add(text, asked ? ":mode=1777" : "");
	for (size_t i = 0; i < json_array_size(tmpfs->options); i++) {
		const char *option = json_string_value(json_array_get(tmpfs->options, i));

		if (option)
			text_printf(text, "%s%s", i ? "," : ":", option);
	}
	if (tmpfs->size)
		text_printf(text, ",size=%llu", (unsigned long long)tmpfs->size);
	text_add(text, "\n");
}

static int add_places(const struct facts *facts, struct text *text, struct error *err)
{
	text_add(text, "\n[Files]\n");
	if (facts->read_only)
		text_add(text, "ReadOnly=yes\n");
	for (size_t i = 0; i < facts->tmpfs.count; i++)
		add_tmpfs(&facts->tmpfs.items[i], text);
	for (size_t i = 0; i < facts->mounts.count; i++) {
		const struct fact_mount *mount = &facts->mounts.items[i];

		for (const char *c = mount->source; *c; c++)
			if ((unsigned char)*c < 0x20)
				return asked_refuse("nspawn", "volume", mount->source, "a control character", err);
		text_add(text, mount->read_only ? "BindReadOnly=" : "Bind=");
		add_path(text, mount->source);
		text_add(text, ":");
		add_path(text, mount->destination);
		text_add(text, "\n");
	}
	/* without the host's there is only the loopback, until somebody who runs networkd says more */
	text_printf(text, "\n[Network]\nPrivate=%s\nVirtualEthernet=no\n", facts->network == FACT_NETWORK_HOST ? "no" : "yes");
	return 0;
}

int nspawn_settings(const struct facts *facts, struct text *text, struct error *err)
{
	int r;

	text_printf(text, "# systemd.nspawn(5), written by tracepack export\n"
			  "# systemd-nspawn --settings=trusted --machine=%s --directory=rootfs\n", facts->name);
	r = add_program(facts, text, err);
	if (r == 0)
		r = add_places(facts, text, err);
	return r == 0 && text_failed(text) ? error_oom(err) : r;
}

/* ---- the whole ---- */

static bool same_groups(const struct facts *facts, const struct oci_user *user)
{
	if (user->gid != facts->gid || user->groups.count != facts->groups.count)
		return false;
	for (size_t i = 0; i < user->groups.count; i++)
		if (user->groups.items[i] != facts->groups.items[i])
			return false;
	return true;
}

/* A user other than root is looked up by the root's own getent, with his groups. */
static int check_user(const struct export_job *job, struct error *err)
{
	_cleanup_(oci_user_release) struct oci_user user = {0};
	const struct facts *facts = job->facts;
	const struct tree *tree = node_tree(job->root);
	char spec[24], shown[48];

	snprintf(shown, sizeof(shown), "%lld:%lld", (long long)facts->uid, (long long)facts->gid);
	if (!facts->uid && facts->groups.count)
		text_add(&job->stats->said, "nspawn gives root no further groups\n");
	if (!facts->uid)
		return facts->gid ? asked_refuse("nspawn", "user", shown, "root is of group 0 there", err) : 0;
	if (!tree_find(tree, "/usr/bin/getent") && !tree_find(tree, "/bin/getent"))
		return asked_refuse("nspawn", "user", shown,
				    "it asks the root's getent who that is, and there is none (--include /usr/bin/getent)", err);
	snprintf(spec, sizeof(spec), "%lld", (long long)facts->uid);
	if (oci_user_lookup(tree, spec, &user, err) < 0)
		return -EINVAL;
	return same_groups(facts, &user) ? 0 : asked_refuse("nspawn", "user", shown, "the root's files say otherwise of him", err);
}

static int check(const struct export_job *job, struct error *err)
{
	const struct facts *facts = job->facts;

	if (!facts->args.count || facts->args.items[0][0] != '/')
		return error_set(err, -EINVAL, "nspawn wants the program by its whole path, not '%.60s'",
				 facts->args.count ? facts->args.items[0] : "");
	if (facts->memory || facts->memory_reservation || facts->processes || facts->cpus_milli)
		return error_set(err, -EINVAL, "nspawn cannot express the limits that config.json has: they are of its unit");
	if (facts->network == FACT_NETWORK_PRIVATE)
		return asked_refuse("nspawn", "network", "private", "nothing in it asks for an address", err);
	return check_user(job, err);
}

int engine_write_nspawn(const struct export_job *job, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char name[80];
	int r = check(job, err);

	if (r == 0 && job->facts->read_only)
		r = mount_points_add(job->root, job->facts, "nspawn", err);
	if (r == 0)
		r = nspawn_settings(job->facts, &text, err);
	snprintf(name, sizeof(name), "%s.nspawn", job->facts->name);
	if (r == 0)
		r = output_text(job, name, text.bytes, err);
	return r < 0 ? r : output_rootfs(job, err);
}
