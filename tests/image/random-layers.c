// SPDX-License-Identifier: BSD-2-Clause
/*
 * random-layers OUT SEED LAYERS: an image of so many layers as the OCI layout OUT, called x, the same one
 * for the same seed. Each layer is spelled as one of those who write them spells its own (docker,
 * buildkit, kaniko, buildah, jib, ko, nix, apko, bazel), over few names, so that they meet: replaced,
 * hidden, linked, led through. A few names lead out of the root. What is in it is listed on standard
 * output.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <jansson.h>

#include "db/base/digest.h"

enum { NAME_MAX_BYTES = 1024, EARLIER_MAX = 64, ENTRIES_MAX = 16 };

static const struct style {
	const char *who;
	const char *before; /* each name, and each target of a hard link */
	const char *root;   /* the entry of the root itself; NULL: none */
	const char *format;
	bool parents; /* have entries of their own, before what is in them */
	bool again;   /* … each time */
	bool first;   /* whiteouts come before all else */
} styles[] = {
	{"docker", "", NULL, "pax", true, false, false},
	{"buildkit", "", NULL, "pax", true, true, true},
	{"kaniko", "/", "/", "gnutar", true, false, false},
	{"buildah", "", NULL, "gnutar", true, false, false},
	{"jib", "", NULL, "pax", true, false, true},
	{"ko", "/", NULL, "gnutar", false, false, false},
	{"nix", "./", "./", "gnutar", true, true, false},
	{"apko", "", NULL, "pax", false, false, false},
	{"bazel", "./", ".", "gnutar", true, true, false},
};

static uint64_t state;
/* What had an entry before: directories and links to them, and what a hard link may name. */
static struct names {
	char items[EARLIER_MAX][NAME_MAX_BYTES];
	uint32_t count;
} directories, files;

static uint32_t rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % below;
}

static bool percent(uint32_t chance)
{
	return rnd(100) < chance;
}

static bool seldom(void)
{
	return rnd(1000) < 2;
}

static void die(const char *what)
{
	fprintf(stderr, "random-layers: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- names ---- */

static const char *part(bool directory)
{
	static const char *const parts[] = {"a", "b", "lib", "usr", "etc", "f", "g", "e\xc3\xa9"};
	static char longer[160];

	if (!percent(2))
		/* a name that is one here and another there is what layers are hard for */
		return parts[seldom() ? rnd(8) : directory ? rnd(5) : 5 + rnd(3)];
	memset(longer, directory ? 'n' : 'm', sizeof(longer) - 1);
	return longer;
}

static void add_part(char name[NAME_MAX_BYTES], bool directory)
{
	if (*name)
		strcat(name, "/");
	strcat(name, part(directory));
}

/* Plain, without a slash before it: in a directory of before, or in a new one. */
static void new_name(char name[NAME_MAX_BYTES], bool directory)
{
	*name = '\0';
	if (directories.count && percent(60))
		strcpy(name, directories.items[rnd(directories.count)]);
	else
		for (uint32_t depth = rnd(3); depth; depth--)
			add_part(name, true);
	if (strlen(name) > 400)
		*name = '\0';
	add_part(name, directory);
}

static void remember(struct names *names, const char *name)
{
	strcpy(names->items[names->count < EARLIER_MAX ? names->count++ : rnd(EARLIER_MAX)], name);
}

/* As this style has it, now and then in a spelling that nobody needs. */
static void spell(const struct style *style, const char *name, char spelled[NAME_MAX_BYTES])
{
	const char *slash = strchr(name, '/');

	strcpy(spelled, style->before);
	if (seldom())
		strcat(spelled, "../../"); /* out of the root */
	if (slash && percent(3)) {
		strncat(spelled, name, (size_t)(slash - name));
		strcat(spelled, percent(50) ? "/./" : "//");
		name = slash + 1;
	} else if (percent(2)) {
		strcat(spelled, "nowhere/../");
	}
	strcat(spelled, name);
}

/* Where a symbolic link at `name` points: absolute, up and down again, or beside it. */
static void new_target(const char *name, bool directory, char target[NAME_MAX_BYTES])
{
	char other[NAME_MAX_BYTES];

	new_name(other, directory);
	*target = '\0';
	if (percent(40)) {
		strcat(target, "/");
	} else if (percent(80)) {
		for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/'))
			strcat(target, "../");
		if (seldom())
			strcat(target, "../"); /* out of the root, unless a link leads further down */
	}
	if (percent(3))
		strcat(target, "nowhere/../");
	strcat(target, other);
}

/* ---- entries ---- */

struct layer {
	const struct style *style;
	struct archive *archive;
	char seen[EARLIER_MAX][NAME_MAX_BYTES]; /* directories that had an entry in it */
	size_t seen_count;
};

/* kind: 'f', 'd', 'l' symbolic link, 'h' hard link, 'p' fifo, 'c' device, 'w' whiteout. */
static void put(struct layer *layer, char kind, const char *name, const char *link)
{
	static const char kinds[] = "fdlhpcw";
	static const mode_t types[] = {S_IFREG, S_IFDIR, S_IFLNK, S_IFREG, S_IFIFO, S_IFCHR, S_IFREG};
	static const mode_t modes[] = {0644, 0755, 0600, 0444, 04755, 02755, 01777};
	static const uint32_t owners[] = {0, 0, 1, 1000, 65534};
	static const time_t times[] = {0, 1, 1700000000};
	struct archive_entry *entry = archive_entry_new();
	char contents[6000];
	size_t size = kind == 'f' ? rnd(percent(20) ? sizeof(contents) : 12) : 0;

	memset(contents, 'a' + (int)rnd(26), size);
	archive_entry_copy_pathname(entry, name);
	archive_entry_set_mode(entry, types[strchr(kinds, kind) - kinds] |
					  (kind == 'l' ? 0777 : modes[rnd(sizeof(modes) / sizeof(*modes))]));
	archive_entry_set_uid(entry, owners[rnd(5)]);
	archive_entry_set_gid(entry, owners[rnd(5)]);
	archive_entry_set_mtime(entry, times[rnd(3)], 0);
	archive_entry_set_size(entry, (int64_t)size);
	if (kind == 'l')
		archive_entry_copy_symlink(entry, link);
	if (kind == 'h')
		archive_entry_copy_hardlink(entry, link);
	if (kind == 'c')
		archive_entry_set_rdev(entry, makedev(1, 3 + rnd(2)));
	if (size && strcmp(layer->style->format, "pax") == 0 && percent(5))
		archive_entry_xattr_add_entry(entry, "user.k", contents, size < 3 ? size : 3);
	printf("%c %s%s%s\n", kind, name, *link ? " -> " : "", link);
	if (archive_write_header(layer->archive, entry) < ARCHIVE_WARN ||
	    archive_write_data(layer->archive, contents, size) < 0)
		die(archive_error_string(layer->archive));
	archive_entry_free(entry);
}

static bool had_entry(struct layer *layer, const char *directory)
{
	for (size_t i = 0; i < layer->seen_count; i++)
		if (strcmp(layer->seen[i], directory) == 0)
			return true;
	if (layer->seen_count < EARLIER_MAX)
		strcpy(layer->seen[layer->seen_count++], directory);
	return false;
}

static void put_parents(struct layer *layer, const char *name)
{
	char directory[NAME_MAX_BYTES], spelled[NAME_MAX_BYTES];

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(directory, sizeof(directory), "%.*s", (int)(slash - name), name);
		if (had_entry(layer, directory) && !layer->style->again)
			continue;
		/* what leads through a link gets there only where no directory is put in its place */
		if (percent(30))
			continue;
		spell(layer->style, directory, spelled);
		strcat(spelled, "/");
		put(layer, 'd', spelled, "");
	}
}

static void put_whiteout(struct layer *layer)
{
	char name[NAME_MAX_BYTES], spelled[3 * NAME_MAX_BYTES], hidden[NAME_MAX_BYTES];
	char *slash;

	if (files.count && percent(50))
		strcpy(name, files.items[rnd(files.count)]);
	else
		new_name(name, percent(50));
	slash = strrchr(name, '/');
	snprintf(hidden, sizeof(hidden), "%s", slash ? slash + 1 : name);
	name[slash ? slash + 1 - name : 0] = '\0';
	snprintf(spelled, sizeof(spelled), "%s%s.wh.%s", layer->style->before, name,
		 percent(15) ? ".wh..opq" : hidden);
	put(layer, 'w', spelled, "");
}

static char random_kind(void)
{
	uint32_t which = rnd(100);

	return which < 45 ? 'f' : which < 65 ? 'd' : which < 80 ? 'l' : which < 88 ? 'h' : which < 91 ? 'p'
	     : which < 93 ? 'c' : 'w';
}

static void put_random(struct layer *layer)
{
	char name[NAME_MAX_BYTES], spelled[NAME_MAX_BYTES], target[NAME_MAX_BYTES] = "";
	char kind = random_kind();
	bool directory = kind == 'd' || (kind == 'l' && percent(70));

	if (kind == 'w') {
		put_whiteout(layer);
		return;
	}
	if (kind == 'h' && !files.count)
		kind = 'f';
	new_name(name, directory);
	if (layer->style->parents)
		put_parents(layer, name);
	if (kind == 'l')
		new_target(name, directory, target);
	if (kind == 'h')
		spell(layer->style, files.items[files.count - 1 - rnd(files.count > 4 ? 4 : files.count)],
		      target);
	spell(layer->style, name, spelled);
	if (kind == 'd')
		strcat(spelled, "/");
	put(layer, kind, spelled, target);
	remember(directory ? &directories : &files, name);
}

/* ---- the image ---- */

static int new_blob(void)
{
	int fd = open("blob", O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);

	if (fd < 0)
		die("blob");
	return fd;
}

/* Its descriptor, with what is in it called by its digest. */
static json_t *keep_blob(int fd, const char *type)
{
	char hex[DIGEST_HEX_SIZE], path[DIGEST_HEX_SIZE + 32];
	off_t size = lseek(fd, 0, SEEK_END);

	if (digest_fd(fd, hex, NULL) < 0)
		die("digest");
	snprintf(path, sizeof(path), "blobs/sha256/%s", hex);
	if (rename("blob", path) < 0)
		die(path);
	close(fd);
	return json_pack("{s:s, s:o, s:I}", "mediaType", type, "digest", json_sprintf("sha256:%s", hex), "size",
			 (json_int_t)size);
}

static json_t *keep_json(json_t *json, const char *type)
{
	int fd = new_blob();

	if (!json || json_dumpfd(json, fd, JSON_COMPACT) < 0)
		die("json");
	json_decref(json);
	return keep_blob(fd, type);
}

static json_t *new_layer(void)
{
	struct layer *layer = calloc(1, sizeof(*layer));
	int fd = new_blob();

	if (!layer || !(layer->archive = archive_write_new()))
		die("memory");
	layer->style = &styles[rnd(sizeof(styles) / sizeof(*styles))];
	printf("layer of %s\n", layer->style->who);
	archive_write_set_format_by_name(layer->archive, layer->style->format);
	archive_write_set_options(layer->archive, "hdrcharset=BINARY");
	if (archive_write_open_fd(layer->archive, fd) != ARCHIVE_OK)
		die("layer");
	if (layer->style->root)
		put(layer, 'd', layer->style->root, "");
	for (uint32_t n = layer->style->first ? rnd(3) : 0; n; n--)
		put_whiteout(layer);
	for (uint32_t n = 1 + rnd(ENTRIES_MAX); n; n--)
		put_random(layer);
	if (archive_write_close(layer->archive) != ARCHIVE_OK)
		die("layer");
	archive_write_free(layer->archive);
	free(layer);
	return keep_blob(fd, "application/vnd.oci.image.layer.v1.tar");
}

static void write_index(json_t *manifest)
{
	FILE *file;

	json_object_set_new(manifest, "annotations",
			    json_pack("{s:s}", "org.opencontainers.image.ref.name", "x"));
	if (json_dump_file(json_pack("{s:i, s:[o]}", "schemaVersion", 2, "manifests", manifest), "index.json",
			   0) < 0)
		die("index.json");
	file = fopen("oci-layout", "w");
	if (!file || fputs("{\"imageLayoutVersion\":\"1.0.0\"}", file) < 0 || fclose(file) != 0)
		die("oci-layout");
}

int main(int argc, char **argv)
{
	json_t *layers = json_array(), *ids = json_array(), *config;

	if (argc != 4) {
		fprintf(stderr, "usage: random-layers OUT SEED LAYERS\n");
		return 2;
	}
	state = strtoull(argv[2], NULL, 10) * 2654435761u;
	if (mkdir(argv[1], 0755) < 0 || chdir(argv[1]) < 0 || mkdir("blobs", 0755) < 0 ||
	    mkdir("blobs/sha256", 0755) < 0)
		die(argv[1]);
	for (int n = atoi(argv[3]); n > 0; n--) {
		json_t *layer = new_layer();

		json_array_append(ids, json_object_get(layer, "digest"));
		json_array_append_new(layers, layer);
	}
	config = json_pack("{s:s, s:s, s:{}, s:{s:s, s:o}}", "os", "linux", "architecture", "amd64", "config",
			   "rootfs", "type", "layers", "diff_ids", ids);
	config = keep_json(config, "application/vnd.oci.image.config.v1+json");
	write_index(keep_json(json_pack("{s:i, s:o, s:o}", "schemaVersion", 2, "config", config, "layers", layers),
			      "application/vnd.oci.image.manifest.v1+json"));
	return 0;
}
