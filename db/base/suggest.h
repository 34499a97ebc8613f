/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "did you mean": of the words offered, the one that a wrong word was most likely meant to be.
 *
 *	struct suggestion suggestion = SUGGESTION_INIT("vrify");
 *
 *	suggestion_offer(&suggestion, "verify");
 *	if (suggestion.best)
 *		…
 */
#ifndef DB_BASE_SUGGEST_H
#define DB_BASE_SUGGEST_H

struct suggestion {
	const char *word;     /* what was said; up to "=", beyond which a value begins */
	const char *best;     /* NULL: nothing comes near; lent by who offered it */
	unsigned int changes; /* letters that are to be changed */
};

#define SUGGESTION_INIT(said)                                                                      \
	{                                                                                          \
		.word = (said)                                                                     \
	}

/* The first of those that are equally near stays. */
void suggestion_offer(struct suggestion *suggestion, const char *candidate);

#endif
