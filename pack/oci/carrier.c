// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/carrier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/layer/extract_dir.h"
#include "pack/oci/credentials.h"
#include "pack/oci/helper.h"

enum { PLATFORM_PARTS = 3 };

/* A command line that grows; its words are its own. */
struct words {
	char **items;
	size_t count, capacity;
};

static void words_release(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	array_release(words);
}

/* "before" and "word" in one; NULL ends the list. */
static int words_add(struct words *words, const char *before, const char *word)
{
	char *whole = NULL;

	if (word && asprintf(&whole, "%s%s", before, word) < 0)
		return -ENOMEM;
	if (array_push(words, whole) == 0)
		return 0;
	free(whole);
	return -ENOMEM;
}

/* ---- the directory ---- */

int carrier_open(struct carrier *carrier, const struct carrier_options *options, struct error *err)
{
	int r;

	*carrier = (struct carrier){0};
	r = work_dir_make(&carrier->work, options->tmpdir, "tracepack-image", err);
	if (r < 0)
		return r;
	carrier->path = path_join(carrier->work.path, "image");
	return carrier->path ? 0 : error_oom(err);
}

void carrier_release(struct carrier *carrier)
{
	work_dir_release(&carrier->work);
	free(carrier->path);
	*carrier = (struct carrier){0};
}

/* ---- skopeo ---- */

/* "linux/arm/v7" in skopeo's three options. */
static int add_platform(struct words *words, const char *platform)
{
	static const char *const names[PLATFORM_PARTS] = {"--override-os=", "--override-arch=",
							  "--override-variant="};
	int r = 0;

	for (size_t i = 0; r == 0 && platform && i < PLATFORM_PARTS; i++) {
		size_t length = strcspn(platform, "/");
		_cleanup_(freep) char *part = strndup(platform, length);

		if (!part)
			return -ENOMEM;
		if (*part)
			r = words_add(words, names[i], part);
		platform = platform[length] ? platform + length + 1 : NULL;
	}
	return r;
}

/* "--src-tls-verify=false". */
static int add_option(struct words *words, const char *side, const char *name, const char *value)
{
	_cleanup_(freep) char *before = NULL;

	if (asprintf(&before, "%s-%s=", side, name) < 0) {
		before = NULL;
		return -ENOMEM;
	}
	return words_add(words, before, value);
}

/* How to reach the other side: `side` is "--src" or "--dest". */
static int add_access(struct words *words, const struct carrier *carrier, const char *side,
		      const struct reference *reference, const struct carrier_options *options,
		      struct error *err)
{
	const char *daemon = getenv("DOCKER_HOST"), *authfile = options->authfile;
	_cleanup_(freep) char *written = NULL;
	int r = 0;

	if (reference->transport == REFERENCE_DAEMON && daemon && *daemon)
		return add_option(words, side, "daemon-host", daemon) < 0 ? error_oom(err) : 0;
	if (reference->transport != REFERENCE_REGISTRY)
		return 0;
	if (options->credentials) {
		_cleanup_(freep) char *host = reference_host(reference);

		r = host ? credentials_write(carrier->work.path, host, options->credentials, &written, err)
			 : error_oom(err);
		authfile = written;
	}
	if (r < 0)
		return r;
	if ((authfile && words_add(words, "--authfile=", authfile) < 0) ||
	    (options->tls_verify && add_option(words, side, "tls-verify", options->tls_verify) < 0))
		return error_oom(err);
	return 0;
}

/* skopeo copy FROM TO, of which `reference` is the side that is not ours. */
static int copy(const struct carrier *carrier, const char *from, const char *to, const char *side,
		const struct reference *reference, const struct carrier_options *options,
		struct error *err)
{
	_cleanup_(words_release) struct words words = {0};
	int r;

	if (words_add(&words, "", "skopeo") < 0 || words_add(&words, "--tmpdir=", carrier->work.path) < 0 ||
	    add_platform(&words, options->platform) < 0 || words_add(&words, "", "copy") < 0 ||
	    words_add(&words, "", "--quiet") < 0)
		return error_oom(err);
	r = add_access(&words, carrier, side, reference, options, err);
	if (r < 0)
		return r;
	if (words_add(&words, "", from) < 0 || words_add(&words, "", to) < 0 ||
	    words_add(&words, "", NULL) < 0)
		return error_oom(err);
	return helper_run((const char *const *)words.items, options->cancel, err);
}

/*
 * What to say in the end of one or two programs that did not do it. The second is docker's, which knows its
 * daemon better.
 */
static int say(const struct reference *reference, int r, struct error *first, int second, struct error *err)
{
	if (r == -ENOENT && second == -ENOENT)
		return error_set(err, -ENOENT, "'%s': skopeo is not installed, which fetches and delivers images",
				 reference->text);
	if (second == -ENOENT && err && first)
		*err = *first;
	return error_prefix(err, second == -ENOENT ? r : second, "'%s'", reference->text);
}

/* ---- both ways ---- */

static int docker(const char *verb, const char *option, const char *path, const char *name,
		  const struct carrier_options *options, struct error *err)
{
	const char *const args[] = {"docker", verb, option, path, name, NULL};

	return helper_run(args, options->cancel, err);
}

/* What skopeo began and could not end. */
static void clear_path(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		extract_remove_below(fd);
	if (fd >= 0)
		rmdir(path);
	else
		unlink(path);
}

int carrier_fetch(struct carrier *carrier, const struct reference *from,
		  const struct carrier_options *options, struct error *err)
{
	_cleanup_(freep) char *words = reference_words(from), *to = NULL;
	struct error first = ERROR_INIT;
	int r, second = -ENOENT;

	if (!words || asprintf(&to, "dir:%s", carrier->path) < 0)
		return error_oom(err);
	r = copy(carrier, words, to, "--src", from, options, &first);
	if (r == 0)
		return 0;
	if (from->transport == REFERENCE_DAEMON && r != -EINTR) {
		clear_path(carrier->path);
		second = docker("save", "--output", carrier->path, words + strlen("docker-daemon:"), options,
				err);
		if (second == 0)
			return 0;
	}
	return say(from, r, &first, second, err);
}

bool carrier_is_needed(const struct reference *to)
{
	struct stat st;

	return reference_is_remote(to) || (to->transport == REFERENCE_OCI && stat(to->path, &st) == 0);
}

int carrier_deliver(struct carrier *carrier, bool as_docker, const struct reference *to,
		    const struct carrier_options *options, struct error *err)
{
	_cleanup_(freep) char *words = reference_words(to), *from = NULL;
	struct carrier_options own = *options;
	struct error first = ERROR_INIT;
	int r, second = -ENOENT;

	if (!words || asprintf(&from, "%s:%s", as_docker ? "docker-archive" : "oci-archive",
			       carrier->path) < 0)
		return error_oom(err);
	own.platform = NULL; /* there is one image in it */
	r = copy(carrier, from, words, "--dest", to, &own, &first);
	if (r == 0)
		return 0;
	if (to->transport == REFERENCE_DAEMON && r != -EINTR) {
		second = docker("load", "--input", carrier->path, NULL, options, err);
		if (second == 0)
			return 0;
	}
	return say(to, r, &first, second, err);
}
