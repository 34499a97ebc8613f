// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/suggest.h"

#include <string.h>

enum { LENGTH_MAX = 40 };

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Letters to be added, taken out, changed or swapped with their neighbour. */
static unsigned int changes_between(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned int row[3][LENGTH_MAX + 1];

	for (unsigned int j = 0; j <= b_length; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned int *now = row[i % 3], *before = row[(i + 2) % 3], *two = row[(i + 1) % 3];

		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_length; j++) {
			now[j] = least(before[j - 1] + (a[i - 1] != b[j - 1]),
				       least(before[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], two[j - 2] + 1);
		}
	}
	return row[a_length % 3][b_length];
}

void suggestion_offer(struct suggestion *suggestion, const char *candidate)
{
	size_t said = strcspn(suggestion->word, "="), length = strlen(candidate);
	unsigned int changes;

	if (!said || said > LENGTH_MAX || length > LENGTH_MAX)
		return;
	if (said >= 3 && strncmp(suggestion->word, candidate, said) == 0)
		changes = 1; /* only begun */
	else
		changes = changes_between(suggestion->word, said, candidate, length);
	/* a third may be wrong; more is another word */
	if (changes > (said > length ? said : length) / 3)
		return;
	if (!suggestion->best || changes < suggestion->changes) {
		suggestion->best = candidate;
		suggestion->changes = changes;
	}
}
