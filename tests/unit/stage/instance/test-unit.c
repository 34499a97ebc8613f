// SPDX-License-Identifier: BSD-2-Clause
/* Units of systemd: what an instance asked for, and no word of a path that means something else there. */
#include "stage/instance/unit.h"

#include <errno.h>

#include "tests/manifest.h"

static char *written(const struct unit *unit)
{
	struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;

	if (unit_write(unit, &text, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	return text_take(&text);
}

static bool has_line(const char *text, const char *line)
{
	const char *found = strstr(text, line);

	return found && (found == text || found[-1] == '\n') && found[strlen(line)] == '\n';
}

#define CHECK_LINE(text, line)                                                                     \
	do {                                                                                       \
		CHECK(has_line(text, line));                                                       \
		if (!has_line(text, line))                                                         \
			fprintf(stderr, "\twanted %s\n\tin\n%s\n", line, text);                   \
	} while (0)

static void names_never_meet(void)
{
	char a[UNIT_NAME_SIZE], b[UNIT_NAME_SIZE], c[UNIT_NAME_SIZE];

	unit_name("web", "1", a, sizeof(a));
	unit_name("a-b", "c", b, sizeof(b));
	unit_name("a", "b-c", c, sizeof(c));
	CHECK_STRING(a, "sfc-web@1.service");
	CHECK(strcmp(b, c) != 0);
	unit_name("web", NULL, a, sizeof(a));
	CHECK_STRING(a, "sfc-web.target");
}

static void a_word_stays_one_word(void)
{
	static const struct {
		const char *word, *command, *value;
	} cases[] = {
		{"/usr/bin/sfc", "\"/usr/bin/sfc\"", "\"/usr/bin/sfc\""},
		{"/a b", "\"/a b\"", "\"/a b\""},
		{"/50%h", "\"/50%%h\"", "\"/50%%h\""},
		{"/$HOME", "\"/$$HOME\"", "\"/$HOME\""},
		{"/a\"b", "\"/a\\\"b\"", "\"/a\\\"b\""},
		{"/a\\x20b", "\"/a\\\\x20b\"", "\"/a\\\\x20b\""},
		{"/\xc3\xa4;#'", "\"/\xc3\xa4;#'\"", "\"/\xc3\xa4;#'\""},
	};
	static const char *const refused[] = {"/a\nExecStartPre=/bin/false", "/a\rb", "/\x7f", "/\t"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text command = TEXT_INIT, value = TEXT_INIT;

		CHECK_INT(unit_quote(&command, cases[i].word, true), 0);
		CHECK_INT(unit_quote(&value, cases[i].word, false), 0);
		CHECK_STRING(command.bytes, cases[i].command);
		CHECK_STRING(value.bytes, cases[i].value);
		text_release(&command);
		text_release(&value);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct text text = TEXT_INIT;

		CHECK_INT(unit_quote(&text, refused[i], true), -EINVAL);
		text_release(&text);
	}
}

static void a_unit_says_what_the_instance_asked_for(void)
{
	struct spec spec = {.restart = RESTART_ON_FAILURE, .restart_most = 3, .grace_ms = 90000, .grace_given = true};
	const struct unit unit = {"web", "1", "/opt/my tools/sfc", "/var/lib/100%", &spec};
	char *text = written(&unit);

	CHECK_LINE(text, "Description=sfc web/1");
	CHECK_LINE(text, "PartOf=sfc-web.target");
	CHECK_LINE(text, "WantedBy=sfc-web.target");
	CHECK_LINE(text, "RequiresMountsFor=\"/var/lib/100%%\"");
	CHECK_LINE(text, "Environment=\"SFC_STATE=/var/lib/100%%\"");
	CHECK_LINE(text, "ExecStart=\"/opt/my tools/sfc\" prod _unit-start web/1");
	CHECK_LINE(text, "TimeoutStopSec=150");
	CHECK_LINE(text, "Restart=on-failure");
	CHECK_LINE(text, "StartLimitBurst=4");
	CHECK_LINE(text, "StartLimitIntervalSec=infinity");
	free(text);
	spec = (struct spec){.restart = RESTART_ALWAYS};
	text = written(&unit);
	CHECK_LINE(text, "Restart=always");
	CHECK_LINE(text, "StartLimitIntervalSec=0");
	CHECK_LINE(text, "TimeoutStopSec=70");
	free(text);
	spec = (struct spec){.restart = RESTART_NO};
	text = written(&unit);
	CHECK_LINE(text, "Restart=no");
	CHECK(!strstr(text, "StartLimit") && !strstr(text, "RestartSec"));
	free(text);
}

static void what_no_unit_can_hold_is_refused(void)
{
	struct spec spec = SPEC_INIT;
	const struct unit state = {"web", "1", "/usr/bin/sfc", "/srv/a\nb", &spec};
	const struct unit program = {"web", "1", "/usr/bin\t/sfc", "/srv", &spec};
	struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;

	CHECK_INT(unit_write(&state, &text, &err), -EINVAL);
	CHECK(strstr(err.message, "a unit cannot hold the path of") != NULL);
	CHECK_INT(unit_write(&program, &text, &err), -EINVAL);
	CHECK_INT(text.size, 0);
	text_release(&text);
}

/* By systemd itself, where it is. */
static void systemd_has_nothing_to_complain_of(void)
{
	struct spec spec = {.restart = RESTART_ON_FAILURE, .restart_most = 3};
	const struct unit unit = {"web", "1", "/bin/true", "/var/lib/100%$ \"x\"", &spec};
	struct text target = TEXT_INIT;
	char *text = written(&unit);
	FILE *file;

	unit_write_target("web", &target);
	REQUIRE((file = fopen("sfc-web@1.service", "w")) && fputs(text, file) >= 0 && fclose(file) == 0);
	REQUIRE((file = fopen("sfc-web.target", "w")) && fputs(target.bytes, file) >= 0 && fclose(file) == 0);
	/* it says that the state directory is not there, and of other units of the machine what it likes */
	CHECK(system("if command -v systemd-analyze >/dev/null; then"
		     " systemd-analyze verify --man=no ./sfc-web@1.service ./sfc-web.target 2>&1 |"
		     " grep 'sfc-web' | grep -v 'not found' && exit 1; fi; exit 0") == 0);
	text_release(&target);
	free(text);
}

int main(void)
{
	scratch_enter();
	RUN(names_never_meet);
	RUN(a_word_stays_one_word);
	RUN(a_unit_says_what_the_instance_asked_for);
	RUN(what_no_unit_can_hold_is_refused);
	RUN(systemd_has_nothing_to_complain_of);
	return test_end();
}
