// SPDX-License-Identifier: BSD-2-Clause
#include "db/sql/statement.h"

#include <string.h>

int statement_new(struct connection *connection, const char *sql, sqlite3_stmt **ret_stmt,
		  struct error *err)
{
	int code =
	    sqlite3_prepare_v3(connection->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_stmt, NULL);

	return code == SQLITE_OK ? 0 : connection_error(connection, code, err);
}

void statement_freep(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}

int statement_get(struct connection *connection, const char *sql, sqlite3_stmt **ret_stmt,
		  struct error *err)
{
	struct prepared prepared = {.sql = sql};
	int r;

	for (size_t i = 0; i < connection->prepared.count; i++) {
		if (connection->prepared.items[i].sql == sql) {
			*ret_stmt = connection->prepared.items[i].stmt;
			return 0;
		}
	}
	if (array_reserve(&connection->prepared, 1) < 0)
		return error_oom(err);
	r = statement_new(connection, sql, &prepared.stmt, err);
	if (r < 0)
		return r;
	array_push(&connection->prepared, prepared);
	*ret_stmt = prepared.stmt;
	return 0;
}

int statement_step(struct connection *connection, sqlite3_stmt *stmt, struct error *err)
{
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : connection_error(connection, code, err);
}

int statement_first(struct connection *connection, const char *sql, sqlite3_stmt **ret_stmt,
		    struct error *err)
{
	int r = statement_get(connection, sql, ret_stmt, err);

	return r < 0 ? r : statement_step(connection, *ret_stmt, err);
}

int statement_run(struct connection *connection, sqlite3_stmt *stmt, struct error *err)
{
	int r = statement_step(connection, stmt, err);

	/* before the reset, which would overwrite the error */
	statement_done(stmt);
	return r < 0 ? r : 0;
}

void statement_done(sqlite3_stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

void statement_donep(sqlite3_stmt **stmt)
{
	statement_done(*stmt);
}

/* Static text is not copied, so there is nothing here that can fail but a wrong place. */
void bind_text(sqlite3_stmt *stmt, int place, const char *text)
{
	if (text)
		sqlite3_bind_text64(stmt, place, text, strlen(text), SQLITE_STATIC, SQLITE_UTF8);
	else
		sqlite3_bind_null(stmt, place);
}

void bind_int(sqlite3_stmt *stmt, int place, int64_t value)
{
	sqlite3_bind_int64(stmt, place, value);
}

const char *column_text(sqlite3_stmt *stmt, int column)
{
	const char *text = column_text_or_null(stmt, column);

	return text ? text : "";
}

const char *column_text_or_null(sqlite3_stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt, column);
}

uint64_t column_count(sqlite3_stmt *stmt, int column)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	return value < 0 ? 0 : (uint64_t)value;
}
