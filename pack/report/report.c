// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/report.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/report/data.h"
#include "pack/report/page.h"

static const char mark[] = "@DATA@";

struct sink {
	int fd;
	int failed; /* the first error, a negative errno */
	struct text buffer;
};

static int sink_flush(struct sink *sink)
{
	if (!sink->failed)
		sink->failed = io_write(sink->fd, sink->buffer.bytes, sink->buffer.size);
	text_clear(&sink->buffer);
	return sink->failed;
}

/* '<' may not stand in a script element: "</script>" would end it, "<!--" would hide its end. */
static int sink_json(const char *bytes, size_t size, void *data)
{
	struct sink *sink = data;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] == '<')
			text_add(&sink->buffer, "\\u003c");
		else
			text_add_char(&sink->buffer, bytes[i]);
	if (text_failed(&sink->buffer))
		sink->failed = -ENOMEM;
	if (sink->buffer.size > 1 << 16)
		sink_flush(sink);
	return sink->failed ? -1 : 0;
}

int report_write(struct manifest *manifest, const struct report_options *options, int fd,
		 struct error *err)
{
	_cleanup_(json_freep) json_t *data = json_object();
	struct sink sink = {.fd = fd, .buffer = TEXT_INIT};
	const char *at = strstr(report_page, mark);
	int r;

	if (!data)
		return error_oom(err);
	r = report_data(manifest, options, data, err);
	if (r < 0)
		return r;
	text_add_bytes(&sink.buffer, report_page, (size_t)(at - report_page));
	if (json_dump_callback(data, sink_json, &sink, JSON_COMPACT) < 0 && !sink.failed)
		sink.failed = -ENOMEM;
	text_add(&sink.buffer, at + strlen(mark));
	r = sink_flush(&sink);
	text_release(&sink.buffer);
	return r < 0 ? error_code(err, r, "cannot write the report") : 0;
}
