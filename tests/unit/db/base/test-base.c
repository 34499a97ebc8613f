// SPDX-License-Identifier: BSD-2-Clause
/* The base: errors, arrays, hashes, texts, paths, files and digests. */
#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/error.h"
#include "db/base/hash.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/text.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"

static void an_error_keeps_code_message_and_prefix(void)
{
	struct error err = ERROR_INIT;

	errno = EACCES;
	CHECK_INT(error_errno(&err, "cannot open '%s'", "x"), -EACCES);
	CHECK_STRING(err.message, "cannot open 'x': Permission denied");
	CHECK_INT(error_prefix(&err, -EACCES, "layer %d", 3), -EACCES);
	CHECK_STRING(err.message, "layer 3: cannot open 'x': Permission denied");
	CHECK_INT(error_code(&err, -ENOSPC, "w"), -ENOSPC);
	CHECK_STRING(err.message, "w: No space left on device");
	CHECK_INT(error_set(NULL, -EIO, "nobody listens"), -EIO);
}

static void a_long_error_ends_in_an_ellipsis(void)
{
	struct error err = ERROR_INIT;
	char big[3000];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	error_set(&err, -EIO, "%s", big);
	CHECK_INT(strlen(err.message), sizeof(err.message) - 1);
	CHECK_STRING(err.message + sizeof(err.message) - 4, "…");
	error_prefix(&err, -EIO, "p");
	CHECK(strncmp(err.message, "p: aaa", 6) == 0);
}

static void an_array_grows_and_keeps_its_elements(void)
{
	ARRAY(int) numbers = ARRAY_INIT;

	for (int i = 0; i < 1000; i++)
		CHECK_INT(array_push(&numbers, i), 0);
	CHECK_INT(numbers.count, 1000);
	CHECK_INT(numbers.items[0], 0);
	CHECK_INT(numbers.items[999], 999);
	CHECK_INT(array_reserve(&numbers, SIZE_MAX), -ENOMEM);
	array_release(&numbers);
	CHECK_INT(numbers.count, 0);
}

struct number {
	struct hash_link link;
	int value;
};

static struct number *number_find(struct hash *hash, int value)
{
	uint64_t h = hash_number((uint64_t)value % 100);

	for (struct hash_link *l = hash_first(hash, h); l; l = hash_next(l, h))
		if (container_of(l, struct number, link)->value == value)
			return container_of(l, struct number, link);
	return NULL;
}

static void a_hash_finds_removes_and_walks(void)
{
	struct hash hash = {0};
	struct hash_cursor cursor = {0};
	struct hash_link *link;
	static struct number numbers[500];
	int seen = 0, sum = 0;

	CHECK(hash_first(&hash, 1) == NULL);
	CHECK(hash_each(&hash, &cursor) == NULL);
	for (int i = 0; i < 500; i++) {
		numbers[i].value = i;
		/* five of each hash value, so that equal hashes are walked too */
		CHECK_INT(hash_add(&hash, &numbers[i].link, hash_number((uint64_t)i % 100)), 0);
	}
	for (int i = 0; i < 500; i += 2)
		hash_remove(&hash, &numbers[i].link);
	CHECK_INT(hash.count, 250);
	CHECK(number_find(&hash, 4) == NULL);
	CHECK(number_find(&hash, 403) == &numbers[403]);
	cursor = (struct hash_cursor){0};
	while ((link = hash_each(&hash, &cursor))) {
		seen++;
		sum += container_of(link, struct number, link)->value;
	}
	CHECK_INT(seen, 250);
	CHECK_INT(sum, 250 * 250);
	hash_release(&hash);
}

static void a_text_grows_and_escapes(void)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *taken = NULL;

	CHECK_STRING(text.bytes, "");
	text_add(&text, "a");
	text_printf(&text, "%d-%s", 12, "b");
	CHECK_STRING(text.bytes, "a12-b");
	text_clear(&text);
	text_add_escaped(&text, "x\ny\t\\\x01\xff\xc3\xa9\xc2\x9b\xed\xa0\x80'");
	CHECK_STRING(text.bytes, "x\\ny\\t\\\\\\x01\\xffé\\xc2\\x9b\\xed\\xa0\\x80'");
	taken = text_take(&text);
	CHECK(taken != NULL);
	CHECK_STRING(text.bytes, "");
	free(taken);
	taken = text_take(&text);
	CHECK_STRING(taken, "");
}

static void sizes_and_counts_read_as_people_write_them(void)
{
	static const struct {
		unsigned long long size;
		const char *wanted;
	} sizes[] = {
		{0, "0 bytes"},	       {1, "1 byte"},	    {999, "999 bytes"},
		{1000, "1.0 kB"},      {99949, "99.9 kB"},  {99950, "100 kB"},
		{999499, "999 kB"},    {999500, "1.0 MB"},  {5800000, "5.8 MB"},
		{1900000000, "1.9 GB"}, {UINT64_MAX, "18.4 EB"},
	};
	_cleanup_(text_release) struct text text = TEXT_INIT;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		text_clear(&text);
		text_add_size(&text, sizes[i].size);
		CHECK_STRING(text.bytes, sizes[i].wanted);
	}
	text_clear(&text);
	text_add_count(&text, 61204);
	text_add(&text, " ");
	text_add_count(&text, 999);
	text_add(&text, " ");
	text_add_count(&text, 1000000);
	CHECK_STRING(text.bytes, "61,204 999 1,000,000");
}

static void paths_become_canonical(void)
{
	static const struct {
		const char *path, *wanted;
	} cases[] = {
		{"/", "/"},
		{"", "/"},
		{"//usr///bin/", "/usr/bin"},
		{"usr/./bin/../lib", "/usr/lib"},
		{"/../../x", "/x"},
		{"/a/..", "/"},
		{"/..a/.b", "/..a/.b"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *got = path_canonicalize(cases[i].path);

		CHECK_STRING(got, cases[i].wanted);
		CHECK(path_is_canonical(got));
		CHECK_INT(path_is_canonical(cases[i].path), !strcmp(got, cases[i].path));
	}
}

static void paths_join_split_and_resolve(void)
{
	_cleanup_(freep) char *a = path_join("/", "bin"), *b = path_join("/usr", "bin");
	_cleanup_(freep) char *c = path_parent("/usr/bin"), *d = path_parent("/bin");
	_cleanup_(freep) char *e = path_resolve("/usr/lib/a.so", "../lib64/./b.so");
	_cleanup_(freep) char *f = path_resolve("/bin", "/usr/bin"), *g = path_parent("/");

	CHECK_STRING(a, "/bin");
	CHECK_STRING(b, "/usr/bin");
	CHECK_STRING(c, "/usr");
	CHECK_STRING(d, "/");
	CHECK_STRING(e, "/usr/lib64/b.so");
	CHECK_STRING(f, "/usr/bin");
	CHECK_STRING(g, "/");
	CHECK_STRING(path_name("/usr/bin"), "bin");
	CHECK_STRING(path_name("/"), "");
	CHECK(path_is_within("/usr/bin", "/usr"));
	CHECK(path_is_within("/usr", "/usr"));
	CHECK(path_is_within("/usr", "/"));
	CHECK(!path_is_within("/usrlocal", "/usr"));
}

static void patterns_match_as_documented(void)
{
	static const struct {
		const char *pattern, *path;
		bool wanted;
	} cases[] = {
		{"/usr/*", "/usr/bin", true},
		{"/usr/*", "/usr/bin/x", false},
		{"/usr/**", "/usr/bin/x", true},
		{"/usr/**", "/usr", false},
		{"/usr/**/x", "/usr/x", true},
		{"/usr/**/x", "/usr/a/b/x", true},
		{"/usr/**/x/*.so", "/usr/a/x/b/x/c.so", true},
		{"/**", "/", true},
		{"*.key", "/etc/ssl/a.key", true},
		{"ssl/*.key", "/etc/ssl/a.key", true},
		{"sl/*.key", "/etc/ssl/a.key", false},
		{"/a?c", "/abc", true},
		{"/a?c", "/a/c", false},
		{"/[a-c]x", "/bx", true},
		{"/[!a-c]x", "/bx", false},
		{"/[]]x", "/]x", true},
		{"/[ax", "/[ax", true},
		{"/\\*", "/*", true},
		{"/\\*", "/a", false},
		{"/a**b", "/axxb", true},
		{"/a**b", "/ax/xb", false},
		{"/*a*b*c", "/xaxbxbxc", true},
		{"/*a*b*c", "/xaxbxbx", false},
		{"/**/*.d/**/x*", "/etc/a.d/b/c/xy", true},
		{"**/x", "/x", true},
		{"**/x", "/a/b/x", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(path_match(cases[i].pattern, cases[i].path), cases[i].wanted);
		if (path_match(cases[i].pattern, cases[i].path) != cases[i].wanted)
			fprintf(stderr, "\t%s against %s\n", cases[i].pattern, cases[i].path);
		if (cases[i].wanted)
			CHECK(path_may_match(cases[i].pattern, path_initials(cases[i].path)));
	}
	CHECK(!path_may_match("/etc/*", path_initials("/usr/lib/x")));
	CHECK(!path_may_match(".ssh/**", path_initials("/home/me/ssh")));
	CHECK(path_may_match(".ssh/**", path_initials("/home/me/.sshd")));
}

static void a_file_appears_only_when_published(void)
{
	char directory[] = "/tmp/sfc-base.XXXXXX", path[64];
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;
	struct io_output output;
	struct stat st;

	REQUIRE(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/f", directory);
	CHECK_INT(io_output_open(&output, path, 0644, &err), 0);
	CHECK_INT(io_write(output.fd, "one", 3), 0);
	CHECK(stat(path, &st) < 0);
	if (!output.temporary) { /* nothing to leave behind when killed now */
		CHECK_INT(rmdir(directory), 0);
		CHECK_INT(mkdir(directory, 0700), 0);
	}
	io_output_release(&output);
	CHECK(stat(path, &st) < 0);

	for (int named = 0; named < 2; named++) {
		CHECK_INT((named ? io_output_open_named : io_output_open)(&output, path, 0644, &err),
			  0);
		CHECK_INT(io_write(output.fd, "one", 3), 0);
		CHECK_INT(io_publish(&output, &err), 0); /* a new file, then over it */
	}
	CHECK_INT(io_output_open(&output, path, 0644, &err), 0);
	CHECK_INT(io_write(output.fd, "two", 3), 0);
	CHECK_INT(io_publish(&output, &err), 0); /* over it without a name */
	CHECK_INT(io_read_file(AT_FDCWD, path, 100, &text, &err), 0);
	CHECK_STRING(text.bytes, "two");
	CHECK_INT(io_read_file(AT_FDCWD, path, 2, &text, &err), -EFBIG);

	CHECK_INT(io_output_open(&output, directory, 0644, &err), -EISDIR);
	CHECK_INT(io_output_open(&output, "/dev/null", 0644, &err), -EINVAL);
	CHECK_INT(io_output_open(&output, "/nowhere/x", 0644, &err), -ENOENT);
	CHECK_STRING(err.message, "cannot create '/nowhere/x': No such file or directory");
	CHECK_INT(unlink(path), 0);
	CHECK_INT(rmdir(directory), 0); /* empty: no temporary was left */
}

static void sha256_is_sha256(void)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	char hex[DIGEST_HEX_SIZE];

	REQUIRE(digest_new(&digest) == 0);
	CHECK_INT(digest_add(digest, "abc", 3), 0);
	CHECK_INT(digest_finish(digest, hex), 0);
	/* FIPS 180-2, appendix B.1 */
	CHECK_STRING(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	RUN(an_error_keeps_code_message_and_prefix);
	RUN(a_long_error_ends_in_an_ellipsis);
	RUN(an_array_grows_and_keeps_its_elements);
	RUN(a_hash_finds_removes_and_walks);
	RUN(a_text_grows_and_escapes);
	RUN(sizes_and_counts_read_as_people_write_them);
	RUN(paths_become_canonical);
	RUN(paths_join_split_and_resolve);
	RUN(patterns_match_as_documented);
	RUN(a_file_appears_only_when_published);
	RUN(sha256_is_sha256);
	return test_end();
}
