// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/size.h"
#include "db/base/text.h"

static int take_max_size(void *target, const char *value, struct error *err)
{
	uint64_t *size = target;

	(void)err;
	return size_parse(value, size) && *size ? 0 : -EINVAL;
}

const struct command_option gate_options[] = {
	{0, "max-size", "SIZE", "exit with 3, and write nothing, when the result is larger",
	 OPTION_CALL(take_max_size, struct gate, max_size)},
	{0, "max-growth", "PREVIOUS", "the same when it is larger than that file, or than that\n"
	 "and a margin: PREVIOUS:SIZE, PREVIOUS:N%",
	 OPTION_STRING(struct gate, previous)},
	{0},
};

/* "10%" of a size, or a size. */
static bool parse_margin(const char *text, uint64_t size, uint64_t *ret_margin)
{
	size_t length = strlen(text);
	unsigned long percent;
	char *end;

	if (!length || text[length - 1] != '%')
		return size_parse(text, ret_margin);
	percent = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || end != text + length - 1 || percent > 10000)
		return false;
	*ret_margin = size / 100 * percent + size % 100 * percent / 100;
	return true;
}

int gate_open(struct gate *gate, struct error *err)
{
	const char *colon = gate->previous ? strrchr(gate->previous, ':') : NULL;
	_cleanup_(freep) char *path = NULL;
	uint64_t margin = 0;
	struct stat st;

	if (!gate->previous)
		return 0;
	path = strdup(gate->previous);
	if (!path)
		return error_oom(err);
	if (stat(path, &st) < 0 && colon && parse_margin(colon + 1, 0, &margin))
		path[colon - gate->previous] = '\0';
	if (stat(path, &st) < 0)
		return error_errno(err, "--max-growth: cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "--max-growth: '%s' is not a file", path);
	gate->size = (uint64_t)st.st_size;
	if (!path[colon ? colon - gate->previous : 0])
		parse_margin(colon + 1, gate->size, &margin);
	gate->limit = gate->size + margin;
	return 0;
}

bool gate_pass(const struct gate *gate, uint64_t size, struct error *why)
{
	_cleanup_(text_release) struct text is = TEXT_INIT, may = TEXT_INIT;

	text_add_size(&is, size);
	if (gate->max_size && size > gate->max_size) {
		text_add_size(&may, gate->max_size);
		error_set(why, -EFBIG, "%s (%llu bytes) is more than --max-size %s: nothing is written",
			  is.bytes, (unsigned long long)size, may.bytes);
		return false;
	}
	if (gate->previous && size > gate->limit) {
		text_add_size(&may, gate->size);
		error_set(why, -EFBIG,
			  "%s (%llu bytes) is more than '%s' allows, which is %s (%llu bytes): nothing is "
			  "written",
			  is.bytes, (unsigned long long)size, gate->previous, may.bytes,
			  (unsigned long long)gate->size);
		return false;
	}
	return true;
}
