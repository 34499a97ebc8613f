/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests: functions named as claims, run one after another.
 *
 *	static void a_symlink_pulls_in_its_target(void) { CHECK_INT(closure_count(c), 2); }
 *
 *	int main(void)
 *	{
 *		RUN(a_symlink_pulls_in_its_target);
 *		return test_end();
 *	}
 *
 * A failed check prints expression, place and both values, and the test goes on; the program exits 1.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int test_failures, test_claims;
static const char *test_now = "";

static inline void test_fail(const char *file, int line, const char *expression)
{
	test_failures++;
	fprintf(stderr, "%s:%d: in %s: %s\n", file, line, test_now, expression);
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			test_fail(__FILE__, __LINE__, #condition);                                 \
	} while (0)

#define CHECK_INT(got, wanted)                                                                     \
	do {                                                                                       \
		long long got_ = (long long)(got), wanted_ = (long long)(wanted);                  \
		if (got_ != wanted_) {                                                             \
			test_fail(__FILE__, __LINE__, #got " == " #wanted);                        \
			fprintf(stderr, "\tgot    %lld\n\twanted %lld\n", got_, wanted_);          \
		}                                                                                  \
	} while (0)

#define CHECK_STRING(got, wanted)                                                                  \
	do {                                                                                       \
		const char *got_ = (got), *wanted_ = (wanted);                                     \
		if (!got_ || !wanted_ ? got_ != wanted_ : strcmp(got_, wanted_) != 0) {            \
			test_fail(__FILE__, __LINE__, #got " equals " #wanted);                    \
			fprintf(stderr, "\tgot    %s\n\twanted %s\n", got_ ? got_ : "(NULL)",      \
				wanted_ ? wanted_ : "(NULL)");                                     \
		}                                                                                  \
	} while (0)

/* For what the rest of a test stands on: ends the program. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			test_fail(__FILE__, __LINE__, #condition);                                 \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

#define RUN(claim)                                                                                 \
	do {                                                                                       \
		test_now = #claim;                                                                 \
		test_claims++;                                                                     \
		claim();                                                                           \
	} while (0)

static inline int test_end(void)
{
	printf("%d claims, %d failed checks\n", test_claims, test_failures);
	return test_failures ? 1 : 0;
}

/* The reason goes to the log; automake reads 77 as skipped. */
static inline void test_skip(const char *reason)
{
	printf("SKIP: %s\n", reason);
	exit(77);
}

#endif
