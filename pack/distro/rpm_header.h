/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A header of rpm: all that its database knows of one package, as `rpmdb --exportdb` writes it. A
 * stream holds one after the other, each an index of tags and the bytes they point into. Nothing in
 * it is believed: what points outside is not there.
 */
#ifndef PACK_DISTRO_RPM_HEADER_H
#define PACK_DISTRO_RPM_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/text.h"

enum rpm_tag {
	RPM_NAME = 1000,
	RPM_VERSION = 1001,
	RPM_RELEASE = 1002,
	RPM_EPOCH = 1003,
	RPM_SUMMARY = 1004,
	RPM_VENDOR = 1011,
	RPM_LICENSE = 1014,
	RPM_URL = 1020,
	RPM_ARCH = 1022,
	RPM_FILESTATES = 1029, /* a byte a file: enum rpm_file_state */
	RPM_SOURCERPM = 1044,
	RPM_PROVIDENAME = 1047, /* many strings */
	RPM_REQUIRENAME = 1049,
	RPM_DIRINDEXES = 1116, /* a number a file: of its directory's name */
	RPM_BASENAMES = 1117,
	RPM_DIRNAMES = 1118,
};

enum rpm_file_state { RPM_FILE_NORMAL = 0, RPM_FILE_NOT_INSTALLED = 2 };

/* Borrowed from the stream. */
struct rpm_header {
	const char *start; /* as it stands in the stream */
	size_t size;
	const char *index, *data; /* within it */
	uint32_t tags, data_size;
};

/* The header at *at, which moves behind it: 1, 0 at the end, -EINVAL when it is damaged. */
int rpm_header_next(const char **at, const char *end, struct rpm_header *ret_header);

/* The first string of a tag; NULL: there is none. */
const char *rpm_header_string(const struct rpm_header *header, enum rpm_tag tag);
/* The i-th number of a tag: 1, or 0 when there is none. */
int rpm_header_number(const struct rpm_header *header, enum rpm_tag tag, uint32_t i,
		      uint32_t *ret_number);
/* The bytes of a tag of one byte an element; NULL: there are none. */
const char *rpm_header_bytes(const struct rpm_header *header, enum rpm_tag tag, uint32_t *ret_count);

/* The strings of a tag that has many, in turn. */
struct rpm_strings {
	const char *at, *end;
	uint32_t left;
};
struct rpm_strings rpm_header_strings(const struct rpm_header *header, enum rpm_tag tag);
/* NULL behind the last. */
const char *rpm_strings_next(struct rpm_strings *strings);

/* The files of the package, in the order of all tags that have something for each file. */
struct rpm_files {
	const struct rpm_header *header;
	struct rpm_strings names;
	const char **directories; /* owned */
	uint32_t directory_count, done;
};
/* 0 or -ENOMEM. */
int rpm_files_begin(const struct rpm_header *header, struct rpm_files *ret_files);
/* Put the path of the next one into a text: 1, 0 behind the last. */
int rpm_files_next(struct rpm_files *files, struct text *path);
void rpm_files_end(struct rpm_files *files);

#endif
