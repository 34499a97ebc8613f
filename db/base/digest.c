// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

struct digest {
	EVP_MD_CTX *context;
};

int digest_new(struct digest **ret_digest)
{
	_cleanup_(digest_freep) struct digest *digest = calloc(1, sizeof(*digest));

	if (!digest)
		return -ENOMEM;
	digest->context = EVP_MD_CTX_new();
	if (!digest->context || EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	*ret_digest = take(digest);
	return 0;
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

void digest_freep(struct digest **digest)
{
	digest_free(*digest);
}

int digest_restart(struct digest *digest)
{
	return EVP_DigestInit_ex(digest->context, NULL, NULL) == 1 ? 0 : -EIO;
}

int digest_add(struct digest *digest, const void *data, size_t size)
{
	return EVP_DigestUpdate(digest->context, data, size) == 1 ? 0 : -EIO;
}

int digest_finish_bytes(struct digest *digest, uint8_t ret_bytes[DIGEST_SIZE])
{
	unsigned int size = 0;

	if (EVP_DigestFinal_ex(digest->context, ret_bytes, &size) != 1 || size != DIGEST_SIZE)
		return -EIO;
	return 0;
}

int digest_once(const void *data, size_t size, uint8_t ret_bytes[DIGEST_SIZE])
{
	unsigned int got = 0;

	if (EVP_Digest(data, size, ret_bytes, &got, EVP_sha256(), NULL) != 1 ||
	    got != DIGEST_SIZE)
		return -EIO;
	return 0;
}

static void spell(const uint8_t bytes[DIGEST_SIZE], char ret_hex[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		ret_hex[2 * i] = digits[bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_hex[2 * DIGEST_SIZE] = '\0';
}

int digest_finish(struct digest *digest, char ret_hex[DIGEST_HEX_SIZE])
{
	uint8_t bytes[DIGEST_SIZE];
	int r = digest_finish_bytes(digest, bytes);

	if (r == 0)
		spell(bytes, ret_hex);
	return r;
}

int digest_once_hex(const void *data, size_t size, char ret_hex[DIGEST_HEX_SIZE])
{
	uint8_t bytes[DIGEST_SIZE];
	int r = digest_once(data, size, bytes);

	if (r == 0)
		spell(bytes, ret_hex);
	return r;
}

void digest_uuid(const char hex[DIGEST_HEX_SIZE], char ret_uuid[DIGEST_UUID_SIZE])
{
	snprintf(ret_uuid, DIGEST_UUID_SIZE, "%.8s-%.4s-8%.3s-%c%.3s-%.12s", hex, hex + 8, hex + 13,
		 "89ab"[hex[16] % 4], hex + 17, hex + 20);
}

int digest_fd(int fd, char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_(freep) char *buffer = NULL;
	const size_t size = 1 << 18;
	uint64_t offset = 0;
	int r;

	buffer = malloc(size);
	if (!buffer)
		return error_oom(err);
	r = digest_new(&digest);
	if (r < 0)
		return error_oom(err);
	for (;;) {
		ssize_t n = io_pread(fd, buffer, size, offset);

		if (n < 0)
			return error_code(err, (int)n, "cannot read while hashing");
		if (n == 0)
			break;
		r = digest_add(digest, buffer, (size_t)n);
		if (r < 0)
			return error_code(err, r, "SHA-256 failed");
		offset += (uint64_t)n;
	}
	r = digest_finish(digest, ret_hex);
	return r < 0 ? error_code(err, r, "SHA-256 failed") : 0;
}
