/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An explanation: the chain of reasons from a path to what asked for it in the first place, a
 * session or a rule.
 */
#ifndef PACK_EVIDENCE_EXPLANATION_H
#define PACK_EVIDENCE_EXPLANATION_H

#include <jansson.h>
#include <stddef.h>

#include "db/base/text.h"
#include "pack/evidence/evidence.h"

struct explanation_step {
	const struct evidence_entry *entry;
	const struct evidence_reason *reason; /* of this entry; its `from` is the next step's entry */
};

struct explanation {
	struct explanation_step *items;
	size_t count, capacity;
};

/*
 * The shortest chain that ends at something a session executed, at a rule, or at what a session used
 * and nothing else explains: 0 or -ENOMEM. Borrows from the evidence.
 */
int explanation_find(const struct evidence *evidence, const struct evidence_entry *entry,
		     struct explanation *ret_explanation);
void explanation_release(struct explanation *explanation);

/* "  needed by            /usr/sbin/nginx (DT_NEEDED libz.so.1)", without a newline. */
void explanation_line(const struct evidence_reason *reason, struct text *text);

/* {"path", "kind", …, "reasons": all, "chain": the one found}; NULL: out of memory. */
json_t *explanation_json(const struct evidence_entry *entry, const struct explanation *chain);

#endif
