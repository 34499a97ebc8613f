/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Members of a config.json, one type each: for start_config.c and its parts. A member that is not there,
 * or null, leaves the result as it was; one of another type is an error that names `field`. An object
 * that is NULL has no members.
 */
#ifndef PACK_PACKAGE_START_READ_H
#define PACK_PACKAGE_START_READ_H

#include "pack/package/start_config.h"

/* "config.json: " and the rest; returns -EBADMSG. */
int start_wrong(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

int start_read_text(const json_t *object, const char *key, const char *field, const char **ret_text,
		    struct error *err);
int start_read_bool(const json_t *object, const char *key, const char *field, bool *ret_value,
		    struct error *err);
/* From 0 to max. */
int start_read_number(const json_t *object, const char *key, const char *field, uint64_t max,
		      uint64_t *ret_number, struct error *err);
/* A limit of the kernel's: what is below 1 is none. */
int start_read_limit(const json_t *object, const char *key, const char *field, uint64_t *ret_limit,
		     struct error *err);
/* NULL when it is not there. */
int start_read_object(const json_t *object, const char *key, const char *field,
		      const json_t **ret_object, struct error *err);
int start_read_list(const json_t *object, const char *key, const char *field,
		    const json_t **ret_list, struct error *err);
/* Added to `strings`, as copies. */
int start_read_strings(const json_t *object, const char *key, const char *field,
		       struct start_strings *strings, struct error *err);

#endif
