// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/work.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage/mount/user.h"

enum { PLACES = 24 };

static char top[PATH_MAX] = "/run/sfc";

static struct {
	const char *place; /* a literal of the caller's */
	char *path;
} places[PLACES];

void work_is_in(const char *state)
{
	char whole[PATH_MAX];

	if (!user_is_plain())
		return;
	snprintf(whole, sizeof(whole), "%.*s/mounts", (int)(sizeof(whole) - 8), state);
	if (strcmp(whole, top) == 0)
		return;
	strcpy(top, whole);
	for (size_t i = 0; i < PLACES; i++) {
		free(places[i].path);
		places[i].path = NULL;
	}
}

const char *work_path(const char *place)
{
	size_t i = 0;

	while (i < PLACES && places[i].path && strcmp(places[i].place, place) != 0)
		i++;
	assert(i < PLACES);
	if (places[i].path)
		return places[i].path;
	places[i].place = place;
	if (asprintf(&places[i].path, "%s%s", top, place) < 0)
		abort();
	return places[i].path;
}
