// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/rpm_header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Numbers are big-endian. Magic and four bytes of nothing; how many tags, how many bytes of data; for
 * each tag its number, its type, where it is in the data, and how many elements it has; the data.
 */
enum {
	LEAD = 16,
	ENTRY = 16,
	TAGS_MAX = 64 * 1024,
	DATA_MAX = 256 * 1024 * 1024,
	TYPE_CHAR = 1,
	TYPE_INT8 = 2,
	TYPE_INT16 = 3,
	TYPE_INT32 = 4,
	TYPE_STRING = 6,
	TYPE_STRING_ARRAY = 8,
	TYPE_I18N_STRING = 9,
};

static const char magic[] = "\x8e\xad\xe8\x01\0\0\0";

/* Where the elements of a tag are. */
struct found_tag {
	uint32_t type, count;
	const char *data, *end; /* of all data: the elements may end before */
};

static uint32_t number_at(const char *at)
{
	const unsigned char *bytes = (const unsigned char *)at;

	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

int rpm_header_next(const char **at, const char *end, struct rpm_header *ret_header)
{
	struct rpm_header header = {.start = *at};
	size_t left = (size_t)(end - *at);

	if (left == 0)
		return 0;
	if (left < LEAD || memcmp(header.start, magic, sizeof(magic)) != 0)
		return -EINVAL;
	header.tags = number_at(header.start + 8);
	header.data_size = number_at(header.start + 12);
	if (header.tags > TAGS_MAX || header.data_size > DATA_MAX)
		return -EINVAL;
	header.size = LEAD + (size_t)header.tags * ENTRY + header.data_size;
	if (header.size > left)
		return -EINVAL;
	header.index = header.start + LEAD;
	header.data = header.index + (size_t)header.tags * ENTRY;
	*at += header.size;
	*ret_header = header;
	return 1;
}

/* false: it is not there, or what it says of itself cannot be. */
static bool find_tag(const struct rpm_header *header, enum rpm_tag tag, struct found_tag *ret_found)
{
	for (uint32_t i = 0; i < header->tags; i++) {
		const char *entry = header->index + (size_t)i * ENTRY;
		uint32_t offset = number_at(entry + 8);

		if (number_at(entry) != (uint32_t)tag)
			continue;
		if (offset >= header->data_size)
			return false;
		*ret_found = (struct found_tag){
			.type = number_at(entry + 4),
			.count = number_at(entry + 12),
			.data = header->data + offset,
			.end = header->data + header->data_size,
		};
		return true;
	}
	return false;
}

struct rpm_strings rpm_header_strings(const struct rpm_header *header, enum rpm_tag tag)
{
	struct found_tag found;

	if (!find_tag(header, tag, &found) ||
	    (found.type != TYPE_STRING && found.type != TYPE_STRING_ARRAY &&
	     found.type != TYPE_I18N_STRING))
		return (struct rpm_strings){0};
	return (struct rpm_strings){found.data, found.end, found.count};
}

const char *rpm_strings_next(struct rpm_strings *strings)
{
	const char *string = strings->at, *end;

	if (!strings->left)
		return NULL;
	end = memchr(string, '\0', (size_t)(strings->end - string));
	if (!end) {
		strings->left = 0;
		return NULL;
	}
	strings->at = end + 1;
	strings->left--;
	return string;
}

const char *rpm_header_string(const struct rpm_header *header, enum rpm_tag tag)
{
	struct rpm_strings strings = rpm_header_strings(header, tag);

	return rpm_strings_next(&strings);
}

int rpm_header_number(const struct rpm_header *header, enum rpm_tag tag, uint32_t i,
		      uint32_t *ret_number)
{
	struct found_tag found;

	if (!find_tag(header, tag, &found) || found.type != TYPE_INT32 || i >= found.count ||
	    (size_t)(found.end - found.data) / 4 <= i)
		return 0;
	*ret_number = number_at(found.data + (size_t)i * 4);
	return 1;
}

const char *rpm_header_bytes(const struct rpm_header *header, enum rpm_tag tag, uint32_t *ret_count)
{
	struct found_tag found;

	if (!find_tag(header, tag, &found) || found.type > TYPE_INT8 ||
	    (size_t)(found.end - found.data) < found.count)
		return NULL;
	*ret_count = found.count;
	return found.data;
}

int rpm_files_begin(const struct rpm_header *header, struct rpm_files *ret_files)
{
	struct rpm_strings strings = rpm_header_strings(header, RPM_DIRNAMES);
	struct rpm_files files = {.header = header};
	const char *name;

	files.names = rpm_header_strings(header, RPM_BASENAMES);
	/* each takes a byte at least, whatever their number is said to be */
	if (strings.left > (size_t)(strings.end - strings.at))
		strings.left = (uint32_t)(strings.end - strings.at);
	files.directories = calloc(strings.left + 1U, sizeof(*files.directories));
	if (!files.directories)
		return -ENOMEM;
	while ((name = rpm_strings_next(&strings)))
		files.directories[files.directory_count++] = name;
	*ret_files = files;
	return 0;
}

int rpm_files_next(struct rpm_files *files, struct text *path)
{
	const char *name = rpm_strings_next(&files->names);
	uint32_t directory;

	if (!name || !rpm_header_number(files->header, RPM_DIRINDEXES, files->done, &directory) ||
	    directory >= files->directory_count)
		return 0;
	files->done++;
	text_clear(path);
	text_printf(path, "%s%s", files->directories[directory], name);
	return 1;
}

void rpm_files_end(struct rpm_files *files)
{
	free(files->directories);
	files->directories = NULL;
}
