// SPDX-License-Identifier: BSD-2-Clause
/* Takers of any member, of what the program gets and of what it sees. */
#include "stage/spec/take.h"

#include <ctype.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/spec/env_file.h"
#include "stage/spec/take_private.h"
#include "stage/spec/values.h"

enum { PIDS_MOST = 4194304, WEIGHT_MOST = 10000 };

/* ---- of any member ---- */

int take_flag(struct asked *asked, const struct option_row *row, const char *value,
	      struct error *err)
{
	(void)value;
	(void)err;
	*MEMBER(bool) = true;
	return 0;
}

int take_word(struct asked *asked, const struct option_row *row, const char *value,
	      struct error *err)
{
	(void)err;
	if (!*value)
		return -EINVAL;
	*MEMBER(const char *) = value;
	return 0;
}

int take_words(struct asked *asked, const struct option_row *row, const char *value,
	       struct error *err)
{
	(void)err;
	return *value ? spec_strings_add(MEMBER(spec_strings), value) : -EINVAL;
}

int take_text(struct asked *asked, const struct option_row *row, const char *value,
	      struct error *err)
{
	(void)err;
	return *value ? replace(MEMBER(char *), strdup(value)) : -EINVAL;
}

int take_path(struct asked *asked, const struct option_row *row, const char *value,
	      struct error *err)
{
	char *path = NULL;
	int r = value_path(value, &path, err);

	return r < 0 ? r : replace(MEMBER(char *), path);
}

int take_size(struct asked *asked, const struct option_row *row, const char *value,
	      struct error *err)
{
	(void)err;
	return value_size(value, MEMBER(uint64_t));
}

int take_pids(struct asked *asked, const struct option_row *row, const char *value,
	      struct error *err)
{
	(void)err;
	return value_number(value, 1, PIDS_MOST, MEMBER(uint64_t));
}

int take_weight(struct asked *asked, const struct option_row *row, const char *value,
		struct error *err)
{
	(void)err;
	return value_number(value, 1, WEIGHT_MOST, MEMBER(uint64_t));
}

int take_packer(struct asked *asked, const struct option_row *row, const char *value,
		struct error *err)
{
	char option[64] = "--";
	int r;

	(void)err;
	strncat(option, row->name, sizeof(option) - 3);
	r = spec_strings_add(&asked->packer, option);
	return r == 0 && value ? spec_strings_add(&asked->packer, value) : r;
}

int take_state(struct asked *asked, const struct option_row *row, const char *value,
	       struct error *err)
{
	(void)asked;
	(void)row;
	(void)err;
	if (!*value)
		return -EINVAL;
	return setenv("SFC_STATE", value, 1) < 0 ? -errno : 0;
}

/* ---- where images are ---- */

int take_tls_verify(struct asked *asked, const struct option_row *row, const char *value, struct error *err)
{
	(void)row;
	(void)err;
	return image_access_set_tls_verify(&asked->access.tls_verify, value);
}

int take_credentials(struct asked *asked, const struct option_row *row, const char *value, struct error *err)
{
	(void)row;
	return image_access_set_credentials(&asked->access.credentials_follow, value, err);
}

int take_platform(struct asked *asked, const struct option_row *row, const char *value, struct error *err)
{
	(void)row;
	(void)err;
	if (!strchr(value, '/'))
		return -EINVAL;
	asked->access.platform = value;
	return 0;
}

/* ---- the program ---- */

int take_env(struct asked *asked, const struct option_row *row, const char *value,
	     struct error *err)
{
	(void)row;
	return env_add(&asked->spec.env, value, err);
}

int take_env_file(struct asked *asked, const struct option_row *row, const char *value,
		  struct error *err)
{
	(void)row;
	return env_add_file(&asked->spec.env, value, err);
}

/* Names are looked up later, in the root that they are of. */
int take_user(struct asked *asked, const struct option_row *row, const char *value,
	      struct error *err)
{
	const char *colon = strchr(value, ':');

	(void)row;
	(void)err;
	if (!*value || colon == value || (colon && (!colon[1] || strchr(colon + 1, ':'))))
		return -EINVAL;
	for (const char *p = value; *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '/')
			return -EINVAL;
	return replace(&asked->spec.user, strdup(value));
}

int take_hostname(struct asked *asked, const struct option_row *row, const char *value,
		  struct error *err)
{
	(void)row;
	(void)err;
	return value_is_hostname(value) ? replace(&asked->spec.hostname, strdup(value)) : -EINVAL;
}

/* ---- what it sees ---- */

int take_volume(struct asked *asked, const struct option_row *row, const char *value,
		struct error *err)
{
	struct spec_volume volume;
	int r = value_volume(value, &volume, err);

	(void)row;
	return r < 0 ? r
		     : ADD(&asked->spec.volumes, volume,
			   (free(volume.source), free(volume.destination)));
}

int take_tmpfs(struct asked *asked, const struct option_row *row, const char *value,
	       struct error *err)
{
	struct spec_tmpfs tmpfs;
	int r = value_tmpfs(value, &tmpfs, err);

	(void)row;
	return r < 0 ? r : ADD(&asked->spec.tmpfs, tmpfs, free(tmpfs.destination));
}

static bool is_instance(const char *word)
{
	size_t length = strcspn(word, "/");

	return word[length] && value_is_name(word, length) &&
	       value_is_name(word + length + 1, strlen(word + length + 1));
}

int take_network(struct asked *asked, const struct option_row *row, const char *value,
		 struct error *err)
{
	static const char *const words[] = {
	    [NETWORK_HOST] = "host", [NETWORK_NONE] = "none", [NETWORK_PRIVATE] = "private"};
	enum spec_network network = NETWORK_UNSET;
	char *name = NULL;
	int r = 0;

	(void)row;
	for (unsigned int i = NETWORK_HOST; i <= NETWORK_PRIVATE; i++)
		if (strcmp(value, words[i]) == 0)
			network = i;
	if (*value == '/') {
		network = NETWORK_PATH;
		r = value_path(value, &name, err);
	} else if (strncmp(value, "app:", 4) == 0 && is_instance(value + 4)) {
		network = NETWORK_INSTANCE;
		name = strdup(value + 4);
		r = name ? 0 : -ENOMEM;
	}
	if (network == NETWORK_UNSET)
		return -EINVAL;
	if (r < 0)
		return r;
	free(asked->spec.network_name);
	asked->spec.network_name = name;
	asked->spec.network = network;
	return 0;
}

int take_publish(struct asked *asked, const struct option_row *row, const char *value,
		 struct error *err)
{
	struct spec_port port;
	int r = value_port(value, &port);

	(void)row;
	(void)err;
	return r < 0 ? r : ADD(&asked->spec.ports, port, free(port.address));
}
