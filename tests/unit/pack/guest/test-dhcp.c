// SPDX-License-Identifier: BSD-2-Clause
/* What process 1 of a disk takes of an answer to its question for an address, and what it doubts. */
#include "pack/guest/dhcp.h"

#include <arpa/inet.h>

#include "tests/test.h"

enum { HEAD = 240 };

static const unsigned char hardware[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static const uint32_t id = 0x01020304;

static unsigned char answer[576];
static size_t size;

static void begin(void)
{
	static const unsigned char cookie[] = {99, 130, 83, 99}, address[] = {10, 0, 2, 15};

	memset(answer, 0, sizeof(answer));
	answer[0] = 2;
	memcpy(answer + 4, &id, sizeof(id));
	memcpy(answer + 16, address, sizeof(address));
	memcpy(answer + 28, hardware, sizeof(hardware));
	memcpy(answer + 236, cookie, sizeof(cookie));
	size = HEAD;
}

static void add(unsigned int option, size_t length, const char *bytes)
{
	answer[size++] = (unsigned char)option;
	answer[size++] = (unsigned char)length;
	memcpy(answer + size, bytes, length);
	size += length;
}

static int get(struct lease *lease)
{
	memset(lease, 0, sizeof(*lease));
	return dhcp_read(answer, size, id, hardware, lease);
}

static void whole(void)
{
	begin();
	add(53, 1, "\005");
	add(1, 4, "\377\377\377\000");
	answer[size++] = 0;
	add(3, 4, "\012\000\002\002");
	add(6, 16, "\012\000\002\003\001\001\001\001\010\010\010\010\011\011\011\011");
	add(51, 4, "\000\001\121\200");
	add(54, 4, "\012\000\002\002");
	answer[size++] = 255;
}

static void an_answer_is_a_lease(void)
{
	struct lease lease;

	whole();
	CHECK_INT(get(&lease), 5);
	CHECK_STRING(inet_ntoa((struct in_addr){lease.address}), "10.0.2.15");
	CHECK_STRING(inet_ntoa((struct in_addr){lease.mask}), "255.255.255.0");
	CHECK_STRING(inet_ntoa((struct in_addr){lease.router}), "10.0.2.2");
	CHECK_STRING(inet_ntoa((struct in_addr){lease.nameservers[2]}), "8.8.8.8");
	CHECK_INT(lease.seconds, 86400);
}

static void what_is_not_meant_for_us_is_none(void)
{
	struct lease lease;

	whole();
	answer[4]++;
	CHECK_INT(get(&lease), 0);
	whole();
	answer[28]++;
	CHECK_INT(get(&lease), 0);
	whole();
	answer[0] = 1;
	CHECK_INT(get(&lease), 0);
	whole();
	answer[236]++;
	CHECK_INT(get(&lease), 0);
	CHECK_INT(lease.address, 0);
}

static void an_option_that_is_longer_than_the_rest_is_none(void)
{
	struct lease lease;

	begin();
	add(53, 1, "\005");
	answer[size++] = 1;
	answer[size++] = 200;
	CHECK_INT(get(&lease), 0);
	begin();
	add(53, 1, "\005");
	answer[size++] = 1;
	CHECK_INT(get(&lease), 0);
}

static void short_options_set_nothing(void)
{
	struct lease lease;

	begin();
	add(53, 1, "\002");
	add(1, 3, "\377\377\377");
	add(6, 7, "\012\000\002\003\001\001\001");
	add(51, 0, "");
	CHECK_INT(get(&lease), 2);
	CHECK_INT(lease.mask, 0);
	CHECK(lease.nameservers[0] && !lease.nameservers[1]);
	CHECK_INT(lease.seconds, 0);
}

static void every_cut_is_read_within_its_bounds(void)
{
	struct lease lease;

	whole();
	for (size_t length = 0; length < size; length++) {
		/* of its own size, so that a sanitizer sees who reads on */
		unsigned char *cut = malloc(length ? length : 1);

		REQUIRE(cut);
		memcpy(cut, answer, length);
		dhcp_read(cut, length, id, hardware, &lease);
		free(cut);
	}
}

static void no_is_no_lease(void)
{
	struct lease lease;

	begin();
	add(53, 1, "\006");
	CHECK_INT(get(&lease), 6);
	CHECK_INT(lease.address, 0);
}

static void nobody_has_the_address_zero(void)
{
	struct lease lease;

	whole();
	memset(answer + 16, 0, 4);
	CHECK_INT(get(&lease), 0);
}

int main(void)
{
	RUN(an_answer_is_a_lease);
	RUN(what_is_not_meant_for_us_is_none);
	RUN(an_option_that_is_longer_than_the_rest_is_none);
	RUN(short_options_set_nothing);
	RUN(every_cut_is_read_within_its_bounds);
	RUN(no_is_no_lease);
	RUN(nobody_has_the_address_zero);
	return test_end();
}
