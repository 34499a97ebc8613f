/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong, in words for a person. It lives on the caller's stack:
 *
 *	struct error err = ERROR_INIT;
 *
 *	if (package_create(package, &err) < 0)
 *		log_error("%s", err.message);
 *
 * The one who knows the path writes the message; a caller adds a prefix only if it knows more.
 * Every function here returns the code it was given (a negative errno), so that setting and
 * returning is one line. A NULL err is allowed everywhere and the code still comes back.
 */
#ifndef DB_BASE_ERROR_H
#define DB_BASE_ERROR_H

#define ERROR_INIT                                                                                 \
	{                                                                                          \
		.message = ""                                                                      \
	}

struct error {
	char message[1024]; /* NUL-terminated, one line, no newline; cut with "…" when too long */
};

/* Set the message; returns code. code is a negative errno. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Set the message and add ": " and the text of errno; returns -errno. */
int error_errno(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As error_errno() for a code in hand: adds ": " and the text of -code; returns code. */
int error_code(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "prefix: " before the message that is there; returns code. */
int error_prefix(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Out of memory, said once for all: returns -ENOMEM. */
int error_oom(struct error *err);

#endif
