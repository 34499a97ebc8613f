// SPDX-License-Identifier: BSD-2-Clause
/* Headers of rpm, as they should be and as they should not. */
#include "pack/distro/rpm_header.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "tests/test.h"

/* A package `x` with /a/one and /b/two, the second not installed. */
static const unsigned char packaged[] = {
	0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0, /* magic */
	0, 0, 0, 5, 0, 0, 0, 30,	 /* tags, bytes */
	0, 0, 3, 0xe8, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1,   /* NAME, string, at 0 */
	0, 0, 4, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2,	     /* FILESTATES, char, at 2 */
	0, 0, 4, 0x5c, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 2,   /* DIRINDEXES, int32, at 4 */
	0, 0, 4, 0x5d, 0, 0, 0, 8, 0, 0, 0, 12, 0, 0, 0, 2,  /* BASENAMES, string array, at 12 */
	0, 0, 4, 0x5e, 0, 0, 0, 8, 0, 0, 0, 20, 0, 0, 0, 2,  /* DIRNAMES, string array, at 20 */
	'x', 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 'o', 'n', 'e', 0, 't', 'w', 'o', 0,
	'/', 'b', '/', 0, '/', 'a', '/', 0, 0, 0,
};

enum { SIZE = sizeof(packaged) };

static void a_stream_is_one_header_after_the_other(void)
{
	char stream[2 * SIZE];
	const char *at = stream, *end = stream + sizeof(stream);
	struct rpm_header header;

	memcpy(stream, packaged, SIZE);
	memcpy(stream + SIZE, packaged, SIZE);
	CHECK_INT(rpm_header_next(&at, end, &header), 1);
	CHECK(header.start == stream && header.size == SIZE);
	CHECK_INT(rpm_header_next(&at, end, &header), 1);
	CHECK(header.start == stream + SIZE);
	CHECK_INT(rpm_header_next(&at, end, &header), 0);
}

static void tags_are_found_by_number_and_type(void)
{
	const char *at = (const char *)packaged;
	struct rpm_header header;
	uint32_t number = 7;

	REQUIRE(rpm_header_next(&at, at + SIZE, &header) == 1);
	CHECK_STRING(rpm_header_string(&header, RPM_NAME), "x");
	CHECK(!rpm_header_string(&header, RPM_URL));
	CHECK(!rpm_header_string(&header, RPM_DIRINDEXES));
	CHECK_INT(rpm_header_number(&header, RPM_DIRINDEXES, 0, &number), 1);
	CHECK_INT(number, 1);
	CHECK_INT(rpm_header_number(&header, RPM_DIRINDEXES, 2, &number), 0);
	CHECK_INT(rpm_header_number(&header, RPM_NAME, 0, &number), 0);
	REQUIRE(rpm_header_bytes(&header, RPM_FILESTATES, &number));
	CHECK_INT(number, 2);
	CHECK_INT(rpm_header_bytes(&header, RPM_FILESTATES, &number)[1], RPM_FILE_NOT_INSTALLED);
	CHECK(!rpm_header_bytes(&header, RPM_BASENAMES, &number));
}

static void files_are_put_together(void)
{
	const char *at = (const char *)packaged;
	_cleanup_(text_release) struct text path = TEXT_INIT;
	_cleanup_(rpm_files_end) struct rpm_files files = {0};
	struct rpm_header header;

	REQUIRE(rpm_header_next(&at, at + SIZE, &header) == 1);
	REQUIRE(rpm_files_begin(&header, &files) == 0);
	CHECK_INT(rpm_files_next(&files, &path), 1);
	CHECK_STRING(path.bytes, "/a/one");
	CHECK_INT(rpm_files_next(&files, &path), 1);
	CHECK_STRING(path.bytes, "/b/two");
	CHECK_INT(rpm_files_next(&files, &path), 0);
}

static void what_is_cut_short_is_damaged(void)
{
	struct rpm_header header;

	for (size_t size = 1; size < SIZE; size++) {
		const char *at = (const char *)packaged;

		CHECK_INT(rpm_header_next(&at, at + size, &header), -EINVAL);
	}
}

/* Everything that can be asked, of a header that nobody vouches for. */
static void ask(const char *stream, size_t size)
{
	static const enum rpm_tag tags[] = {RPM_NAME, RPM_FILESTATES, RPM_DIRINDEXES, RPM_BASENAMES,
					    RPM_DIRNAMES};
	_cleanup_(text_release) struct text path = TEXT_INIT;
	const char *at = stream, *bytes;
	struct rpm_header header;
	uint32_t number, sum = 0;

	while (rpm_header_next(&at, stream + size, &header) > 0) {
		_cleanup_(rpm_files_end) struct rpm_files files = {0};

		for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
			const char *string = rpm_header_string(&header, tags[i]);

			sum += string ? (uint32_t)strlen(string) : 0;
			for (uint32_t j = 0; j < 4; j++)
				rpm_header_number(&header, tags[i], j, &number);
			bytes = rpm_header_bytes(&header, tags[i], &number);
			for (uint32_t j = 0; bytes && j < number; j++)
				sum += (unsigned char)bytes[j];
		}
		REQUIRE(rpm_files_begin(&header, &files) == 0);
		while (rpm_files_next(&files, &path))
			sum += (uint32_t)path.size;
	}
	CHECK(sum < UINT32_MAX); /* it was all read, which is for the sanitizers to judge */
}

static void any_byte_may_be_wrong(void)
{
	static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};

	for (size_t i = 0; i < SIZE; i++)
		for (size_t j = 0; j < sizeof(values); j++) {
			/* of its own, so that reading beyond it is seen */
			_cleanup_(freep) char *stream = malloc(SIZE);

			REQUIRE(stream);
			memcpy(stream, packaged, SIZE);
			stream[i] = (char)values[j];
			ask(stream, SIZE);
		}
}

int main(void)
{
	RUN(a_stream_is_one_header_after_the_other);
	RUN(tags_are_found_by_number_and_type);
	RUN(files_are_put_together);
	RUN(what_is_cut_short_is_damaged);
	RUN(any_byte_may_be_wrong);
	return test_end();
}
