/* SPDX-License-Identifier: BSD-2-Clause */
/* The columns of an instance and of a run, for those who select both: of "instance AS i" and "run AS r". */
#ifndef STAGE_INSTANCE_COLUMNS_H
#define STAGE_INSTANCE_COLUMNS_H

#include "db/sql/statement.h"
#include "stage/instance/instance.h"
#include "stage/instance/run.h"

#define INSTANCE_COLUMNS                                                                           \
	"i.app, i.name, i.package, i.asked, i.user, i.guard, i.guard_source, i.ephemeral,"         \
	" i.wanted, i.created_ns, i.state"
enum { INSTANCE_COLUMN_COUNT = 11 };

#define RUN_COLUMNS                                                                                \
	"r.id, r.package, r.container, r.state, r.boot, r.pidns, r.pid, r.pid_started, r.conmon,"  \
	" r.conmon_started, r.network, r.network_started, r.cgroup, r.stop_signal, r.restarts,"    \
	" r.begun_ns, r.ready_ns, r.ended_ns, r.status, r.oom, r.said, r.waiter,"                  \
	" r.waiter_started, r.guard, r.guard_started, r.guard_device"
enum { RUN_COLUMN_COUNT = 26 };

/* From the column `from` on: 1, or a negative errno. */
int instance_read(sqlite3_stmt *stmt, int from, struct instance *ret_instance, struct error *err);
int run_read(sqlite3_stmt *stmt, int from, struct run *ret_run, struct error *err);

#endif
