// SPDX-License-Identifier: BSD-2-Clause
/* db/base/program.h: programs of the host, what they say, and that they end when they are to. */
#include "db/base/program.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "tests/test.h"

static volatile int cancelled;

static void cancel(int number)
{
	cancelled = number;
}

static void its_status_is_a_shell_s(void)
{
	struct error err = ERROR_INIT;

	CHECK_INT(program_run((const char *const[]){"sh", "-c", "exit 7", NULL}, NULL, NULL, &err), 7);
	CHECK_INT(program_run((const char *const[]){"sh", "-c", "kill -TERM $$", NULL}, NULL, NULL, &err), 128 + SIGTERM);
}

static void what_it_says_is_kept_apart(void)
{
	_cleanup_(text_release) struct text output = TEXT_INIT, said = TEXT_INIT;
	struct error err = ERROR_INIT;

	CHECK_INT(program_run((const char *const[]){"sh", "-c", "echo out; echo err >&2; read x || echo eof", NULL}, &output,
			      &said, &err),
		  0);
	CHECK_STRING(output.bytes, "out\neof\n");
	CHECK_STRING(said.bytes, "err\n");
}

static void one_that_is_not_there_is_said(void)
{
	struct error err = ERROR_INIT;

	CHECK_INT(program_run((const char *const[]){"sfc-no-such-program", NULL}, NULL, NULL, &err), -ENOENT);
	CHECK(strstr(err.message, "cannot start sfc-no-such-program"));
	CHECK(!program_is_there("sfc-no-such-program"));
	CHECK(program_is_there("sh"));
}

static void who_is_told_ends_it(void)
{
	static const struct sigaction action = {.sa_handler = cancel};
	_cleanup_(text_release) struct text output = TEXT_INIT;
	struct error err = ERROR_INIT;

	REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
	alarm(1);
	CHECK_INT(program_run_until((const char *const[]){"sh", "-c", "trap 'echo asked; exit' TERM; sleep 30 & while :; do sleep 0.1; done", NULL},
				    &output, NULL, &cancelled, &err),
		  -EINTR);
	CHECK_STRING(output.bytes, "asked\n");
	CHECK_STRING(err.message, "interrupted");
}

static void one_line_stands_for_all(void)
{
	static const char *const cases[][3] = {
		{"a\nb\n\n", "", "b"}, {"a: x\nb\n", "a: ", "a: x"}, {"b\na: x\nc", "a: ", "a: x"}, {"b", "a: ", "b"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(text_release) struct text said = TEXT_INIT;

		text_add(&said, cases[i][0]);
		CHECK_STRING(program_line(&said, cases[i][1]), cases[i][2]);
	}
}

int main(void)
{
	RUN(its_status_is_a_shell_s);
	RUN(what_it_says_is_kept_apart);
	RUN(one_that_is_not_there_is_said);
	RUN(who_is_told_ends_it);
	RUN(one_line_stands_for_all);
	return test_end();
}
