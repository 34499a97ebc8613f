/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Customs: what goes with a file though nothing in it says so, as people know it of libraries, languages
 * and applications. They are read from files, DIRECTORY/NAME.custom, of which NAME is an ecosystem that
 * can be switched off; sfc-customs(5) has the format. A file of a name that was read before takes its
 * place, so that an operator can replace one of ours.
 */
#ifndef PACK_NEED_CUSTOMS_H
#define PACK_NEED_CUSTOMS_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"
#include "pack/need/margin.h"
#include "pack/tree/intern.h"

/* By what a file is known that brings others. */
enum custom_sign {
	CUSTOM_PATH,    /* its path matches a pattern */
	CUSTOM_IMPORTS, /* an ELF file that imports one of these symbols */
	CUSTOM_HOLDS,   /* a program or script with these bytes in it */
};

struct custom_words {
	const char **items; /* interned */
	size_t count, capacity;
};

struct custom {
	const char *ecosystem;
	const char *where; /* "FILE:LINE" */
	enum custom_sign sign;
	struct custom_words signs;  /* one of them is enough */
	struct custom_words unless; /* patterns of paths that it does not speak of */
	const char *anchor, *words; /* or NULL */
	enum margin margin;         /* from which on it counts */
	bool off;                   /* its ecosystem is */
	struct custom_words add;    /* patterns */
};

struct custom_ecosystem {
	const char *name;
	const char *file; /* where it is from */
	bool off;
};

/* All zero is none. */
struct customs {
	struct custom *items; /* by ecosystem */
	size_t count, capacity;
	struct {
		struct custom_ecosystem *items; /* by name */
		size_t count, capacity;
	} ecosystems;
	struct intern symbols; /* of all CUSTOM_IMPORTS */
	struct intern strings;
};

void customs_release(struct customs *customs);

/* All *.custom of a directory; -ENOENT: there is none; -EBADMSG with err naming the line. */
int customs_read(struct customs *customs, const char *directory, struct error *err);
/* One file. */
int customs_read_file(struct customs *customs, const char *path, struct error *err);
/* Ours, which came with the program, and the operator's in /etc/sfc/customs.d, where there are any. */
int customs_read_installed(struct customs *customs, struct error *err);

/* NULL: there is none called so. */
struct custom_ecosystem *customs_ecosystem(const struct customs *customs, const char *name);
/* "all": all of them. False: there is none called so. What is read later stays as its ecosystem is. */
bool customs_turn_off(struct customs *customs, const char *name);
/* One of them, on or off. */
void customs_switch(struct customs *customs, struct custom_ecosystem *ecosystem, bool off);
/* What is known of one, from an older file of that name, is forgotten. */
void customs_forget(struct customs *customs, const char *ecosystem);

#endif
