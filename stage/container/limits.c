// SPDX-License-Identifier: BSD-2-Clause
/* The limits that somebody typed: can they be held here, and are they? */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/container/cgroup.h"
#include "stage/container/weights.h"

enum { FILE_MAX = 4096, PERIOD = 100000 };

struct limit {
	const char *option;
	const char *controller[2]; /* of version 1 and 2 */
	const char *file[2], *other[2];
	uint64_t wanted[2]; /* its first number; 0: any will do */
	bool asked;
};

enum { LIMITS = 7 };

static void limits_of(const struct spec *spec, struct limit limits[LIMITS])
{
	const uint64_t page = 4096, quota = spec->cpus_milli * (PERIOD / 1000);
	const uint64_t memory = spec->memory / page * page;
	const uint64_t reservation = spec->memory_reservation / page * page;
	const struct limit all[LIMITS] = {
		{"--memory", {"memory", "memory"}, {"memory.limit_in_bytes", "memory.max"},
		 {NULL, NULL}, {memory, memory}, spec->memory},
		{"--memory-reservation", {"memory", "memory"},
		 {"memory.soft_limit_in_bytes", "memory.low"}, {NULL, NULL},
		 {reservation, reservation}, spec->memory_reservation},
		{"--cpus", {"cpu", "cpu"}, {"cpu.cfs_quota_us", "cpu.max"}, {NULL, NULL},
		 {quota, quota}, spec->cpus_milli},
		{"--cpu-weight", {"cpu", "cpu"}, {"cpu.shares", "cpu.weight"}, {NULL, NULL},
		 {cpu_shares_of_weight(spec->cpu_weight), 0}, spec->cpu_weight},
		{"--pids", {"pids", "pids"}, {"pids.max", "pids.max"}, {NULL, NULL},
		 {spec->pids, spec->pids}, spec->pids},
		{"--io-weight", {"blkio", "io"}, {"blkio.weight", "io.weight"},
		 {"blkio.bfq.weight", "io.bfq.weight"}, {0, 0}, spec->io_weight},
		{"--device-read-bps and --device-write-bps", {"blkio", "io"},
		 {"blkio.throttle.read_bps_device", "io.max"}, {NULL, NULL}, {0, 0},
		 spec->read_rates.count || spec->write_rates.count},
	};

	memcpy(limits, all, sizeof(all));
}

static int read_in_group(const struct cgroup *cgroup, const char *controller, const char *file,
			 struct text *text)
{
	_cleanup_(text_release) struct text path = TEXT_INIT;

	text_printf(&path, "/sys/fs/cgroup/%s%s/%s",
		    cgroup->version == CGROUP_V1 ? controller : "", cgroup->path, file);
	if (text_failed(&path))
		return -ENOMEM;
	return io_read_file(AT_FDCWD, path.bytes, FILE_MAX, text, NULL);
}

static int check(const struct cgroup *cgroup, const struct limit *limit, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	size_t v = cgroup->version == CGROUP_V2;
	int r = read_in_group(cgroup, limit->controller[v], limit->file[v], &text);

	if (r < 0 && limit->other[v])
		r = read_in_group(cgroup, limit->controller[v], limit->other[v], &text);
	if (r < 0)
		return error_code(err, r, "%s is not held here: %s cannot be read back",
				  limit->option, limit->file[v]);
	if (limit->wanted[v] && strtoull(text.bytes, NULL, 10) != limit->wanted[v]) {
		text.bytes[strcspn(text.bytes, "\n")] = '\0';
		return error_set(err, -EIO,
				 "%s is not held here: %s is %s where %" PRIu64 " was asked for",
				 limit->option, limit->file[v], text.bytes, limit->wanted[v]);
	}
	return 0;
}

int cgroup_check_limits(const struct cgroup *cgroup, const struct spec *spec, struct error *err)
{
	struct limit limits[LIMITS];

	limits_of(spec, limits);
	for (size_t i = 0; i < LIMITS; i++) {
		int r = limits[i].asked ? check(cgroup, &limits[i], err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

int cgroup_can_limit(const struct cgroup *cgroup, const struct spec *spec, struct error *err)
{
	struct limit limits[LIMITS];

	limits_of(spec, limits);
	for (size_t i = 0; i < LIMITS; i++) {
		const char *controller = limits[i].controller[cgroup->version == CGROUP_V2];

		if (limits[i].asked && !cgroup_has(cgroup, controller))
			return error_set(err, -EOPNOTSUPP,
					 "%s cannot be held here: there is no %s controller",
					 limits[i].option, controller);
	}
	return 0;
}
