// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"

enum { CREDENTIALS_MAX = 16384 }; /* some registries make passwords of some thousand bytes */

/* A line that was cut would be another password. */
static int take_line(char *line, size_t size, char **ret_credentials, struct error *err)
{
	size_t length = strcspn(line, "\r\n");

	if (length == CREDENTIALS_MAX - 1)
		return error_set(err, -EINVAL, "standard input has a line of more than %d bytes for --creds",
				 CREDENTIALS_MAX - 2);
	/* a byte of zero would end it unseen */
	if (length < size && !line[length])
		return error_set(err, -EINVAL, "standard input has no text for --creds");
	line[length] = '\0';
	if (!strchr(line, ':') || *line == ':')
		return error_set(err, -EINVAL, "standard input has no USER:PASSWORD for --creds");
	*ret_credentials = strdup(line);
	return *ret_credentials ? 0 : error_oom(err);
}

int credentials_read(char **ret_credentials, struct error *err)
{
	char line[CREDENTIALS_MAX];
	ssize_t size = io_read(STDIN_FILENO, line, sizeof(line) - 1);
	int r;

	if (size < 0)
		return error_code(err, (int)size, "cannot read credentials from standard input");
	line[size] = '\0';
	r = take_line(line, (size_t)size, ret_credentials, err);
	explicit_bzero(line, sizeof(line));
	return r;
}

void credentials_free(char *credentials)
{
	if (credentials)
		explicit_bzero(credentials, strlen(credentials));
	free(credentials);
}

static char *base64(const char *text)
{
	size_t length = strlen(text);
	char *coded = malloc(4 * (length / 3 + 1) + 1);

	if (coded)
		EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)text, (int)length);
	return coded;
}

int credentials_write(const char *directory, const char *host, const char *credentials, char **ret_path,
		      struct error *err)
{
	_cleanup_(freep) char *path = path_join(directory, "auth.json"), *coded = base64(credentials);
	_cleanup_(freep) char *text = NULL;
	_cleanup_(closep) int fd = -1;
	json_auto_t *json = NULL;
	int r;

	if (!path || !coded)
		return error_oom(err);
	json = json_pack("{s:{s:{s:s}}}", "auths", host, "auth", coded);
	text = json ? json_document(json) : NULL;
	if (!text)
		return error_oom(err);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, "cannot create '%s'", path);
	r = io_write(fd, text, strlen(text));
	explicit_bzero(text, strlen(text));
	explicit_bzero(coded, strlen(coded));
	if (r < 0)
		return error_code(err, r, "cannot write '%s'", path);
	*ret_path = take(path);
	return 0;
}
