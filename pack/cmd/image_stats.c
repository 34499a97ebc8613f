// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/image_stats.h"

#include <jansson.h>
#include <stdio.h>

static void print_json(const struct image_stats *s)
{
	json_t *json = json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "inodes",
		(json_int_t)s->inodes, "files", (json_int_t)s->files, "bytes_in",
		(json_int_t)s->bytes_in, "bytes_sparse", (json_int_t)s->bytes_sparse,
		"bytes_duplicate", (json_int_t)s->bytes_duplicate, "bytes_out",
		(json_int_t)s->bytes_out, "bytes_error", (json_int_t)s->bytes_error, "data_out", (json_int_t)s->data_out, "metadata_out",
		(json_int_t)s->metadata_out, "blocks", (json_int_t)s->blocks, "fragments",
		(json_int_t)s->fragments, "changed", (json_int_t)s->changed, "memory_blocks",
		(json_int_t)s->memory_peak, "seconds", s->seconds, "starved_seconds",
		s->starved_seconds);

	if (json && json_dumpf(json, stdout, JSON_INDENT(2)) == 0)
		putchar('\n');
	json_decref(json);
}

static void print_text(const struct image_stats *s)
{
	const struct {
		const char *what;
		uint64_t bytes;
	} sizes[] = {
		{"contents", s->bytes_in},      {"holes", s->bytes_sparse},
		{"duplicates", s->bytes_duplicate}, {"compressed", s->data_out},
		{"tables", s->metadata_out},    {"image", s->bytes_out},
	};

	printf("%-12s %14llu (%llu regular files)\n", "inodes", (unsigned long long)s->inodes,
	       (unsigned long long)s->files);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		printf("%-12s %14llu bytes\n", sizes[i].what, (unsigned long long)sizes[i].bytes);
	printf("%-12s %14llu, and %llu fragments\n", "blocks", (unsigned long long)s->blocks,
	       (unsigned long long)s->fragments);
	printf("%-12s %14.2f seconds; compressors waited %.2f\n", "time", s->seconds,
	       s->starved_seconds);
}

void image_stats_print(const struct image_stats *stats, bool json)
{
	if (json)
		print_json(stats);
	else
		print_text(stats);
}
