// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/values.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/size.h"

enum { NAME_MOST = 64, WHOLE_MOST = 1000000000 };

int value_number(const char *word, uint64_t least, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*word)
		return -EINVAL;
	for (const char *p = word; *p; p++)
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*p - '0'), &number))
			return -EINVAL;
	if (number < least || number > most)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

int value_thousandths(const char *word, uint64_t *ret_thousandths)
{
	char whole[12] = "0", decimals[4] = "000";
	size_t before = strcspn(word, "."), after = 0;
	uint64_t number, part = 0;

	if (before >= sizeof(whole))
		return -EINVAL;
	if (before)
		*stpncpy(whole, word, before) = '\0';
	if (word[before]) {
		after = strlen(word + before + 1);
		if (after < 1 || after > 3)
			return -EINVAL;
		memcpy(decimals, word + before + 1, after);
	}
	if ((!before && !after) || value_number(whole, 0, WHOLE_MOST, &number) < 0 ||
	    value_number(decimals, 0, 999, &part) < 0)
		return -EINVAL;
	*ret_thousandths = number * 1000 + part;
	return 0;
}

int value_duration(const char *word, uint64_t *ret_ms)
{
	static const char units[] = "smh";
	size_t length = strlen(word);
	const char *unit = length ? strchr(units, word[length - 1]) : NULL;
	_cleanup_(freep) char *number = strndup(word, unit ? length - 1 : length);
	uint64_t ms;

	if (!number)
		return -ENOMEM;
	if (value_thousandths(number, &ms) < 0)
		return -EINVAL;
	for (const char *u = units; unit && u < unit; u++)
		if (__builtin_mul_overflow(ms, 60, &ms))
			return -EINVAL;
	*ret_ms = ms;
	return 0;
}

int value_size(const char *word, uint64_t *ret_size)
{
	uint64_t size;

	if (!size_parse(word, &size) || size == 0 || size > INT64_MAX)
		return -EINVAL;
	*ret_size = size;
	return 0;
}

/* ".." is what it was meant to be only after every link before it has been followed. */
static bool goes_up(const char *path)
{
	size_t length;

	for (const char *part = path_next(&path, &length); part; part = path_next(&path, &length))
		if (length == 2 && memcmp(part, "..", 2) == 0)
			return true;
	return false;
}

int value_path(const char *word, char **ret_path, struct error *err)
{
	char *path;

	if (!*word)
		return -EINVAL;
	if (*word != '/')
		return error_set(err, -EINVAL, "'%s' is not absolute", word);
	if (goes_up(word))
		return error_set(err, -EINVAL, "'%s' has '..' in it; say it without", word);
	path = path_canonicalize(word);
	if (!path)
		return -ENOMEM;
	*ret_path = path;
	return 0;
}

int value_capability(const char *word, char **ret_name)
{
	static const char *const names[] = {"ALL",
					    "AUDIT_CONTROL",
					    "AUDIT_READ",
					    "AUDIT_WRITE",
					    "BLOCK_SUSPEND",
					    "BPF",
					    "CHECKPOINT_RESTORE",
					    "CHOWN",
					    "DAC_OVERRIDE",
					    "DAC_READ_SEARCH",
					    "FOWNER",
					    "FSETID",
					    "IPC_LOCK",
					    "IPC_OWNER",
					    "KILL",
					    "LEASE",
					    "LINUX_IMMUTABLE",
					    "MAC_ADMIN",
					    "MAC_OVERRIDE",
					    "MKNOD",
					    "NET_ADMIN",
					    "NET_BIND_SERVICE",
					    "NET_BROADCAST",
					    "NET_RAW",
					    "PERFMON",
					    "SETFCAP",
					    "SETGID",
					    "SETPCAP",
					    "SETUID",
					    "SYSLOG",
					    "SYS_ADMIN",
					    "SYS_BOOT",
					    "SYS_CHROOT",
					    "SYS_MODULE",
					    "SYS_NICE",
					    "SYS_PACCT",
					    "SYS_PTRACE",
					    "SYS_RAWIO",
					    "SYS_RESOURCE",
					    "SYS_TIME",
					    "SYS_TTY_CONFIG",
					    "WAKE_ALARM"};
	const char *bare = strncasecmp(word, "CAP_", 4) == 0 ? word + 4 : word;

	for (size_t i = bare > word ? 1 : 0; i < sizeof(names) / sizeof(*names); i++) {
		char *name;

		if (strcasecmp(bare, names[i]) != 0)
			continue;
		name = malloc(strlen(names[i]) + sizeof("CAP_"));
		if (!name)
			return -ENOMEM;
		strcpy(stpcpy(name, i ? "CAP_" : ""), names[i]);
		*ret_name = name;
		return 0;
	}
	return -EINVAL;
}

static bool is_made_of(const char *word, size_t length, const char *others)
{
	if (length < 1 || length > NAME_MOST || !isalnum((unsigned char)*word))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!word[i] || (!isalnum((unsigned char)word[i]) && !strchr(others, word[i])))
			return false;
	return true;
}

bool value_is_name(const char *word, size_t length)
{
	return is_made_of(word, length, "_.-");
}

bool value_is_hostname(const char *word)
{
	return is_made_of(word, strlen(word), ".-");
}

/* The part before the first ':' that is not first itself, and what is behind it (NULL: nothing). */
static char *head_of(const char *word, const char **ret_rest)
{
	const char *colon = strchr(word, ':');

	*ret_rest = colon ? colon + 1 : NULL;
	return colon ? strndup(word, (size_t)(colon - word)) : strdup(word);
}

int value_volume(const char *word, struct spec_volume *ret_volume, struct error *err)
{
	_cleanup_(freep) char *from = NULL, *to = NULL, *source = NULL, *destination = NULL;
	const char *rest, *how;
	int r;

	from = head_of(word, &rest);
	to = from && rest ? head_of(rest, &how) : NULL;
	if (!from || (rest && !to))
		return -ENOMEM;
	if (!rest || (how && strcmp(how, "ro") != 0 && strcmp(how, "rw") != 0))
		return -EINVAL;
	r = value_path(from, &source, err);
	if (r == 0)
		r = value_path(to, &destination, err);
	if (r < 0)
		return r;
	if (strcmp(destination, "/") == 0)
		return error_set(err, -EINVAL,
				 "nothing can be put in the place of the root itself");
	*ret_volume =
	    (struct spec_volume){take(source), take(destination), how && strcmp(how, "ro") == 0};
	return 0;
}

int value_tmpfs(const char *word, struct spec_tmpfs *ret_tmpfs, struct error *err)
{
	_cleanup_(freep) char *to = NULL, *destination = NULL;
	const char *size_word;
	uint64_t size = 0;
	int r;

	to = head_of(word, &size_word);
	if (!to)
		return -ENOMEM;
	r = value_path(to, &destination, err);
	if (r < 0)
		return r;
	if (size_word && value_size(size_word, &size) < 0)
		return -EINVAL;
	if (strcmp(destination, "/") == 0)
		return error_set(err, -EINVAL,
				 "nothing can be put in the place of the root itself");
	*ret_tmpfs = (struct spec_tmpfs){take(destination), size};
	return 0;
}

static int limit_number(const char *word, uint64_t *ret_number)
{
	if (strcmp(word, "unlimited") == 0 || strcmp(word, "-1") == 0) {
		*ret_number = UINT64_MAX;
		return 0;
	}
	return value_number(word, 0, UINT64_MAX - 1, ret_number);
}

int value_ulimit(const char *word, struct spec_ulimit *ret_ulimit, struct error *err)
{
	static const char names[][12] = {
	    "as",   "core",   "cpu",   "data", "fsize",	 "locks",  "memlock",	 "msgqueue",
	    "nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
	_cleanup_(freep) char *soft = NULL;
	struct spec_ulimit limit = {0};
	size_t length = strcspn(word, "="), i;
	const char *hard;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == length && memcmp(names[i], word, length) == 0)
			break;
	if (!word[length])
		return -EINVAL;
	if (i == sizeof(names) / sizeof(*names))
		return error_set(err, -EINVAL,
				 "there is no limit '%.*s'; nofile and nproc are the usual ones",
				 (int)length, word);
	soft = head_of(word + length + 1, &hard);
	if (!soft)
		return -ENOMEM;
	if (limit_number(soft, &limit.soft) < 0 ||
	    limit_number(hard ? hard : soft, &limit.hard) < 0)
		return -EINVAL;
	if (limit.soft > limit.hard)
		return error_set(err, -EINVAL, "the soft limit '%s' is above the hard one", soft);
	limit.name = strdup(names[i]);
	if (!limit.name)
		return -ENOMEM;
	*ret_ulimit = limit;
	return 0;
}

int value_rate(const char *word, struct spec_rate *ret_rate, struct error *err)
{
	_cleanup_(freep) char *path = NULL, *device = NULL;
	const char *rate_word;
	uint64_t rate;
	int r;

	path = head_of(word, &rate_word);
	if (!path)
		return -ENOMEM;
	if (!rate_word || value_size(rate_word, &rate) < 0)
		return -EINVAL;
	r = value_path(path, &device, err);
	if (r == 0)
		*ret_rate = (struct spec_rate){take(device), rate};
	return r;
}

/* Some of "rwm", each once. */
static bool is_access(const char *word)
{
	size_t length = strlen(word);

	if (length < 1 || length > 3 || strspn(word, "rwm") != length)
		return false;
	for (size_t i = 1; i < length; i++)
		if (memchr(word, word[i], i))
			return false;
	return true;
}

int value_device(const char *word, struct spec_device *ret_device, struct error *err)
{
	_cleanup_(freep) char *path = NULL, *to = NULL, *outside = NULL, *inside = NULL;
	const char *rest, *access = NULL;
	struct spec_device device = {.access = "rwm"};
	int r;

	path = head_of(word, &rest);
	if (rest && *rest == '/')
		to = head_of(rest, &access);
	else
		to = path ? strdup(path) : NULL, access = rest;
	if (!path || !to)
		return -ENOMEM;
	if (access && !is_access(access))
		return -EINVAL;
	r = value_path(path, &outside, err);
	if (r == 0)
		r = value_path(to, &inside, err);
	if (r < 0)
		return r;
	if (access)
		strcpy(device.access, access);
	device.path = take(outside);
	device.inside = take(inside);
	*ret_device = device;
	return 0;
}
