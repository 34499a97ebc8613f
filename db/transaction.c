// SPDX-License-Identifier: BSD-2-Clause
#include "db/manifest_private.h"

int manifest_begin(struct manifest *manifest, struct error *err)
{
	return connection_begin(&manifest->sql, err);
}

int manifest_commit(struct manifest *manifest, struct error *err)
{
	return connection_commit(&manifest->sql, err);
}

void manifest_rollback(struct manifest *manifest)
{
	connection_rollback(&manifest->sql);
	/* ids given out in this transaction are nobody's now */
	cache_release(&manifest->entries);
	cache_release(&manifest->programs);
}
