// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "db/base/cleanup.h"

enum { LARGE = 16 << 20, ZONE_AT = 29, STAMP_SIZE = 35 };

/* "2026-11-28T08:56:19.498902127+01:00 " */
static bool read_stamp(const char *line, size_t size, int64_t *ret_ns)
{
	struct tm tm = {0};
	int hours, minutes;
	long fraction;
	char text[STAMP_SIZE + 1];

	if (size <= STAMP_SIZE || line[STAMP_SIZE] != ' ')
		return false;
	memcpy(text, line, STAMP_SIZE);
	text[STAMP_SIZE] = '\0';
	if (!strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) || sscanf(text + 19, ".%9ld", &fraction) != 1 ||
	    sscanf(text + ZONE_AT, "%3d:%2d", &hours, &minutes) != 2)
		return false;
	if (text[ZONE_AT] == '-')
		minutes = -minutes;
	*ret_ns = (timegm(&tm) - hours * 3600LL - minutes * 60LL) * 1000000000LL + fraction;
	return true;
}

static bool parse(const char *line, size_t size, struct output_line *ret_line)
{
	const char *stream = line + STAMP_SIZE + 1;
	size_t left = size - STAMP_SIZE - 1;

	if (!read_stamp(line, size, &ret_line->at_ns) || left < 9 ||
	    (memcmp(stream, "stdout ", 7) != 0 && memcmp(stream, "stderr ", 7) != 0) || stream[8] != ' ')
		return false;
	ret_line->errors = stream[3] == 'e';
	ret_line->whole = stream[7] != 'P';
	ret_line->text = stream + 9;
	ret_line->size = left - 9;
	return true;
}

int output_each(FILE *file, int (*visit)(const struct output_line *line, void *data), void *data)
{
	_cleanup_(freep) char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = getline(&line, &room, file)) > 0) {
		struct output_line found = {.whole = true, .text = line};

		if (line[n - 1] != '\n') {
			fseek(file, -n, SEEK_CUR);
			break;
		}
		found.size = (size_t)n - 1;
		parse(line, found.size, &found);
		r = visit(&found, data);
	}
	clearerr(file);
	return r;
}

static int keep_last(const struct output_line *line, void *data)
{
	char **last = data, *copy = line->size ? strndup(line->text, line->size) : NULL;

	if (!copy)
		return 0;
	free(*last);
	*last = copy;
	return 0;
}

char *output_last(const char *path, uint64_t offset)
{
	_cleanup_(fclosep) FILE *file = fopen(path, "re");
	char *last = NULL;

	if (file && fseek(file, (long)offset, SEEK_SET) == 0)
		output_each(file, keep_last, &last);
	return last;
}

void output_rotate(const char *path)
{
	char *aside = NULL;
	struct stat st;

	if (stat(path, &st) < 0 || st.st_size < LARGE || asprintf(&aside, "%s.1", path) < 0)
		return;
	rename(path, aside);
	free(aside);
}
