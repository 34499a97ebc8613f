/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing distro/ is what dpkg, apk and rpm know of a root: read, trimmed to what is kept, and
 * said as an SBOM. It may include db/base, pack/source and pack/tree. Another package manager is a
 * read_*.c and a writer beside records.c, another format of SBOM a file beside sbom.c.
 */
/*
 * The distribution: which packages are installed in a source, and which of their files are kept.
 *
 * A record names files as they were packed: "/bin/ls" where /bin is a link by now, or a name that was
 * diverted. Here each comes with what it is in the source today.
 */
#ifndef PACK_DISTRO_DISTRIBUTION_H
#define PACK_DISTRO_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/distro/rpm.h"
#include "pack/source/source.h"

enum distribution_kind { DISTRIBUTION_DPKG, DISTRIBUTION_DPKG_D, DISTRIBUTION_APK, DISTRIBUTION_RPM };

struct packaged_file {
	const char *listed;              /* as the record has it, absolute */
	const struct source_entry *file; /* at its real path; NULL: not in the source (any more) */
	bool is_directory;               /* also where the source has a link to one by now */
	bool kept;
};

/* Strings are "" where the record says nothing, and live as long as the distribution. */
struct installed {
	enum distribution_kind kind;
	const char *name, *version, *arch;
	const char *origin;     /* source package: "glibc", "glibc (2.36-9)" */
	const char *license;    /* apk and rpm */
	const char *url, *maintainer, *summary;
	const char *depends, *provides; /* lists as they stand; rpm's with blanks between */
	const char *record;     /* as it stands in the file, to its last newline; of rpm a header */
	size_t record_size;
	const char *list;       /* the path of the file that lists its files; dpkg */
	struct packaged_file *files;
	size_t file_count, file_capacity;
	/* Of what is no directory and is in the source; after distribution_mark(). */
	uint64_t files_total, bytes_total, files_kept, bytes_kept;
};

struct distribution {
	struct source *source; /* borrowed */
	struct installed *items;
	size_t count, capacity;
	/* A package manager whose records are here and cannot be read, or cannot be trimmed; or NULL. */
	const char *unread, *untrimmed;
	char *because; /* why, for a person */
	char *id, *version, *name; /* ID, VERSION_ID, PRETTY_NAME of os-release; "" */
	const char *apk_path;   /* where apk's records are */
	struct rpm_database rpm; /* its directory is NULL where there is none */
	struct {
		char **items; /* what all the strings above point into */
		size_t count, capacity;
	} texts;
};

void distribution_release(struct distribution *distribution);

/* Note which files are kept: asked for each real path. */
void distribution_mark(struct distribution *distribution,
		       bool (*is_kept)(const char *path, void *data), void *data);

/* How many paths are kept that a package has, directories left aside; after distribution_mark(). */
int distribution_count_owned(const struct distribution *distribution, uint64_t *ret_count);

/* It has a file that is kept. */
static inline bool installed_is_present(const struct installed *installed)
{
	return installed->files_kept > 0;
}

#endif
