// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/fingerprint.h"

#include <string.h>

int fingerprint_add(struct fingerprint *print, struct digest *digest, const void *data,
		    size_t size)
{
	const struct {
		struct fingerprint before;
		uint64_t zeroes;
	} head = {.before = *print, .zeroes = data ? 0 : size};
	uint8_t hash[DIGEST_SIZE];
	int r;

	r = digest_restart(digest);
	if (r == 0)
		r = digest_add(digest, &head, sizeof(head));
	if (r == 0 && data)
		r = digest_add(digest, data, size);
	if (r == 0)
		r = digest_finish_bytes(digest, hash);
	if (r == 0)
		memcpy(print->words, hash, sizeof(print->words));
	return r;
}
