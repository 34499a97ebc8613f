/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statements of a connection: prepared once and kept with the connection, bound by helpers that
 *count their own places, stepped with errors turned into words.
 *
 *	r = statement_get(connection, "SELECT id FROM entry WHERE path = ?", &stmt, err);
 *	bind_text(stmt, 1, path);
 *	r = statement_step(connection, stmt, err);	1 a row, 0 the end
 *	…column_text(stmt, 0)…
 *	statement_done(stmt);
 *
 * Bound text is borrowed until statement_done().
 */
#ifndef DB_SQL_STATEMENT_H
#define DB_SQL_STATEMENT_H

#include "db/sql/connection.h"

/* `sql` is a constant, the same address each time. The statement is the connection's. */
int statement_get(struct connection *connection, const char *sql, sqlite3_stmt **ret_stmt,
		  struct error *err);
/* One to be finalized by the caller, for walks that overlap and SQL that is composed. */
int statement_new(struct connection *connection, const char *sql, sqlite3_stmt **ret_stmt,
		  struct error *err);
void statement_freep(sqlite3_stmt **stmt);

/* Get one that takes no values, and step it: 1 its first row, 0 there is none, or a negative errno.
 */
int statement_first(struct connection *connection, const char *sql, sqlite3_stmt **ret_stmt,
		    struct error *err);

/* 1 a row, 0 the end, or a negative errno. */
int statement_step(struct connection *connection, sqlite3_stmt *stmt, struct error *err);
/* Step one that returns nothing, and be done with it: 0 or a negative errno. */
int statement_run(struct connection *connection, sqlite3_stmt *stmt, struct error *err);
/* Ready for other values; what was bound is forgotten. NULL is fine. */
void statement_done(sqlite3_stmt *stmt);
void statement_donep(sqlite3_stmt **stmt);

/* A NULL text is SQL's NULL. */
void bind_text(sqlite3_stmt *stmt, int place, const char *text);
void bind_int(sqlite3_stmt *stmt, int place, int64_t value);

/* Bytes up to the first NUL, never NULL: "" for NULL or when memory ran out. */
const char *column_text(sqlite3_stmt *stmt, int column);
/* The same, NULL for NULL. */
const char *column_text_or_null(sqlite3_stmt *stmt, int column);
/* What is there as a number that may not be negative; 0 for what is. */
uint64_t column_count(sqlite3_stmt *stmt, int column);

#endif
