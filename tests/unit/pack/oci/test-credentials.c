// SPDX-License-Identifier: BSD-2-Clause
/* pack/oci/credentials.h, pack/oci/access.h: a password comes on standard input and stays where only its owner reads. */
#include "pack/oci/credentials.h"

#include <errno.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "pack/oci/access.h"
#include "tests/root.h"

/* Standard input holds this. */
static void say_bytes(const char *bytes, size_t size)
{
	int ends[2];

	REQUIRE(pipe(ends) == 0);
	REQUIRE(write(ends[1], bytes, size) == (ssize_t)size);
	close(ends[1]);
	REQUIRE(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	close(ends[0]);
}

static void say(const char *line)
{
	say_bytes(line, strlen(line));
}

static void they_are_one_line_on_standard_input(void)
{
	static const char *const cases[][2] = {
		{"user:pass\n", "user:pass"}, {"user:se:cret", "user:se:cret"}, {"user:\r\nmore", "user:"},
		{"user pass\n", NULL},	       {":pass\n", NULL},		 {"\nuser:pass\n", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct error err = ERROR_INIT;
		char *credentials = NULL;
		int r;

		say(cases[i][0]);
		r = credentials_read(&credentials, &err);
		CHECK_INT(r, cases[i][1] ? 0 : -EINVAL);
		if (cases[i][1])
			CHECK_STRING(credentials, cases[i][1]);
		else
			CHECK_STRING(err.message, "standard input has no USER:PASSWORD for --creds");
		credentials_free(credentials);
	}
}

/* What is left of it would be sent, and refused by the registry for no reason that one sees. */
static void a_line_that_is_too_long_is_refused_not_cut(void)
{
	static char line[20000];
	static const size_t lengths[] = {5000, 16382, 16383, 19999};
	char *cut = NULL;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		bool taken = lengths[i] <= 16382;
		struct error err = ERROR_INIT;
		char *credentials = NULL;

		memset(line, 'p', lengths[i]);
		memcpy(line, "user:", 5);
		line[lengths[i]] = '\0';
		say(line);
		CHECK_INT(credentials_read(&credentials, &err), taken ? 0 : -EINVAL);
		if (taken)
			CHECK_STRING(credentials, line);
		else
			CHECK_STRING(err.message, "standard input has a line of more than 16382 bytes for --creds");
		credentials_free(credentials);
	}
	say_bytes("user:pa\0ss\n", 11);
	CHECK_INT(credentials_read(&cut, NULL), -EINVAL);
	CHECK(!cut);
}

static void nothing_is_read_that_was_not_announced(void)
{
	struct image_access access = {.platform = "linux/arm64"};
	struct error err = ERROR_INIT;

	say("");
	CHECK_INT(image_access_read(&access, &err), 0);
	CHECK(!access.credentials);
	CHECK_INT(image_access_set_credentials(&access.credentials_follow, "user:pass", &err), -EINVAL);
	CHECK(!access.credentials_follow);
	CHECK_INT(image_access_set_credentials(&access.credentials_follow, "-", &err), 0);
	say("user:pass\n");
	CHECK_INT(image_access_read(&access, &err), 0);
	CHECK_STRING(image_access_carrier(&access, NULL).credentials, "user:pass");
	CHECK_STRING(image_access_carrier(&access, NULL).platform, "linux/arm64");
	CHECK_INT(image_access_set_tls_verify(&access.tls_verify, "no"), -EINVAL);
	CHECK_INT(image_access_set_tls_verify(&access.tls_verify, "false"), 0);
	CHECK_STRING(image_access_carrier(&access, NULL).tls_verify, "false");
	image_access_release(&access);
	CHECK(!access.credentials);
}

static void their_file_is_their_owner_s(void)
{
	_cleanup_(freep) char *path = NULL, *again = NULL;
	struct error err = ERROR_INIT;
	char text[256] = "";
	struct root root;
	struct stat st;
	FILE *file;

	root_new(&root);
	CHECK_INT(credentials_write(root.path, "localhost:5000", "user:se:cret", &path, &err), 0);
	REQUIRE(path && stat(path, &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	file = fopen(path, "re");
	REQUIRE(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	CHECK(strstr(text, "\"localhost:5000\""));
	CHECK(strstr(text, "\"dXNlcjpzZTpjcmV0\""));
	CHECK(!strstr(text, "se:cret"));
	/* what somebody put there first is not written to */
	CHECK_INT(credentials_write(root.path, "localhost:5000", "user:other", &again, &err), -EEXIST);
	CHECK(!again);
	root_free(&root);
}

int main(void)
{
	RUN(they_are_one_line_on_standard_input);
	RUN(a_line_that_is_too_long_is_refused_not_cut);
	RUN(nothing_is_read_that_was_not_announced);
	RUN(their_file_is_their_owner_s);
	return test_end();
}
