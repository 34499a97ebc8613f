// SPDX-License-Identifier: BSD-2-Clause
/* What of a tar is refused, and that it is said of which entry. */
#include "tests/unit/pack/layer/tar.h"

static void hostile_entries_are_refused_with_their_name(void)
{
	static const struct {
		const char *first, *second; /* kind, name, "=", text; second may be NULL */
		const char *said;
	} cases[] = {
	    {"f../x=x", NULL, "entry name '../x' leads out of the root"},
	    {"f/../x=x", NULL, "entry name '/../x' leads out of the root"},
	    {"fa/../../x=x", NULL, "entry name 'a/../../x' leads out of the root"},
	    {"fa/..=x", NULL, "entry '.': would replace the root"},
	    {"ls=../..", "ds/x/=", "entry 's/x': leads out of the root through the symbolic link 's'"},
	    {"ls=/a/../../b", "fs/x=", "leads out of the root through the symbolic link 's'"},
	    {"ls=s", "fs/x=", "entry 's/x': leads through more than 40 symbolic links"},
	    {"fout/x=x", NULL, "leads out of the root through the symbolic link 'out'"},
	    {"fout/.wh.x=x", NULL, "leads out of the root through the symbolic link 'out'"},
	    {"fa=x", "fa/b=y", "entry 'a/b': is below a file"},
	    {"ls=file", "fs/b=y", "is below a file"},
	    {"ffile/b=y", NULL, "is below a file"},
	    {"hh=missing", NULL, "entry 'h': is a hard link to 'missing', which is not there"},
	    {"hh=/etc/passwd", NULL, "entry 'h': is a hard link to '/etc/passwd', which is not there"},
	    {"hh=../../etc/passwd", NULL, "hard link target '../../etc/passwd' leads out of the root"},
	    {"hh=/", NULL, "is a hard link to the directory '/'"},
	    {"hlib=lib/x", NULL, "is not there"},
	    {"hh=d", NULL, "is a hard link to the directory 'd'"},
	    {"hd=d/old", NULL, "is a hard link to itself or what it replaces"},
	    {"hfile=file", NULL, "is a hard link to itself"},
	    {"hh=out/passwd", NULL, "out of the root"},
	    {"f.=x", NULL, "replace the root"},
	    {"f.wh.=", NULL, "whiteout '.wh.' names nothing"},
	    {"fd/.wh...=", NULL, "names nothing"},
	    {"cnull=", NULL, "is a device node"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct root root = root_with_lower();
		struct tar tar = tar_begin(NULL);
		const char *const specs[] = {cases[i].first, cases[i].second};

		root.options.no_devices = true;
		for (size_t j = 0; j < 2 && specs[j]; j++)
			add_spec(&tar, specs[j]);
		CHECK(apply(&root, &tar) < 0);
		if (!strstr(root.err.message, cases[i].said))
			CHECK_STRING(root.err.message, cases[i].said);
		CHECK(!strchr(root.err.message, '\n'));
		root_free(&root);
	}
}

/* Each of the links leads 1500 directories down from where it lies: by 40 of them a tree would be too deep to walk. */
static void links_do_not_lead_deeper_than_a_path_can_say(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin(NULL);
	char target[3000];

	for (size_t i = 0; i < sizeof(target); i++)
		target[i] = i % 2 ? '/' : 'a';
	target[sizeof(target) - 1] = '\0';
	add(&tar, 'l', "l", target);
	add(&tar, 'l', "l/m", target);
	add(&tar, 'f', "l/x", "");
	add(&tar, 'f', "l/m/x", "");
	CHECK_INT(apply(&root, &tar), -ENAMETOOLONG);
	CHECK(strstr(root.err.message, "entry 'l/m/x': leads through a symbolic link to a path of more than 4095 bytes"));
	root_free(&root);
}

static void more_than_was_allowed_is_refused(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin("gzip");

	root.options.max_size = 9;
	add(&tar, 'f', "a", "12345");
	add(&tar, 'f', "b", "67890");
	CHECK_INT(apply(&root, &tar), -EFBIG);
	CHECK(strstr(root.err.message, "entry 'b': does not fit the limit of 9 bytes"));
	root_free(&root);

	root = root_new();
	root.options.max_entries = 1;
	tar = tar_begin(NULL);
	add(&tar, 'f', "a", "");
	add(&tar, 'f', "b", "");
	CHECK_INT(apply(&root, &tar), -EFBIG);
	CHECK(strstr(root.err.message, "more than 1 entries"));
	root_free(&root);
}

/* 300 MB of zeros behind a small name: the stream is the bomb, whatever its headers say. */
static void a_bomb_is_refused_by_its_ratio(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin("zstd");
	struct archive_entry *entry = archive_entry_new();
	static const char zeros[1 << 20];

	archive_entry_copy_pathname(entry, "zeros");
	archive_entry_set_mode(entry, S_IFREG | 0644);
	archive_entry_set_size(entry, 300LL << 20);
	REQUIRE(archive_write_header(tar.archive, entry) == ARCHIVE_OK);
	for (int i = 0; i < 300; i++)
		REQUIRE(archive_write_data(tar.archive, zeros, sizeof(zeros)) > 0);
	archive_entry_free(entry);
	CHECK_INT(apply(&root, &tar), -EFBIG);
	CHECK(strstr(root.err.message, "decompression bomb"));
	root_free(&root);
}

static void a_stream_cut_anywhere_is_refused(void)
{
	static const char *const filters[] = {NULL, "gzip", "zstd", "xz"};

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		struct tar tar = tar_begin(filters[i]);
		_cleanup_(closep) int whole = -1;
		struct stat st;
		char data[16384];
		off_t end;

		add(&tar, 'f', "a", "some contents");
		add(&tar, 'f', "b", "some more");
		whole = tar_end(&tar);
		REQUIRE(fstat(whole, &st) == 0 && st.st_size <= (off_t)sizeof(data));
		REQUIRE(io_pread(whole, data, (size_t)st.st_size, 0) == st.st_size);
		/* behind the first zero block of a bare tar nothing is missing */
		end = filters[i] ? st.st_size - 1 : 4 * 512;
		for (off_t size = 0; size <= end; size += filters[i] ? 1 : 64) {
			struct root root = root_new();
			int part = memfd_create("part", MFD_CLOEXEC);

			REQUIRE(io_write(part, data, (size_t)size) == 0);
			lseek(part, 0, SEEK_SET);
			if (apply_fd(&root, part) >= 0) {
				CHECK(!"a truncated stream was taken");
				fprintf(stderr, "\t%s cut at %lld\n",
					filters[i] ? filters[i] : "tar", (long long)size);
			}
			root_free(&root);
		}
	}
}

static void digests_are_checked_on_both_sides(void)
{
	struct tar tar = tar_begin("gzip");
	_cleanup_(closep) int fd = -1;
	char hex[DIGEST_HEX_SIZE], digest[80], wrong[80];

	add(&tar, 'f', "a", "contents");
	fd = tar_end(&tar);
	REQUIRE(digest_fd(fd, hex, NULL) == 0);
	snprintf(digest, sizeof(digest), "sha256:%s", hex);
	strcpy(wrong, digest);
	wrong[10] = wrong[10] == '0' ? '1' : '0';
	for (int i = 0; i < 4; i++) {
		struct root root = root_new();

		lseek(fd, 0, SEEK_SET);
		root.options.digest = i == 0 ? digest : i == 1 ? wrong : i == 2 ? "md5:0" : NULL;
		root.options.diff_id = i == 3 ? digest : NULL;
		CHECK_INT(apply_fd(&root, dup(fd)), i == 0 ? 0 : i == 2 ? -ENOTSUP : -EBADMSG);
		if (i == 1)
			CHECK(strstr(root.err.message, "digest does not match"));
		if (i == 3)
			CHECK(strstr(root.err.message, "diff_id does not match"));
		root_free(&root);
	}
}

static void what_is_no_tar_is_said_to_be_none(void)
{
	struct root root = root_new();
	int fd = memfd_create("text", MFD_CLOEXEC);

	REQUIRE(io_write(fd, "this is a letter, not an archive\n", 33) == 0);
	lseek(fd, 0, SEEK_SET);
	CHECK(apply_fd(&root, fd) < 0);
	CHECK_STRING(root.err.message, "'test.tar': not a tar archive");
	root_free(&root);
}

int main(void)
{
	RUN(hostile_entries_are_refused_with_their_name);
	RUN(links_do_not_lead_deeper_than_a_path_can_say);
	RUN(more_than_was_allowed_is_refused);
	RUN(a_bomb_is_refused_by_its_ratio);
	RUN(a_stream_cut_anywhere_is_refused);
	RUN(digests_are_checked_on_both_sides);
	RUN(what_is_no_tar_is_said_to_be_none);
	return test_end();
}
