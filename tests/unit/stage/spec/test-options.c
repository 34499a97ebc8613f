// SPDX-License-Identifier: BSD-2-Clause
/* How options are asked for: where words may stand on a command line, files of variables, the table itself. */
#include "stage/spec/options.h"

#include <errno.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/suggest.h"
#include "db/base/text.h"
#include "tests/test.h"

/* ---- command lines ---- */

/* What a line of words, parted by blanks, becomes: operands, then "--" and COMMAND; or what is said. */
static char *read_line(const char *line, uint64_t commands, size_t operands, enum options_command command)
{
	const struct options_grammar grammar = {commands, operands, command};
	_cleanup_(asked_release) struct asked asked = ASKED_INIT;
	_cleanup_(freep) char *words = strdup(line);
	struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;
	char *argv[32] = {(char *)"sfc"};
	int argc = 1;

	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	if (options_parse(&asked, &grammar, argc, argv, &err) < 0) {
		text_add(&text, err.message);
		return text_take(&text);
	}
	if (asked.help)
		return strdup("help");
	for (size_t i = 0; i < asked.operand_count; i++)
		text_printf(&text, "%s ", asked.operands[i]);
	if (asked.spec.hostname)
		text_printf(&text, "(%s) ", asked.spec.hostname);
	text_add(&text, "--");
	for (size_t i = 0; i < asked.spec.args.count; i++)
		text_printf(&text, " %s", asked.spec.args.items[i]);
	return text_take(&text);
}

#define CHECK_LINE(line, wanted, ...)                                                              \
	do {                                                                                       \
		_cleanup_(freep) char *got_line = read_line(line, __VA_ARGS__);                    \
		CHECK_STRING(got_line, wanted);                                                    \
	} while (0)

static void options_stand_anywhere_before_the_command(void)
{
#define RUN_LINE OF(RUN), 1, COMMAND_BEHIND
	CHECK_LINE("a.sfc", "a.sfc --", RUN_LINE);
	CHECK_LINE("--hostname h a.sfc -- ls -l --hostname x", "a.sfc (h) -- ls -l --hostname x", RUN_LINE);
	CHECK_LINE("a.sfc --hostname h -- -q", "a.sfc (h) -- -q", RUN_LINE);
	CHECK_LINE("--hostname=h -- ls", "(h) -- ls", RUN_LINE);
	CHECK_LINE("a.sfc -- ls -- x", "a.sfc -- ls -- x", RUN_LINE);
	CHECK_LINE("--hostn h a.sfc", "a.sfc (h) --", RUN_LINE);
	CHECK_LINE("a.sfc ls -l", "'ls' is one word too many; COMMAND follows '--'", RUN_LINE);
	CHECK_LINE("a.sfc --", "no command after '--'", RUN_LINE);
	CHECK_LINE("a.sfc -e --", "a.sfc --", RUN_LINE);
	CHECK_LINE("a.sfc --help --nonsense", "help", RUN_LINE);
	CHECK_LINE("a.sfc -- --help", "a.sfc -- --help", RUN_LINE);
	CHECK_LINE("a.sfc --hostname", "--hostname wants NAME", RUN_LINE);
	CHECK_LINE("a.sfc --read-only=yes", "--read-only takes no value", RUN_LINE);
	CHECK_LINE("a.sfc --hsotname h", "unknown option '--hsotname'; did you mean '--hostname'?", RUN_LINE);
	CHECK_LINE("a.sfc --hsotname=h", "unknown option '--hsotname=h'; did you mean '--hostname'?", RUN_LINE);
	CHECK_LINE("a.sfc --frobnicate", "unknown option '--frobnicate'", RUN_LINE);
	CHECK_LINE("a.sfc -Z", "unknown option '-Z'", RUN_LINE);
	CHECK_LINE("a.sfc --output x", "unknown option '--output'", RUN_LINE);
}

static void a_command_may_follow_at_once_where_it_says_so(void)
{
#define EXEC_LINE OF(DEV_EXEC), 1, COMMAND_FREE
	CHECK_LINE("web ls -l", "web -- ls -l", EXEC_LINE);
	CHECK_LINE("web -- ls -l", "web -- ls -l", EXEC_LINE);
	CHECK_LINE("web ls -- -l", "web -- ls -- -l", EXEC_LINE);
	CHECK_LINE("web", "web --", EXEC_LINE);
	CHECK_LINE("--help", "help", EXEC_LINE);
	CHECK_LINE("web ls --help", "web -- ls --help", EXEC_LINE);
}

static void where_no_command_may_follow_it_is_said(void)
{
	CHECK_LINE("a b", "a b --", OF(DEV_COMMIT), 2, COMMAND_NONE);
	CHECK_LINE("a b c", "'c' is one word too many", OF(DEV_COMMIT), 2, COMMAND_NONE);
	CHECK_LINE("-- -a b", "-a b --", OF(DEV_COMMIT), 2, COMMAND_NONE);
	CHECK_LINE("a", "takes no argument, not 'a'", OF(STATUS), 0, COMMAND_NONE);
	CHECK_LINE("a b c d e", "a b c d e --", OF(DEV_RM), SIZE_MAX, COMMAND_NONE);
}

static void what_does_not_go_together_is_refused(void)
{
	CHECK_LINE("-p :80 --network private a", "a --", RUN_LINE);
	CHECK_LINE("-p :80 --network host a",
		   "--publish wants a network of its own: on the host's the program takes the port it wants",
		   RUN_LINE);
	CHECK_LINE("-p :80 --network none a", "--publish is for a private network, and --network is another", RUN_LINE);
	CHECK_LINE("-p :80 --network app:web/1 a", "--publish is for a private network, and --network is another", RUN_LINE);
	CHECK_LINE("-m 2M --memory-reservation 4M a", "--memory-reservation is more than --memory", RUN_LINE);
}

static void the_packer_gets_its_options_as_it_has_them(void)
{
	const struct options_grammar grammar = {OF(PACK), 1, COMMAND_BEHIND};
	_cleanup_(asked_release) struct asked asked = ASKED_INIT;
	char *argv[] = {(char *)"pack", (char *)"web", (char *)"-e", (char *)"A", (char *)"--no-records",
			(char *)"--include=/x", NULL};
	struct error err = ERROR_INIT;

	CHECK_INT(options_parse(&asked, &grammar, 6, argv, &err), 0);
	REQUIRE(asked.packer.count == 5);
	CHECK_STRING(asked.packer.items[0], "--env");
	CHECK_STRING(asked.packer.items[1], "A");
	CHECK_STRING(asked.packer.items[2], "--no-records");
	CHECK_STRING(asked.packer.items[3], "--include");
	CHECK_STRING(asked.packer.items[4], "/x");
}

/* ---- files of variables ---- */

static int take_file(struct asked *asked, const char *bytes, size_t size, struct error *err)
{
	char path[] = "/tmp/sfc-test-env.XXXXXX";
	int fd = mkstemp(path), r;

	REQUIRE(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
	r = option_apply(asked, option_find("env-file", OF(RUN)), path, err);
	unlink(path);
	return r;
}

static void a_file_of_variables_is_read_line_by_line(void)
{
	static const char text[] = "# secret\n\nA=b c\nA=last\nSFC_TEST_THERE\nSFC_TEST_NOT_THERE\nQ=\"kept\"";
	static const char *const kept[] = {"A=last", "SFC_TEST_THERE=yes", "Q=\"kept\""};
	_cleanup_(asked_release) struct asked asked = ASKED_INIT;
	struct error err = ERROR_INIT;

	setenv("SFC_TEST_THERE", "yes", 1);
	CHECK_INT(take_file(&asked, text, sizeof(text) - 1, &err), 0);
	REQUIRE(asked.spec.env.count == sizeof(kept) / sizeof(*kept));
	for (size_t i = 0; i < asked.spec.env.count; i++)
		CHECK_STRING(asked.spec.env.items[i], kept[i]);
}

static void a_bad_file_of_variables_is_named_with_its_line(void)
{
	static const char text[] = "A=b\n=c\n", binary[] = "A=b\0c";
	_cleanup_(asked_release) struct asked asked = ASKED_INIT;
	struct error err = ERROR_INIT;

	CHECK_INT(take_file(&asked, text, sizeof(text) - 1, &err), -EBADMSG);
	CHECK(strstr(err.message, "--env-file: line 2 of '/tmp/") == err.message);
	CHECK_INT(take_file(&asked, binary, sizeof(binary), &err), -EBADMSG);
	CHECK(strstr(err.message, "there is a NUL in it"));
	CHECK_INT(option_apply(&asked, option_find("env-file", OF(RUN)), "/nowhere/x", &err), -ENOENT);
	CHECK_STRING(err.message, "--env-file: cannot read '/nowhere/x': No such file or directory");
}

/* ---- the table ---- */

static void no_command_has_a_name_or_letter_twice(void)
{
	for (const struct option_row *a = option_rows; a->name || a->help; a++)
		for (const struct option_row *b = a + 1; b->name || b->help; b++) {
			if (!a->name || !b->name || !(a->commands & b->commands))
				continue;
			CHECK(strcmp(a->name, b->name) != 0);
			CHECK(!a->letter || a->letter != b->letter);
		}
}

static void a_wrong_word_finds_the_nearest(void)
{
	static const char *const words[] = {"slim", "status", "start", "stop", "verify", "run"};
	static const struct {
		const char *said, *meant;
	} tries[] = {{"slmi", "slim"}, {"stats", "status"}, {"strat", "start"}, {"verfy", "verify"},
		     {"ver", "verify"}, {"rn", "run"}, {"xyz", NULL}, {"x", NULL}, {"", NULL},
		     {"frobnicate", NULL}, {"slim=3", "slim"}};

	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		struct suggestion suggestion = SUGGESTION_INIT(tries[i].said);

		for (size_t j = 0; j < sizeof(words) / sizeof(*words); j++)
			suggestion_offer(&suggestion, words[j]);
		CHECK_STRING(suggestion.best, tries[i].meant);
	}
}
int main(void)
{
	RUN(options_stand_anywhere_before_the_command);
	RUN(a_command_may_follow_at_once_where_it_says_so);
	RUN(where_no_command_may_follow_it_is_said);
	RUN(what_does_not_go_together_is_refused);
	RUN(the_packer_gets_its_options_as_it_has_them);
	RUN(a_file_of_variables_is_read_line_by_line);
	RUN(a_bad_file_of_variables_is_named_with_its_line);
	RUN(no_command_has_a_name_or_letter_twice);
	RUN(a_wrong_word_finds_the_nearest);
	return test_end();
}
