// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/image_source.h"

#include <fcntl.h>
#include <string.h>

#include "db/base/io.h"
#include "db/base/log.h"

void image_source_release(struct image_source *image)
{
	text_release(&image->text);
	image_config_release(&image->config);
}

/* A user by name is looked up when it starts: what says who that is goes in, unless a rule leaves it out. */
static int keep_users(const struct image_source *image, struct rules *rules, struct error *err)
{
	static const char *const paths[] = {"/etc/passwd", "/etc/group"};
	const char *user = json_string_value(image_config_member(&image->config, "User"));
	int r = 0;

	if (!user || strspn(user, "0123456789:") == strlen(user))
		return 0;
	for (size_t i = 0; r == 0 && i < sizeof(paths) / sizeof(*paths); i++) {
		struct rule last;

		r = rules_add(rules, RULE_INCLUDE, paths[i], err);
		if (r < 0)
			break;
		/* the last rule decides, and those that were asked for are to be the last */
		last = rules->items[rules->count - 1];
		memmove(rules->items + 1, rules->items, (rules->count - 1) * sizeof(*rules->items));
		rules->items[0] = last;
	}
	return r;
}

int image_source_load(struct image_source *image, struct rules *rules, struct error *err)
{
	int r;

	if (!image->path)
		return 0;
	r = io_read_file(AT_FDCWD, image->path, IMAGE_CONFIG_MAX, &image->text, err);
	if (r < 0)
		return r;
	r = image_config_parse(image->text.bytes, image->text.size, &image->config, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", image->path);
	if (image->config.onbuild)
		log_note("ONBUILD of the image is dropped");
	return keep_users(image, rules, err);
}
