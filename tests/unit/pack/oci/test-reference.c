/* SPDX-License-Identifier: BSD-2-Clause */
/* pack/oci/reference.h: images as skopeo(1) spells them, and what is none. */
#include "pack/oci/reference.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "tests/test.h"

static void images_are_spelled_as_skopeo_spells_them(void)
{
	static const struct {
		const char *text;
		enum reference_transport transport;
		const char *path, *name, *words; /* "": there is none */
	} cases[] = {
		{"docker://web", REFERENCE_REGISTRY, "", "web", "docker://web:latest"},
		{"docker://h:5000/a/web:1", REFERENCE_REGISTRY, "", "h:5000/a/web:1",
		 "docker://h:5000/a/web:1"},
		{"docker://h:5000/web", REFERENCE_REGISTRY, "", "h:5000/web", "docker://h:5000/web:latest"},
		{"docker://web@sha256:ab", REFERENCE_REGISTRY, "", "web@sha256:ab", "docker://web@sha256:ab"},
		{"docker-daemon:api:slim", REFERENCE_DAEMON, "", "api:slim", "docker-daemon:api:slim"},
		{"docker-daemon:api", REFERENCE_DAEMON, "", "api", "docker-daemon:api:latest"},
		{"containers-storage:api", REFERENCE_STORAGE, "", "api",
		 "containers-storage:localhost/api:latest"},
		{"containers-storage:quay.io/a:1", REFERENCE_STORAGE, "", "quay.io/a:1",
		 "containers-storage:quay.io/a:1"},
		{"containers-storage:[vfs@/g+/r]a/b:1", REFERENCE_STORAGE, "", "[vfs@/g+/r]a/b:1",
		 "containers-storage:[vfs@/g+/r]a/b:1"},
		{"oci:dir", REFERENCE_OCI, "dir", "", "oci:dir"},
		{"oci:/a/dir:slim", REFERENCE_OCI, "/a/dir", "slim", "oci:/a/dir:slim"},
		{"oci-archive:f.tar:api:1", REFERENCE_OCI_ARCHIVE, "f.tar", "api:1", "oci-archive:f.tar:api:1"},
		{"docker-archive:f.tar", REFERENCE_DOCKER_ARCHIVE, "f.tar", "", "docker-archive:f.tar"},
		{"f.tar", REFERENCE_FILE, "f.tar", "", "f.tar"},
		{"./a:b", REFERENCE_FILE, "./a:b", "", "./a:b"},
		{"-", REFERENCE_FILE, "-", "", "-"},
		{"/", REFERENCE_FILE, "/", "", "/"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(reference_release) struct reference reference = {0};
		struct error err = ERROR_INIT;
		_cleanup_(freep) char *words = NULL;

		REQUIRE(reference_parse(cases[i].text, &reference, &err) == 0);
		CHECK_INT(reference.transport, cases[i].transport);
		CHECK_STRING(reference.path ? reference.path : "", cases[i].path);
		CHECK_STRING(reference.name ? reference.name : "", cases[i].name);
		words = reference_words(&reference);
		CHECK_STRING(words, cases[i].words);
	}
}

static void what_is_no_image_is_refused(void)
{
	static const char *const bad[] = {
		"ftp:x", "docker:x", "dir:x", "debian:bookworm", "ftp://host/x", "docker://", "docker-daemon:",
		"containers-storage:", "oci:", "oci::tag", "oci-archive:", "oci:d:", "oci:d:a b", "docker://-x",
		"docker-daemon:--help", "docker://a b", "docker://a\nb", "docker:///a", "docker://a//b",
		"docker://a;id", "docker://a:", "containers-storage:[x]", "containers-storage:[a b]x", "containers-storage:[a\tb]x", "containers-storage:[a",
		"docker://$(id)",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		_cleanup_(reference_release) struct reference reference = {0};
		struct error err = ERROR_INIT;

		if (reference_parse(bad[i], &reference, &err) == 0)
			test_fail(__FILE__, __LINE__, bad[i]);
		CHECK(*err.message);
	}
}

static void the_host_is_who_the_password_is_for(void)
{
	static const char *const cases[][2] = {
		{"docker://web", "docker.io"},		  {"docker://a/web:1", "docker.io"},
		{"docker://localhost/web", "localhost"},  {"docker://localhost:5000/web:1", "localhost:5000"},
		{"docker://quay.io/a/web", "quay.io"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(reference_release) struct reference reference = {0};
		_cleanup_(freep) char *host = NULL;

		REQUIRE(reference_parse(cases[i][0], &reference, NULL) == 0);
		host = reference_host(&reference);
		CHECK_STRING(host, cases[i][1]);
	}
}

int main(void)
{
	RUN(images_are_spelled_as_skopeo_spells_them);
	RUN(what_is_no_image_is_refused);
	RUN(the_host_is_who_the_password_is_for);
	return test_end();
}
