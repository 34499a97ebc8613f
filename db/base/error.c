// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "…";

/* Append at *used, never past the end; a message that does not fit ends in an ellipsis. */
__attribute__((format(printf, 3, 0))) static void message_append(struct error *err, size_t *used,
								 const char *format,
								 va_list args)
{
	size_t room = sizeof(err->message) - *used;
	int n;

	n = vsnprintf(err->message + *used, room, format, args);
	if (n < 0)
		return;
	if ((size_t)n < room) {
		*used += (size_t)n;
		return;
	}
	*used = sizeof(err->message) - 1;
	memcpy(err->message + sizeof(err->message) - sizeof(ellipsis), ellipsis, sizeof(ellipsis));
}

static void message_add(struct error *err, size_t *used, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void message_add(struct error *err, size_t *used, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_append(err, used, format, args);
	va_end(args);
}

int error_set(struct error *err, int code, const char *format, ...)
{
	size_t used = 0;
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	message_append(err, &used, format, args);
	va_end(args);
	return code;
}

/* What failed, and what the system calls the reason. */
__attribute__((format(printf, 3, 0))) static void explain(struct error *err, int code,
							  const char *format, va_list args)
{
	size_t used = 0;

	if (!err)
		return;
	message_append(err, &used, format, args);
	message_add(err, &used, ": %s", strerror(-code));
}

int error_errno(struct error *err, const char *format, ...)
{
	int code = -errno;
	va_list args;

	va_start(args, format);
	explain(err, code, format, args);
	va_end(args);
	return code;
}

int error_code(struct error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	explain(err, code, format, args);
	va_end(args);
	return code;
}

int error_prefix(struct error *err, int code, const char *format, ...)
{
	struct error inner;
	size_t used = 0;
	va_list args;

	if (!err)
		return code;
	inner = *err;
	va_start(args, format);
	message_append(err, &used, format, args);
	va_end(args);
	message_add(err, &used, ": %s", inner.message);
	return code;
}

int error_oom(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}
