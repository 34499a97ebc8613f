// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as what rpmdb exports: headers one after the other. None is read beyond, and what it says of its files ends.
 */
#include <stdlib.h>
#include <string.h>

#include "pack/distro/rpm_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_files(const struct rpm_header *header)
{
	struct rpm_files files;
	struct text path = TEXT_INIT;
	size_t count = 0;

	if (rpm_files_begin(header, &files) < 0)
		return;
	while (rpm_files_next(&files, &path) > 0) {
		if (++count > header->size || path.size > 2 * header->size)
			abort();
		text_clear(&path);
	}
	rpm_files_end(&files);
	text_release(&path);
}

static void read_tags(const struct rpm_header *header)
{
	static const enum rpm_tag tags[] = {
		RPM_NAME, RPM_VERSION, RPM_RELEASE, RPM_EPOCH, RPM_SUMMARY, RPM_VENDOR, RPM_LICENSE, RPM_URL, RPM_ARCH,
		RPM_FILESTATES, RPM_SOURCERPM, RPM_PROVIDENAME, RPM_REQUIRENAME, RPM_DIRINDEXES, RPM_BASENAMES, RPM_DIRNAMES,
	};

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		const char *string = rpm_header_string(header, tags[i]);
		struct rpm_strings strings = rpm_header_strings(header, tags[i]);
		uint32_t number, count = 0;
		const char *bytes = rpm_header_bytes(header, tags[i], &count);
		size_t sum = 0;

		if (string && strlen(string) >= header->size)
			abort();
		for (uint32_t j = 0; j < 3; j++)
			rpm_header_number(header, tags[i], j, &number);
		for (uint32_t j = 0; bytes && j < count; j++)
			sum += (unsigned char)bytes[j];
		while ((string = rpm_strings_next(&strings)))
			if ((sum += strlen(string) + 1) > 256 * (header->size + 1))
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* of its own, so that a byte behind it is noticed */
	char *copy = malloc(size + !size);
	const char *at = copy, *end = copy + size, *before;
	struct rpm_header header;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	for (before = at; rpm_header_next(&at, end, &header) > 0; before = at) {
		if (at <= before || at > end)
			abort();
		read_tags(&header);
		read_files(&header);
	}
	free(copy);
	return 0;
}
