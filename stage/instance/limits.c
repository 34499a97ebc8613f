// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/size.h"
#include "db/base/text.h"
#include "stage/mount/user.h"
#include "stage/spec/values.h"
#include "stage/state/person.h"

#define FILE_DEFAULT "/etc/sfc/limits.conf"
#define STATE_OF_ALL "/var/lib/sfc"

enum { FILE_MAX = 1 << 20 };

enum unit { UNIT_COUNT, UNIT_BYTES, UNIT_THOUSANDTHS };

static const struct {
	const char *name, *option;
	enum unit unit;
} kinds[LIMIT_KINDS] = {
	[LIMIT_INSTANCES] = {"instances", NULL, UNIT_COUNT},
	[LIMIT_MEMORY] = {"memory", "--memory", UNIT_BYTES},
	[LIMIT_CPUS] = {"cpus", "--cpus", UNIT_THOUSANDTHS},
	[LIMIT_PIDS] = {"pids", "--pids", UNIT_COUNT},
	[LIMIT_DISK] = {"disk", "--layer-size", UNIT_BYTES},
};

const char *limits_path(void)
{
	const char *path = getenv("SFC_LIMITS");
	struct person person;

	person_find(&person);
	return path && *path && person.uid == 0 ? path : FILE_DEFAULT;
}

/* ---- one line ---- */

/* "20000-20999", or one alone. */
static int take_ports(const char *value, struct limits *limits)
{
	size_t length = strcspn(value, "-");
	_cleanup_(freep) char *first = strndup(value, length);
	uint64_t from, to;

	if (!first)
		return -ENOMEM;
	if (value_number(first, 1, UINT16_MAX, &from) < 0 ||
	    value_number(value[length] ? value + length + 1 : value, from, UINT16_MAX, &to) < 0)
		return -EINVAL;
	limits->first_port = (uint16_t)from;
	limits->last_port = (uint16_t)to;
	return 0;
}

static int take_value(enum limit_kind kind, const char *value, struct limits *limits)
{
	uint64_t *most = &limits->most[kind];
	int r;

	switch (kinds[kind].unit) {
	case UNIT_BYTES:
		r = value_size(value, most);
		break;
	case UNIT_THOUSANDTHS:
		r = value_thousandths(value, most);
		break;
	default:
		r = value_number(value, 0, INT64_MAX, most);
	}
	limits->given[kind] = true;
	return r;
}

static int take_word(const char *path, const char *word, struct limits *limits, struct error *err)
{
	const char *value = strchr(word, '=');

	if (strncmp(word, "ports=", 6) == 0)
		return take_ports(word + 6, limits) < 0
			       ? error_set(err, -EINVAL, "%s: '%s' is not a range of ports such as 20000-20999",
					   path, word)
			       : 0;
	for (size_t i = 0; value && i < LIMIT_KINDS; i++) {
		size_t length = (size_t)(value - word);

		if (strlen(kinds[i].name) != length || strncmp(kinds[i].name, word, length) != 0)
			continue;
		if (take_value((enum limit_kind)i, value + 1, limits) < 0)
			return error_set(err, -EINVAL, "%s: '%s' is not a %s", path, word,
					 kinds[i].unit == UNIT_BYTES ? "size such as 64M" : "number");
		return 0;
	}
	return error_set(err, -EINVAL,
			 "%s: '%s' is not a limit; instances=, memory=, cpus=, pids=, disk= and ports= are", path,
			 word);
}

static int take_line(const char *path, char *line, struct limits *limits, struct error *err)
{
	const char *word;
	int r = 0;

	while (r == 0 && (word = strsep(&line, " \t")))
		if (*word)
			r = take_word(path, word, limits, err);
	return r;
}

/* ---- which line ---- */

static bool is_in_group(const char *user, const char *group)
{
	struct passwd *entry = getpwnam(user);
	struct group *wanted = entry ? getgrnam(group) : NULL;
	gid_t wanted_gid = wanted ? wanted->gr_gid : 0;
	ARRAY(gid_t) groups = ARRAY_INIT;
	int count = 64;
	bool found = false;

	if (!wanted)
		return false;
	while (array_reserve(&groups, (size_t)count) == 0) {
		if (getgrouplist(user, entry->pw_gid, groups.items, &count) < 0)
			continue; /* count says how many there are */
		for (int i = 0; i < count; i++)
			found |= groups.items[i] == wanted_gid;
		break;
	}
	array_release(&groups);
	return found;
}

/* How near it comes: the user's own line before the first of a group before everybody's. */
static int nearness(const char *who, const char *user)
{
	if (strcmp(who, user) == 0)
		return 3;
	if (*who == '@')
		return is_in_group(user, who + 1) ? 2 : 0;
	return strcmp(who, "default") == 0;
}

/* Behind the first word, which ends there; NULL: nothing is on the line. */
static char *rest_of(char *line, const char **ret_who)
{
	line[strcspn(line, "#\r")] = '\0';
	line += strspn(line, " \t");
	if (!*line)
		return NULL;
	*ret_who = line;
	line += strcspn(line, " \t");
	if (*line)
		*line++ = '\0';
	return line;
}

int limits_find(const char *path, const char *user, struct limits *ret_limits, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct limits limits = {.most = {0}};
	char *rest, *line, *chosen = NULL;
	int nearest = 0, r;

	if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	r = io_read_file(AT_FDCWD, path, FILE_MAX, &text, err);
	if (r < 0)
		return r;
	rest = text.size ? text.bytes : NULL;
	while (rest && (line = strsep(&rest, "\n"))) {
		const char *who;
		char *words = rest_of(line, &who);
		int near = words ? nearness(who, user) : 0;

		if (near > nearest) {
			nearest = near;
			chosen = words;
		}
	}
	if (!chosen)
		return 0;
	r = take_line(path, chosen, &limits, err);
	if (r < 0)
		return r;
	*ret_limits = limits;
	return 1;
}

/* ---- the sum ---- */

/* What one takes; 0: it does not say. */
static uint64_t takes(enum limit_kind kind, const struct spec *spec)
{
	switch (kind) {
	case LIMIT_MEMORY:
		return spec->memory;
	case LIMIT_CPUS:
		return spec->cpus_milli;
	case LIMIT_PIDS:
		return spec->pids;
	case LIMIT_DISK:
		return spec->layer_size;
	default:
		return 1;
	}
}

void limits_add(struct limits_sum *sum, const struct spec *spec)
{
	for (size_t i = 0; i < LIMIT_KINDS; i++)
		if (__builtin_add_overflow(sum->taken[i], takes((enum limit_kind)i, spec),
					   &sum->taken[i]))
			sum->taken[i] = UINT64_MAX;
}

/* As it would be typed. */
static void add_amount(struct text *text, enum unit unit, uint64_t amount)
{
	const char *letter = "";

	if (unit == UNIT_BYTES)
		amount = size_in_units(amount, &letter);
	if (unit == UNIT_THOUSANDTHS)
		text_printf(text, "%.10g", (double)amount / 1000);
	else
		text_printf(text, "%" PRIu64 "%s", amount, letter);
}

static int check_one(enum limit_kind kind, uint64_t most, uint64_t taken, uint64_t wanted,
		     const char *user, struct error *err)
{
	_cleanup_(text_release) struct text limit = TEXT_INIT, have = TEXT_INIT, more = TEXT_INIT;
	uint64_t sum;

	if (wanted && !__builtin_add_overflow(taken, wanted, &sum) && sum <= most)
		return 0;
	text_printf(&limit, "user '%s' is limited to %s=", user, kinds[kind].name);
	add_amount(&limit, kinds[kind].unit, most);
	text_printf(&limit, " in all (%s)", limits_path());
	add_amount(&have, kinds[kind].unit, taken);
	add_amount(&more, kinds[kind].unit, wanted);
	if (text_failed(&limit) || text_failed(&have) || text_failed(&more))
		return error_oom(err);
	if (!wanted)
		return error_set(err, -EDQUOT, "%s: say how much this instance takes with %s",
				 limit.bytes, kinds[kind].option);
	return error_set(err, -EDQUOT, "%s: %s in use, %s more asked for", limit.bytes, have.bytes,
			 more.bytes);
}

int limits_check(const struct limits *limits, const struct limits_sum *sum, const struct spec *spec,
		 const char *user, struct error *err)
{
	for (size_t i = 0; i < LIMIT_KINDS; i++) {
		int r = limits->given[i] ? check_one((enum limit_kind)i, limits->most[i], sum->taken[i],
						     takes((enum limit_kind)i, spec), user, err)
					 : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- whose ---- */

int limits_user(const char *asked, char **ret_user, struct error *err)
{
	struct person person;

	person_find(&person);
	if (asked && strcmp(asked, person.name) != 0) {
		if (person.uid != 0)
			return error_set(err, -EPERM,
					 "only root may start instances for another user ('%s')", asked);
		if (!getpwnam(asked))
			return error_set(err, -ENOENT, "there is no user '%s'", asked);
	}
	*ret_user = strdup(asked ? asked : person.name);
	return *ret_user ? 0 : error_oom(err);
}

int limits_check_place(const char *state_directory, struct error *err)
{
	struct limits limits;
	struct person person;
	int r;

	person_find(&person);
	if (user_is_plain() || person.uid == 0 || strcmp(state_directory, STATE_OF_ALL) == 0)
		return 0;
	r = limits_find(limits_path(), person.name, &limits, err);
	if (r <= 0)
		return r;
	return error_set(err, -EPERM, "user '%s' is limited in all (%s): only the state in %s counts",
			 person.name, limits_path(), STATE_OF_ALL);
}
