/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of systemd's unit files, which is what a unit and a quadlet are made of: "%" begins a specifier there,
 * "$" a variable of a command, a backslash at the end joins lines.
 */
#ifndef PACK_ENGINE_UNIT_H
#define PACK_ENGINE_UNIT_H

#include <stdbool.h>

#include "db/base/error.h"
#include "db/base/text.h"

/* One word of a list, in quotes; whatever bytes it has. dollars: "$" is doubled, where variables are filled in. */
void unit_add_word(struct text *text, const char *word, bool dollars);

/*
 * NAME=value, which goes to the end of the line as it is. -EINVAL with err set, naming kind and name, for what a
 * line cannot hold: a control character, blanks around it, a backslash at its end.
 */
int unit_add_line(struct text *text, const char *kind, const char *name, const char *value, bool dollars,
		  struct error *err);

#endif
