// SPDX-License-Identifier: BSD-2-Clause
#include "db/program_table.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "db/manifest_private.h"

static int program_find(struct manifest *manifest, const char *exe, const char *comm,
			int64_t *ret_id, struct error *err)
{
	static const char sql[] = "SELECT id FROM program WHERE exe = ? AND comm = ?";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, exe);
	bind_text(stmt, 2, comm);
	r = statement_step(&manifest->sql, stmt, err);
	if (r > 0)
		*ret_id = sqlite3_column_int64(stmt, 0);
	return r;
}

static int program_insert(struct manifest *manifest, const char *exe, const char *comm,
			  int64_t *ret_id, struct error *err)
{
	static const char sql[] = "INSERT INTO program (exe, comm) VALUES (?, ?)";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, exe);
	bind_text(stmt, 2, comm);
	r = statement_run(&manifest->sql, stmt, err);
	if (r == 0)
		*ret_id = sqlite3_last_insert_rowid(manifest->sql.db);
	return r;
}

int program_intern(struct manifest *manifest, const char *exe, const char *comm, int64_t *ret_id,
		   struct error *err)
{
	char key[256];
	size_t exe_size, comm_size, size;
	struct cache_slot *slot;
	int r;

	exe = exe ? exe : "";
	comm = comm ? comm : "";
	exe_size = strlen(exe);
	comm_size = strlen(comm);
	size = exe_size + 1 + comm_size;
	if (size <= sizeof(key)) {
		memcpy(key, exe, exe_size + 1);
		memcpy(key + exe_size + 1, comm, comm_size);
		slot = cache_find(&manifest->programs, key, size);
		if (slot) {
			*ret_id = slot->id;
			return 0;
		}
	}
	r = program_find(manifest, exe, comm, ret_id, err);
	if (r == 0)
		r = program_insert(manifest, exe, comm, ret_id, err);
	if (r >= 0 && size <= sizeof(key))
		cache_put(&manifest->programs, key, size, *ret_id, 0);
	return r < 0 ? r : 0;
}
