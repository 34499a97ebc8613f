/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words that values are written in: one word of a command line becomes a number or a part of a
 * spec, or is refused. Each returns 0; -EINVAL when the word is none of its kind, with a message
 * only where it can say more than the form that was wanted; -ENOMEM. On failure the result is as it
 * was.
 */
#ifndef STAGE_SPEC_VALUES_H
#define STAGE_SPEC_VALUES_H

#include "stage/spec/spec.h"

/* Decimal digits alone, least to most. */
int value_number(const char *word, uint64_t least, uint64_t most, uint64_t *ret_number);
/* "2", "0.5", ".25": at most three decimals, in thousandths, up to 10^9 whole ones. */
int value_thousandths(const char *word, uint64_t *ret_thousandths);
/* "90", "1.5", "10m", "2h": *ret_ms. -EINVAL. */
int value_duration(const char *word, uint64_t *ret_ms);
/* "64M": bytes; more than none. */
int value_size(const char *word, uint64_t *ret_size);
/* Absolute, without "..", made canonical; the caller frees. */
int value_path(const char *word, char **ret_path, struct error *err);
/* "net_raw", "CAP_NET_RAW", "all" → "CAP_NET_RAW", "ALL"; the caller frees. */
int value_capability(const char *word, char **ret_name);
/* Of a state, an application, an instance: letters, digits and "_.-", the first a letter or
 * digit, 64. */
bool value_is_name(const char *word, size_t length);
/* A host name: 64 bytes of what DNS allows. */
bool value_is_hostname(const char *word);

int value_volume(const char *word, struct spec_volume *ret_volume, struct error *err);
int value_tmpfs(const char *word, struct spec_tmpfs *ret_tmpfs, struct error *err);
int value_port(const char *word, struct spec_port *ret_port);
int value_ulimit(const char *word, struct spec_ulimit *ret_ulimit, struct error *err);
int value_rate(const char *word, struct spec_rate *ret_rate, struct error *err);
int value_device(const char *word, struct spec_device *ret_device, struct error *err);

#endif
