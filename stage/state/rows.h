/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements about one row by its name, for those who own a table. `sql` is a constant. */
#ifndef STAGE_STATE_ROWS_H
#define STAGE_STATE_ROWS_H

#include "db/base/error.h"
#include "db/base/process.h"
#include "stage/state/state.h"

/* Run one whose only value is the name. */
int rows_change(struct state *state, const char *sql, const char *name, struct error *err);
/* 1 it has a row, 0 it has none. */
int rows_holds(struct state *state, const char *sql, const char *name, struct error *err);
/* Names are read before the first is shown: the visitor may change the table. */
int rows_each_name(struct state *state, const char *sql, int (*visit)(const char *name, void *data),
		   void *data, struct error *err);

/* A process as the tables have one: pid, pid_started, pidns and boot, columns or values that follow each other. */
void rows_read_process(sqlite3_stmt *stmt, int column, struct process *ret_process);
void rows_bind_process(sqlite3_stmt *stmt, int place, const struct process *process);

#endif
