// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "pack/oci/store.h"
#include "pack/oci/user.h"

/*
 * What every container of ours starts from: the file systems a program expects, the capabilities
 * container engines leave to root inside, the corners of /proc they hide. As text, because it is
 * read more easily than calls that build it.
 */
static const char start_template[] =
	"{'ociVersion': '1.0.2',"
	" 'process': {'terminal': false, 'user': {'uid': 0, 'gid': 0}, 'args': [], 'env': [],"
	"  'cwd': '/', 'noNewPrivileges': false, 'capabilities': {}},"
	" 'root': {'path': 'rootfs', 'readonly': false},"
	" 'hostname': 'sfc',"
	" 'mounts': ["
	"  {'destination': '/proc', 'type': 'proc', 'source': 'proc'},"
	"  {'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs',"
	"   'options': ['nosuid', 'strictatime', 'mode=755', 'size=65536k']},"
	"  {'destination': '/dev/pts', 'type': 'devpts', 'source': 'devpts',"
	"   'options': ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']},"
	"  {'destination': '/dev/shm', 'type': 'tmpfs', 'source': 'shm',"
	"   'options': ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k']},"
	"  {'destination': '/dev/mqueue', 'type': 'mqueue', 'source': 'mqueue',"
	"   'options': ['nosuid', 'noexec', 'nodev']},"
	"  {'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs',"
	"   'options': ['nosuid', 'noexec', 'nodev', 'ro']}],"
	" 'linux': {"
	"  'resources': {'devices': [{'allow': false, 'access': 'rwm'}]},"
	"  'namespaces': [{'type': 'pid'}, {'type': 'ipc'}, {'type': 'uts'}, {'type': 'mount'},"
	"   {'type': 'network'}],"
	"  'maskedPaths': ['/proc/acpi', '/proc/asound', '/proc/kcore', '/proc/keys',"
	"   '/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug',"
	"   '/proc/scsi', '/sys/firmware'],"
	"  'readonlyPaths': ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys',"
	"   '/proc/sysrq-trigger']}}";

const char *const oci_capabilities[] = {
	"CAP_AUDIT_WRITE", "CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",	"CAP_FSETID",
	"CAP_KILL",	       "CAP_MKNOD",   "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",	"CAP_SETFCAP",
	"CAP_SETGID",      "CAP_SETPCAP", "CAP_SETUID",	      "CAP_SYS_CHROOT",
	NULL,
};

/* The template is written with the quotes C likes. */
static json_t *template_load(void)
{
	char text[sizeof(start_template)];

	memcpy(text, start_template, sizeof(text));
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	return json_loads(text, 0, NULL);
}

static int set_capabilities(json_t *process)
{
	static const char *const sets[] = {"bounding", "effective", "permitted"};
	json_t *all = json_object_get(process, "capabilities");

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		json_t *list = json_array();

		for (size_t j = 0; oci_capabilities[j]; j++)
			json_array_append_new(list, json_string(oci_capabilities[j]));
		if (json_object_set_new(all, sets[i], list) < 0)
			return -ENOMEM;
	}
	return 0;
}

json_t *oci_start_default(json_t *args)
{
	_cleanup_(json_freep) json_t *start = template_load();
	json_t *process = json_object_get(start, "process");

	if (!start || set_capabilities(process) < 0 || json_object_set(process, "args", args) < 0 ||
	    json_array_append_new(json_object_get(process, "env"), json_string(OCI_PATH_DEFAULT)) < 0)
		return NULL;
	return take(start);
}

int oci_start_read(const char *path, json_t **ret_start, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	json_error_t why;
	int r = io_read_file(AT_FDCWD, path, OCI_JSON_MAX, &text, err);

	if (r < 0)
		return r;
	*ret_start = json_loadb(text.bytes, text.size, JSON_REJECT_DUPLICATES, &why);
	if (!*ret_start)
		return error_set(err, -EBADMSG, "'%s' is not JSON: line %d: %s", path, why.line,
				 why.text);
	return 0;
}

/* ---- from an image ---- */

/* The strings of a list, onto another; what is no string is refused. */
static int add_strings(json_t *to, const json_t *from, const char *what, struct error *err)
{
	const json_t *item;
	size_t i;

	if (from && !json_is_null(from) && !json_is_array(from))
		return error_set(err, -EBADMSG, "'%s' of the image is not a list", what);
	json_array_foreach((json_t *)from, i, item)
	{
		if (!json_is_string(item))
			return error_set(err, -EBADMSG,
					 "'%s' of the image is not a list of strings", what);
		if (json_array_append_new(to, json_string(json_string_value(item))) < 0)
			return error_oom(err);
	}
	return 0;
}

static int set_args(json_t *process, const json_t *config, struct error *err)
{
	json_t *args = json_object_get(process, "args");
	int r;

	r = add_strings(args, json_object_get(config, "Entrypoint"), "Entrypoint", err);
	if (r == 0)
		r = add_strings(args, json_object_get(config, "Cmd"), "Cmd", err);
	/* an image that does not say what to run gets what engines give it: a shell */
	if (r == 0 && json_array_size(args) == 0)
		json_array_append_new(args, json_string("/bin/sh"));
	return r;
}

static bool has_path(const json_t *env)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)env, i,
			   item) if (strncmp(json_string_value(item), "PATH=", 5) == 0) return true;
	return false;
}

static int set_env(json_t *process, const json_t *config, struct error *err)
{
	json_t *env = json_object_get(process, "env");
	int r;

	json_array_clear(env);
	r = add_strings(env, json_object_get(config, "Env"), "Env", err);
	if (r == 0 && !has_path(env))
		json_array_append_new(env, json_string(OCI_PATH_DEFAULT));
	return r;
}

static int set_user(json_t *process, const json_t *config, const struct tree *tree,
		    struct error *err)
{
	_cleanup_(oci_user_release) struct oci_user user = {.groups = ARRAY_INIT};
	json_t *object = json_object_get(process, "user");
	int r = oci_user_lookup(tree, json_text(config, "User"), &user, err);

	if (r < 0)
		return r;
	json_object_set_new(object, "uid", json_integer(user.uid));
	json_object_set_new(object, "gid", json_integer(user.gid));
	if (user.groups.count) {
		json_t *groups = json_array();

		for (size_t i = 0; i < user.groups.count; i++)
			json_array_append_new(groups, json_integer(user.groups.items[i]));
		json_object_set_new(object, "additionalGids", groups);
	}
	return 0;
}

int oci_config_to_start(const struct image_config *image, const struct tree *tree,
			json_t **ret_start, struct error *err)
{
	_cleanup_(json_freep) json_t *empty = json_array(), *start = oci_start_default(empty);
	const json_t *config = json_object_get(image->json, "config");
	json_t *process = json_object_get(start, "process");
	const char *cwd = json_text(config, "WorkingDir");
	int r;

	if (!start)
		return error_oom(err);
	r = set_args(process, config, err);
	if (r == 0)
		r = set_env(process, config, err);
	if (r == 0)
		r = set_user(process, config, tree, err);
	if (r < 0)
		return r;
	if (cwd && cwd[0] == '/')
		json_object_set_new(process, "cwd", json_string(cwd));
	*ret_start = take(start);
	return 0;
}
