// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/compare.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/program.h"
#include "db/base/text.h"

enum { SHOWN_BYTES = 2000, SHOWN_LINES = 10, DIFF_LINES = 12, BLOCK = 64 << 10 };

int compare_of(const char *word, enum compare *ret_compare)
{
	static const char *const words[] = {"output", "status", "none"};

	for (int i = 0; i < 3; i++)
		if (!word || strcmp(word, words[i]) == 0) {
			*ret_compare = (enum compare)i;
			return 0;
		}
	return -EINVAL;
}

/* --- comparing --- */

static bool same_bytes(int a, int b)
{
	static char left[BLOCK], right[BLOCK];
	uint64_t offset = 0;
	ssize_t n, m;

	do {
		n = io_pread(a, left, BLOCK, offset);
		m = io_pread(b, right, BLOCK, offset);
		if (n != m || n < 0 || memcmp(left, right, (size_t)n) != 0)
			return false;
		offset += (uint64_t)n;
	} while (n == BLOCK);
	return true;
}

bool compare_trials(const struct spec *spec, const struct trial *source, const struct trial *package,
		    enum compare compare, char *said, size_t size)
{
	bool probed = spec->probes.count || spec->http_probes.count || spec->exec_probes.count;
	int which = probed ? CAPTURED_PROBE : CAPTURED_OUTPUT;

	if (source->status != package->status) {
		snprintf(said, size, "exit status %d instead of %d", package->status, source->status);
		return false;
	}
	if (source->served != package->served) {
		snprintf(said, size, package->served ? "it stays up" : "it ends before it is up");
		return false;
	}
	snprintf(said, size, "same exit status");
	/* what a server prints is about times and processes */
	if (compare != COMPARE_OUTPUT || (source->served && !probed))
		return true;
	if (!same_bytes(source->captured[which], package->captured[which])) {
		snprintf(said, size, probed ? "the probe's output is another" : "its output is another");
		return false;
	}
	snprintf(said, size, probed ? "same exit status, same probe output" : "same exit status, same output");
	return true;
}

/* --- showing --- */

/* The lines of what may be anything but text, the first or the last of them. */
static void show_lines(char *bytes, size_t most, bool last)
{
	size_t lines = 0, skip = 0;
	char *rest = bytes, *line;

	for (const char *at = bytes; *at; at++)
		lines += *at == '\n' || !at[1];
	if (last && lines > most)
		skip = lines - most;
	for (size_t i = 0; *rest && (line = strsep(&rest, "\n")) && i < skip + most; i++) {
		_cleanup_(text_release) struct text plain = TEXT_INIT;

		text_add_plain(&plain, line);
		if (i >= skip)
			fprintf(stderr, "  | %s\n", plain.bytes);
		if (!rest)
			break;
	}
}

static void show_end(int fd)
{
	char bytes[SHOWN_BYTES + 1];
	struct stat st;
	uint64_t from;
	ssize_t n;
	size_t kept = 0;

	if (fstat(fd, &st) < 0)
		return;
	from = st.st_size > SHOWN_BYTES ? (uint64_t)st.st_size - SHOWN_BYTES : 0;
	n = io_pread(fd, bytes, SHOWN_BYTES, from);
	for (ssize_t i = 0; i < n; i++)
		if (bytes[i])
			bytes[kept++] = bytes[i];
	bytes[kept] = '\0';
	show_lines(bytes, SHOWN_LINES, true);
}

void compare_show_output(const struct trial *trial)
{
	for (int i = 0; i < CAPTURED; i++)
		show_end(trial->captured[i]);
}

void compare_show_difference(const struct trial *source, const struct trial *package)
{
	_cleanup_(text_release) struct text output = TEXT_INIT, said = TEXT_INIT;
	char left[64], right[64];

	snprintf(left, sizeof(left), "/proc/%d/fd/%d", (int)getpid(), source->captured[CAPTURED_OUTPUT]);
	snprintf(right, sizeof(right), "/proc/%d/fd/%d", (int)getpid(), package->captured[CAPTURED_OUTPUT]);
	/* 1: they differ */
	if (program_run((const char *const[]){"diff", "-u", "--label", "source", "--label", "package", left,
					      right, NULL},
			&output, &said, NULL) == 1)
		show_lines(output.bytes, DIFF_LINES, false);
}
