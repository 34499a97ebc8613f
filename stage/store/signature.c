// SPDX-License-Identifier: BSD-2-Clause
#include "stage/store/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/store/store.h"

/* The longest is of RSA with 16,384 bits: 2 KiB, in base64. */
enum { FILE_MAX = 4096, KEY_MAX = 64 << 10, SIGNATURE_MAX = 2048 };

static const char first_line[] = "sfc-signature 1\n";

typedef EVP_PKEY *key_pointer;

static void key_freep(key_pointer *key)
{
	EVP_PKEY_free(*key);
}

static void context_freep(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

int signature_subject_of(const char *path, struct signature_subject *ret_subject, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	struct stat st;
	int r = store_open_package(path, &fd, err);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot read '%s'", path);
	ret_subject->size = (uint64_t)st.st_size;
	return digest_fd(fd, ret_subject->digest, err);
}

static void add_statement(const struct signature_subject *subject, struct text *text)
{
	text_add(text, first_line);
	text_printf(text, "sha256:%s\nsize: %" PRIu64 "\n", subject->digest, subject->size);
}

/* ---- keys ---- */

static int read_key(const char *path, bool private, key_pointer *ret_key, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	BIO *memory;
	int r = io_read_file(AT_FDCWD, path, KEY_MAX, &text, err);

	if (r < 0)
		return error_prefix(err, r, "cannot read the key");
	memory = BIO_new_mem_buf(text.bytes, (int)text.size);
	if (!memory)
		return error_oom(err);
	*ret_key = private ? PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL)
			   : PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL);
	BIO_free(memory);
	ERR_clear_error();
	if (*ret_key)
		return 0;
	return error_set(err, -EBADMSG, "'%s' has no %s key in PEM that can be read%s", path,
			 private ? "private" : "public",
			 private ? "" : "; 'openssl pkey -in KEY -pubout' makes it of the private one");
}

/* What it is found by. */
static int name_key(key_pointer key, char ret_name[DIGEST_HEX_SIZE], struct error *err)
{
	unsigned char *der = NULL;
	int size = i2d_PUBKEY(key, &der), r;

	if (size <= 0)
		return error_set(err, -EIO, "libcrypto cannot write the public key");
	r = digest_once_hex(der, (size_t)size, ret_name);
	OPENSSL_free(der);
	return r < 0 ? error_code(err, r, "libcrypto") : 0;
}

/* Ed25519 and Ed448 have theirs built in. */
static const EVP_MD *hash_of(key_pointer key)
{
	char name[32] = "";

	return EVP_PKEY_get_default_digest_name(key, name, sizeof(name)) == 2 && strcmp(name, "UNDEF") == 0
		       ? NULL
		       : EVP_sha256();
}

/* ---- signing ---- */

static int sign(key_pointer key, const struct text *statement, unsigned char *signature, size_t *size,
		struct error *err)
{
	_cleanup_(context_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context)
		return error_oom(err);
	if (EVP_DigestSignInit(context, NULL, hash_of(key), NULL, key) != 1 ||
	    EVP_DigestSign(context, signature, size, (const unsigned char *)statement->bytes, statement->size) != 1) {
		ERR_clear_error();
		return error_set(err, -ENOTSUP, "this kind of key cannot sign");
	}
	return 0;
}

static int write_file(const struct text *text, const char *output, bool replace, struct error *err)
{
	_cleanup_(io_output_release) struct io_output file = IO_OUTPUT_INIT;
	int r;

	if (!replace && access(output, F_OK) == 0)
		return error_set(err, -EEXIST, "'%s' is there already; -f replaces it", output);
	r = io_output_open(&file, output, 0644, err);
	if (r == 0)
		r = io_write(file.fd, text->bytes, text->size);
	return r < 0 ? error_code(err, r, "cannot write '%s'", output) : io_publish(&file, err);
}

int signature_write(const struct signature_subject *subject, const char *key, const char *output, bool replace,
		    struct error *err)
{
	_cleanup_(key_freep) key_pointer private = NULL;
	_cleanup_(text_release) struct text text = TEXT_INIT;
	unsigned char signature[SIGNATURE_MAX], encoded[SIGNATURE_MAX * 2];
	char name[DIGEST_HEX_SIZE];
	size_t size = sizeof(signature);
	int r = read_key(key, true, &private, err);

	if (r == 0)
		r = name_key(private, name, err);
	if (r < 0)
		return r;
	add_statement(subject, &text);
	if (text_failed(&text))
		return error_oom(err);
	r = sign(private, &text, signature, &size, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", key);
	EVP_EncodeBlock(encoded, signature, (int)size);
	text_printf(&text, "key: %s\n%s\n", name, (const char *)encoded);
	return text_failed(&text) ? error_oom(err) : write_file(&text, output, replace, err);
}

/* ---- checking ---- */

/* Its lines, cut in place: *ret_key and *ret_signature point into the text, `signed_size` of it are the statement. */
static int split(struct text *text, size_t *ret_signed, char **ret_key, char **ret_signature)
{
	char *line = text->bytes;

	if (strlen(text->bytes) != text->size || strncmp(line, first_line, sizeof(first_line) - 1) != 0)
		return -EBADMSG;
	for (int i = 0; i < 3; i++) {
		line = strchr(line, '\n');
		if (!line++)
			return -EBADMSG;
	}
	*ret_signed = (size_t)(line - text->bytes);
	if (strncmp(line, "key: ", 5) != 0)
		return -EBADMSG;
	*ret_key = line + 5;
	line = strchr(line, '\n');
	if (!line)
		return -EBADMSG;
	*line++ = '\0';
	*ret_signature = line;
	line[strcspn(line, "\n")] = '\0';
	return *line ? 0 : -EBADMSG;
}

/* Bytes it stands for; EVP_DecodeBlock() counts those that fill up, too. */
static int decode(const char *encoded, unsigned char *bytes, size_t *ret_size)
{
	size_t length = strlen(encoded);
	int n;

	if (length % 4 || length / 4 * 3 > SIGNATURE_MAX)
		return -EBADMSG;
	n = EVP_DecodeBlock(bytes, (const unsigned char *)encoded, (int)length);
	if (n < 0)
		return -EBADMSG;
	for (size_t i = length; n && i && encoded[i - 1] == '=' && length - i < 2; i--)
		n--;
	*ret_size = (size_t)n;
	return 0;
}

static bool is_signed(key_pointer key, const unsigned char *signature, size_t size, const char *statement,
		      size_t statement_size)
{
	_cleanup_(context_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestVerifyInit(context, NULL, hash_of(key), NULL, key) == 1 &&
		    EVP_DigestVerify(context, signature, size, (const unsigned char *)statement, statement_size) == 1;

	ERR_clear_error();
	return good;
}

int signature_check(const char *signature, const struct signature_subject *subject, const char *key,
		    struct error *err)
{
	_cleanup_(key_freep) key_pointer public = NULL;
	_cleanup_(text_release) struct text text = TEXT_INIT, expected = TEXT_INIT;
	unsigned char bytes[SIGNATURE_MAX + 3];
	char name[DIGEST_HEX_SIZE], *named = NULL, *encoded = NULL;
	size_t size = 0, statement_size = 0;
	int r = io_read_file(AT_FDCWD, signature, FILE_MAX, &text, err);

	if (r == -ENOENT)
		return error_set(err, -ENOENT, "it is not signed: there is no '%s'", signature);
	if (r == 0 && (split(&text, &statement_size, &named, &encoded) < 0 || decode(encoded, bytes, &size) < 0))
		r = error_set(err, -EBADMSG, "'%s' is no signature", signature);
	if (r == 0)
		r = read_key(key, false, &public, err);
	if (r == 0)
		r = name_key(public, name, err);
	if (r < 0)
		return r;
	add_statement(subject, &expected);
	if (text_failed(&expected))
		return error_oom(err);
	if (strcmp(named, name) != 0)
		return error_set(err, -EKEYREJECTED, "'%s' is by another key than '%s'", signature, key);
	if (!is_signed(public, bytes, size, text.bytes, statement_size))
		return error_set(err, -EKEYREJECTED, "'%s' was not made with the key of '%s'", signature, key);
	if (expected.size != statement_size || memcmp(expected.bytes, text.bytes, statement_size) != 0)
		return error_set(err, -EBADMSG, "'%s' is the signature of another package", signature);
	return 0;
}
