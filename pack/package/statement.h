/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Provenance as others read it: an in-toto statement (v1) with SLSA's predicate (v1) about the package as a file. It
 * is what the package says of itself (sfc/package.json) and the digest of the file; who did not make the package, or
 * does not trust who signs the statement, knows no more by it.
 */
#ifndef PACK_PACKAGE_STATEMENT_H
#define PACK_PACKAGE_STATEMENT_H

#include <jansson.h>

#include "db/base/error.h"
#include "pack/package/bundle.h"

/*
 * name: of the file. builder: a URI, or NULL for the tool alone. The same package and arguments give the same
 * document. -EBADMSG: package.json lacks what is wanted.
 */
int statement_of(const struct bundle *bundle, const char *name, const char *builder, json_t **ret_statement,
		 struct error *err);

#endif
