// SPDX-License-Identifier: BSD-2-Clause
/*
 * The first line as an image's name, and the others as changes to what an image says, in the words of a Dockerfile.
 * What is taken for an image can stand among the words of skopeo: no option, no blank, nothing of a shell; and what
 * was changed is still a configuration that image_config_from_json() takes or refuses with a word.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/oci/change.h"
#include "pack/oci/image_config.h"
#include "pack/oci/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reference(const char *text)
{
	_cleanup_(reference_release) struct reference reference = {0};
	struct error err = ERROR_INIT;
	_cleanup_(freep) char *words = NULL;
	int r = reference_parse(text, &reference, &err);

	if (r < 0 && !*err.message)
		abort();
	if (r < 0)
		return;
	words = reference_words(&reference);
	if (!words || (!reference.path && !reference.name))
		abort();
	if (!reference_is_remote(&reference))
		return;
	if (*words == '-' || strpbrk(words, " \t\n\r;|&$`'\"\\<>*?(){}!~") || !strchr(words, ':'))
		abort();
	if (reference.transport == REFERENCE_REGISTRY) {
		_cleanup_(freep) char *host = reference_host(&reference);

		if (!host || !*host || strchr(host, '/'))
			abort();
	}
}

static void check_change(json_t *config, const char *change)
{
	_cleanup_(image_config_release) struct image_config image = IMAGE_CONFIG_INIT;
	struct error err = ERROR_INIT;
	json_auto_t *whole = NULL;
	int r = change_apply(config, change, &err);

	if (r < 0 && !*err.message)
		abort();
	whole = json_pack("{s:O}", "config", config);
	err = (struct error)ERROR_INIT;
	if (!whole || (image_config_from_json(whole, &image, &err) < 0 && !*err.message))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = size < 65536 ? strndup((const char *)data, size) : NULL;
	json_auto_t *config = json_object();
	char *rest = text, *line;

	if (!text || !config)
		return 0;
	check_reference(strsep(&rest, "\n"));
	while (rest && (line = strsep(&rest, "\n")))
		check_change(config, line);
	return 0;
}
