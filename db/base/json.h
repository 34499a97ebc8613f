/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON as this project writes it: jansson, plus how paths are spelled in it.
 *
 * JSON strings are Unicode, paths are bytes. In JSON a path reads as on a terminal: a backslash,
 * control characters and invalid UTF-8 become \\, \n, \t and \xHH (text_add_escaped()), everything
 * else stays. That can be undone, so two paths never become one.
 */
#ifndef DB_BASE_JSON_H
#define DB_BASE_JSON_H

#include <jansson.h>

#include "db/base/error.h"

/* A string of any bytes; NULL when out of memory. json_path(NULL) is null. */
json_t *json_path(const char *path);
/* The bytes again; the caller frees. NULL: out of memory. */
char *json_path_bytes(const char *escaped);

/*
 * Print on stdout, indented by two, keys in the order in which they were set, newline at the end.
 * Takes the reference; NULL (a failed construction) and a full disk are errors.
 */
int json_print(json_t *json, struct error *err);

/* The text a file holds: the same, in memory; the caller frees. NULL: out of memory. */
char *json_document(const json_t *json);

/*
 * One document, an object, from all of `size` bytes: -EBADMSG with err set when it is anything else, or has
 * a key twice; -EFBIG above limit bytes. The caller owns *ret_json.
 */
int json_read(const char *data, size_t size, size_t limit, json_t **ret_json, struct error *err);

/* Set a member, taking the value's reference: 0 or -ENOMEM (also for a NULL value). */
int json_set(json_t *object, const char *key, json_t *value);
/* The member if it is a string, else NULL. */
const char *json_text(const json_t *object, const char *key);

/* For _cleanup_(). */
void json_freep(json_t **json);

#endif
