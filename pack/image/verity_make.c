// SPDX-License-Identifier: BSD-2-Clause
/* Verity data is made by veritysetup, and read back by ourselves before it gets its name. */
#include "pack/image/verity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/program.h"
#include "db/base/text.h"

/* Where Debian has it, which is in no plain user's PATH. */
#define VERITYSETUP "/usr/sbin/veritysetup"

static int name_beside(const char *image, const char *suffix, char **ret_name, struct error *err)
{
	if (asprintf(ret_name, "%s%s", image, suffix) >= 0)
		return 0;
	*ret_name = NULL;
	return error_oom(err);
}

int verity_check_names(const char *image, struct error *err)
{
	static const char *const suffixes[] = {VERITY_TREE_SUFFIX, VERITY_ROOT_SUFFIX};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		_cleanup_(freep) char *name = NULL;
		int r = name_beside(image, suffixes[i], &name, err);

		if (r < 0)
			return r;
		if (access(name, F_OK) == 0)
			return error_set(err, -EEXIST, "'%s' is there already; --force replaces it", name);
	}
	return 0;
}

/* "Root hash:      \t87f3…" of what it says. */
static int take_root(struct text *output, char ret_hash[DIGEST_HEX_SIZE])
{
	const char *said = strstr(output->bytes, "\nRoot hash:"), *hash;
	char text[DIGEST_HEX_SIZE];

	if (!said)
		return -EBADMSG;
	hash = said + 11 + strspn(said + 11, " \t");
	snprintf(text, sizeof(text), "%s", hash);
	return verity_parse_root(text, ret_hash);
}

static int run_veritysetup(int fd, int tree_fd, char ret_hash[DIGEST_HEX_SIZE], struct error *err)
{
	_cleanup_(text_release) struct text output = TEXT_INIT, said = TEXT_INIT;
	char hex[DIGEST_HEX_SIZE], id[DIGEST_UUID_SIZE], salt[sizeof("--salt=") + DIGEST_HEX_SIZE],
		uuid[sizeof("--uuid=") + DIGEST_UUID_SIZE], data[64], tree[64];
	const char *program = program_is_there("veritysetup") ? "veritysetup" : VERITYSETUP;
	const char *const argv[] = {program, "format", "--hash=sha256", "--data-block-size=4096",
				    "--hash-block-size=4096", salt, uuid, data, tree, NULL};
	int r = digest_fd(fd, hex, err);

	if (r < 0)
		return r;
	digest_uuid(hex, id);
	snprintf(salt, sizeof(salt), "--salt=%s", hex);
	snprintf(uuid, sizeof(uuid), "--uuid=%s", id);
	snprintf(data, sizeof(data), "/proc/%d/fd/%d", (int)getpid(), fd);
	snprintf(tree, sizeof(tree), "/proc/%d/fd/%d", (int)getpid(), tree_fd);
	r = program_run(argv, &output, &said, err);
	if (r == -ENOENT)
		return error_set(err, -ENOPKG, "veritysetup is not installed (package cryptsetup-bin)");
	if (r < 0)
		return r;
	if (r > 0)
		return error_set(err, -EIO, "veritysetup: %s", program_line(&said, ""));
	return take_root(&output, ret_hash) < 0 ? error_set(err, -EBADMSG, "veritysetup did not say the root hash") : 0;
}

static int write_root(struct verity *verity, const char *name, struct error *err)
{
	int r = io_write(verity->root.fd, verity->root_hash, DIGEST_HEX_SIZE - 1);

	return r < 0 ? error_code(err, r, "cannot write '%s'", name) : 0;
}

int verity_make(struct verity *verity, int fd, const char *image, bool replace, struct error *err)
{
	_cleanup_(freep) char *tree = NULL, *root = NULL;
	char made[64];
	int r = name_beside(image, VERITY_TREE_SUFFIX, &tree, err);

	if (r == 0)
		r = name_beside(image, VERITY_ROOT_SUFFIX, &root, err);
	if (r == 0)
		r = io_output_open(&verity->tree, tree, 0644, err);
	if (r == 0)
		r = io_output_open(&verity->root, root, 0644, err);
	if (r == 0)
		r = run_veritysetup(fd, verity->tree.fd, verity->root_hash, err);
	if (r < 0)
		return r;
	verity->tree.only_new = verity->root.only_new = !replace;
	snprintf(made, sizeof(made), "/proc/self/fd/%d", verity->tree.fd);
	r = verity_check(fd, image, made, verity->root_hash, err);
	return r < 0 ? error_prefix(err, r, "what veritysetup made") : write_root(verity, root, err);
}

int verity_publish(struct verity *verity, struct error *err)
{
	int r = io_publish(&verity->tree, err);

	return r < 0 ? r : io_publish(&verity->root, err);
}

void verity_release(struct verity *verity)
{
	io_output_release(&verity->tree);
	io_output_release(&verity->root);
}
