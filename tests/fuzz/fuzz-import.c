// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes, imported as whatever they turn out to be: a tar, an OCI layout, a docker archive. What is
 * taken is written again as a layer, and that has to be taken, too, and come out as the same bytes.
 */
#include "pack/oci/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/oci/config.h"
#include "pack/oci/derived.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct import_options options = {
	.contents_directory = "/dev/shm",
	.layer = {.max_size = 4 << 20, .max_entries = 4096},
};

static void write_layer(struct tree *tree, int fd, struct layer_written *written)
{
	struct layer_write_options plain = {0};

	if (layer_write(tree_root(tree), &plain, fd, written, NULL) < 0)
		abort();
	lseek(fd, 0, SEEK_SET);
}

static void write_and_read_again(struct tree *tree)
{
	_cleanup_(closep) int fd = memfd_create("one", MFD_CLOEXEC);
	_cleanup_(closep) int again = memfd_create("two", MFD_CLOEXEC);
	_cleanup_(content_file_freep) struct content_file *contents = NULL;
	_cleanup_(tree_freep) struct tree *back = NULL;
	struct layer_source source = {.fd = fd, .name = "again"};
	struct layer_options layer = options.layer;
	struct layer_stats stats = {0};
	struct layer_written one, two;
	struct error err = ERROR_INIT;

	if (fd < 0 || again < 0 || tree_new(&back) < 0 ||
	    content_file_new("/dev/shm", &contents, NULL) < 0)
		return;
	write_layer(tree, fd, &one);
	layer.contents = contents;
	layer.max_size = layer.max_entries = UINT64_MAX;
	if (layer_apply(&source, &layer, back, &stats, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		abort();
	}
	write_layer(back, again, &two);
	if (strcmp(one.digest, two.digest) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(import_release) struct import import = IMPORT_INIT;
	_cleanup_(closep) int fd = memfd_create("input", MFD_CLOEXEC);
	_cleanup_(json_freep) json_t *start = NULL, *config = NULL;
	_cleanup_(image_config_release) struct image_config image = IMAGE_CONFIG_INIT;
	struct derived_notes notes = {0};
	struct error err = ERROR_INIT;
	char path[32];

	if (fd < 0 || io_write(fd, data, size) < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (import_load(&import, path, &options, &err) < 0) {
		/* every refusal says why, in one line */
		if (!*err.message)
			abort();
		return 0;
	}
	write_and_read_again(import.tree);
	if (import.config && image_config_from_json(import.config, &image, &err) == 0 &&
	    oci_config_to_start(&image, import.tree, &start, &err) == 0)
		derived_config(tree_root(import.tree), start, &(struct derived_options){.image = &image},
			       &notes, &config, &err);
	return 0;
}
