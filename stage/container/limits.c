// SPDX-License-Identifier: BSD-2-Clause
/* The limits that somebody typed: can they be held here, and are they? */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/container/cgroup.h"
#include "stage/container/delegated.h"
#include "stage/container/weights.h"
#include "stage/mount/user.h"

#define WEIGHT_1 "blkio.bfq.weight"
#define WEIGHT_2_BFQ "io.bfq.weight"

enum { FILE_MAX = 64 << 10, PERIOD = 100000 };

struct limit {
	const char *option;
	const char *controller[2]; /* of version 1 and 2 */
	const char *file[2];
	uint64_t wanted[2]; /* its first number; 0: any will do */
	bool asked;
};

enum { LIMITS = 8 };

static void limits_of(const struct spec *spec, struct limit limits[LIMITS])
{
	const uint64_t page = 4096, quota = spec->cpus_milli * (PERIOD / 1000);
	const uint64_t memory = spec->memory / page * page;
	const uint64_t reservation = spec->memory_reservation / page * page;
	const uint64_t block_weight = block_weight_of_weight(spec->io_weight);
	const struct limit all[LIMITS] = {
		{"--memory", {"memory", "memory"}, {"memory.limit_in_bytes", "memory.max"},
		 {memory, memory}, spec->memory},
		{"--memory-reservation", {"memory", "memory"},
		 {"memory.soft_limit_in_bytes", "memory.low"}, {reservation, reservation},
		 spec->memory_reservation},
		{"--cpus", {"cpu", "cpu"}, {"cpu.cfs_quota_us", "cpu.max"}, {quota, quota},
		 spec->cpus_milli},
		{"--cpu-weight", {"cpu", "cpu"}, {"cpu.shares", "cpu.weight"},
		 {cpu_shares_of_weight(spec->cpu_weight), 0}, spec->cpu_weight},
		{"--pids", {"pids", "pids"}, {"pids.max", "pids.max"}, {spec->pids, spec->pids},
		 spec->pids},
		{"--io-weight", {"blkio", "io"}, {WEIGHT_1, "io.weight"},
		 {block_weight, spec->io_weight}, spec->io_weight},
		{"--device-read-bps", {"blkio", "io"}, {"blkio.throttle.read_bps_device", "io.max"},
		 {0, 0}, spec->read_rates.count},
		{"--device-write-bps", {"blkio", "io"}, {"blkio.throttle.write_bps_device", "io.max"},
		 {0, 0}, spec->write_rates.count},
	};

	memcpy(limits, all, sizeof(all));
}

static int group_file(const struct cgroup *cgroup, const char *controller, const char *file,
		      struct text *path)
{
	text_printf(path, "/sys/fs/cgroup/%s%s/%s", cgroup->version == CGROUP_V1 ? controller : "",
		    cgroup->path, file);
	return text_failed(path) ? -ENOMEM : 0;
}

static int read_in_group(const struct cgroup *cgroup, const char *controller, const char *file,
			 struct text *text)
{
	_cleanup_(text_release) struct text path = TEXT_INIT;
	int r = group_file(cgroup, controller, file, &path);

	return r < 0 ? r : io_read_file(AT_FDCWD, path.bytes, FILE_MAX, text, NULL);
}

static int is_another(const struct limit *limit, const char *file, struct text *text, uint64_t wanted,
		      struct error *err)
{
	text->bytes[strcspn(text->bytes, "\n")] = '\0';
	return error_set(err, -EIO, "%s is not held here: %s is %s where %" PRIu64 " was asked for",
			 limit->option, file, text->bytes, wanted);
}

static int check(const struct cgroup *cgroup, const struct limit *limit, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	size_t v = cgroup->version == CGROUP_V2;
	const char *file = limit->file[v], *number;
	uint64_t wanted = limit->wanted[v];
	int r = read_in_group(cgroup, limit->controller[v], file, &text);

	if (r < 0 && strcmp(file, "io.weight") == 0) {
		file = WEIGHT_2_BFQ;
		wanted = limit->wanted[0];
		r = read_in_group(cgroup, limit->controller[v], file, &text);
	}
	if (r < 0)
		return error_code(err, r, "%s is not held here: %s cannot be read back",
				  limit->option, file);
	number = text.bytes + (strncmp(text.bytes, "default ", 8) == 0 ? 8 : 0);
	return wanted && strtoull(number, NULL, 10) != wanted ? is_another(limit, file, &text, wanted, err) : 0;
}

/* ---- rates, a line a device ---- */

/* "254:0 1048576", or "254:0 rbps=1048576 wbps=max …"; 0: there is none. */
static uint64_t rate_of(const char *text, const char *device, const char *key)
{
	size_t length = strlen(device);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *value;

		line += *line == '\n';
		if (strncmp(line, device, length) != 0)
			continue;
		value = key ? strstr(line, key) : line + length;
		return value && value < line + strcspn(line, "\n")
			       ? strtoull(value + (key ? strlen(key) : 0), NULL, 10)
			       : 0;
	}
	return 0;
}

static int check_rates(const struct cgroup *cgroup, const struct limit *limit,
		       const struct spec_rate *rates, size_t count, const char *key, struct error *err)
{
	size_t v = cgroup->version == CGROUP_V2;

	for (size_t i = 0; i < count; i++) {
		_cleanup_(text_release) struct text text = TEXT_INIT;
		char device[32];
		struct stat st;

		if (stat(rates[i].device, &st) < 0)
			return error_errno(err, "cannot look at '%s'", rates[i].device);
		snprintf(device, sizeof(device), "%u:%u ", major(st.st_rdev), minor(st.st_rdev));
		if (read_in_group(cgroup, limit->controller[v], limit->file[v], &text) < 0 ||
		    rate_of(text.bytes, device, v ? key : NULL) != rates[i].rate)
			return error_set(err, -EIO, "%s is not held here: %s does not have %s of '%s'",
					 limit->option, limit->file[v], v ? key : "the rate", rates[i].device);
	}
	return 0;
}

/*
 * Of version 1 runtimes know the file of schedulers that are gone; of version 2 they set a weight that has been
 * through the thousand of version 1, or that of the scheduler alone.
 */
static int set_weight(const struct cgroup *cgroup, const struct limit *limit, struct error *err)
{
	_cleanup_(text_release) struct text path = TEXT_INIT;
	_cleanup_(closep) int fd = -1;
	size_t v = cgroup->version == CGROUP_V2;
	char number[24];
	int r = group_file(cgroup, limit->controller[v], limit->file[v], &path);

	if (r < 0)
		return error_oom(err);
	fd = open(path.bytes, O_WRONLY | O_CLOEXEC);
	snprintf(number, sizeof(number), "%" PRIu64, limit->wanted[v]);
	if (fd < 0 && v && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_errno(err, "%s cannot be held here: %s", limit->option, limit->file[v]);
	r = io_write(fd, number, strlen(number));
	return r < 0 ? error_code(err, r, "%s cannot be held here: %s", limit->option, limit->file[v]) : 0;
}

int cgroup_check_limits(const struct cgroup *cgroup, const struct spec *spec, struct error *err)
{
	struct limit limits[LIMITS];
	int r = 0;

	limits_of(spec, limits);
	for (size_t i = 0; r == 0 && i < LIMITS; i++) {
		const struct limit *limit = &limits[i];

		if (!limit->asked)
			continue;
		if (strcmp(limit->file[0], WEIGHT_1) == 0)
			r = set_weight(cgroup, limit, err);
		if (r == 0)
			r = check(cgroup, limit, err);
	}
	if (r == 0 && spec->read_rates.count)
		r = check_rates(cgroup, &limits[LIMITS - 2], spec->read_rates.items,
				spec->read_rates.count, "rbps=", err);
	if (r == 0 && spec->write_rates.count)
		r = check_rates(cgroup, &limits[LIMITS - 1], spec->write_rates.items,
				spec->write_rates.count, "wbps=", err);
	return r;
}

int cgroup_can_limit(const struct cgroup *cgroup, const struct spec *spec, struct error *err)
{
	struct limit limits[LIMITS];

	limits_of(spec, limits);
	for (size_t i = 0; i < LIMITS; i++) {
		const char *controller = limits[i].controller[cgroup->version != CGROUP_V1];

		if (limits[i].asked && !cgroup_has(cgroup, controller))
			return error_set(err, -EOPNOTSUPP,
					 user_is_plain() ? "%s cannot be held here: no group with the %s "
							   "controller is yours"
							 : "%s cannot be held here: there is no %s controller",
					 limits[i].option, controller);
	}
	return 0;
}

/* ---- a user's ---- */

static const char *first_asked(const struct spec *spec)
{
	struct limit limits[LIMITS];

	limits_of(spec, limits);
	for (size_t i = 0; i < LIMITS; i++)
		if (limits[i].asked)
			return limits[i].option;
	return NULL;
}

int cgroup_begin(const struct spec *spec, struct error *err)
{
	_cleanup_(delegated_release) struct delegated delegated = {.path = NULL};
	const char *asked = first_asked(spec);
	bool goes = false;
	int r;

	if (!user_is_plain())
		return 0;
	r = delegated_find(&delegated, err);
	if (r == 0 && asked && delegated.lacks)
		r = error_set(err, -EOPNOTSUPP, "%s", delegated.lacks);
	if (r == 0 && asked && delegated.how == DELEGATED_SYSTEMD) {
		goes = true;
		r = delegated_enter(&delegated, err);
	}
	if (r == 0 && delegated.how == DELEGATED_GROUP && (r = delegated_enable(&delegated)) < 0)
		r = asked ? error_code(err, r, "the control group '%s' that is yours", delegated.path) : 0;
	return r < 0 ? error_prefix(err, r, "%s cannot be held here", asked ? asked : "a limit") : goes;
}
