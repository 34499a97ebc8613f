// SPDX-License-Identifier: BSD-2-Clause
/* stage/watch/page.h: which pages a page names, and where that leads. */
#include "stage/watch/page.h"

#include "tests/test.h"

struct links {
	char text[512];
	int most;
};

static int note(const char *link, size_t length, void *data)
{
	struct links *links = data;
	size_t used = strlen(links->text);

	snprintf(links->text + used, sizeof(links->text) - used, "[%.*s]", (int)length, link);
	return --links->most == 0;
}

static void links_are_found_as_browsers_find_them(void)
{
	static const struct {
		const char *html, *links;
	} cases[] = {
		{"<a href=\"/x\">x</a>", "[/x]"},
		{"<A HREF='/x'><img src=pic.png>", "[/x][pic.png]"},
		{"<a class=\"href\" href = \"/x\" >", "[/x]"},
		{"<a href=/x/y>z</a>", "[/x/y]"},
		{"<link rel=stylesheet href=/a.css><script src=\"a.js\"></script>", "[/a.css][a.js]"},
		{"<script>'<a href=\"/no\">'</script><a href=/yes>", "[/yes]"},
		{"<style>a{b:url('<a href=/no>')}</style><a href=/yes>", "[/yes]"},
		{"<!-- <a href=/no> --><a href=/yes>", "[/yes]"},
		{"<a data-href=/no hrefs=/no href=/yes>", "[/yes]"},
		{"<a title='> href=/no' href=/yes>", "[/yes]"},
		{"<br/><img/src=/x>", "[/x]"},
		{"</a href=/no>", ""},
		{"a < b <a href", ""},
		{"<a href=", "[]"},
		{"<a href='/x", "[/x]"},
		{"<a href=\"\">", "[]"},
		{"<!-- <a href=/no>", ""},
		{"<", ""},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct links links = {"", 0};

		CHECK_INT(page_links(cases[i].html, strlen(cases[i].html), note, &links), 0);
		CHECK_STRING(links.text, cases[i].links);
	}
}

static void who_has_enough_ends_it(void)
{
	static const char html[] = "<a href=1><a href=2><a href=3>";
	struct links links = {"", 2};

	CHECK_INT(page_links(html, strlen(html), note, &links), 1);
	CHECK_STRING(links.text, "[1][2]");
}

static void links_lead_to_paths_of_the_same_host(void)
{
	static const struct {
		const char *base, *link, *path; /* NULL: elsewhere */
	} cases[] = {
		{"/", "/x", "/x"},
		{"/a/b", "c", "/a/c"},
		{"/a/b/", "c", "/a/b/c"},
		{"/a/b?q=/z/", "c", "/a/c"},
		{"/a/b", "?q=1", "/a/b?q=1"},
		{"/a/b?x", "?q=1", "/a/b?q=1"},
		{"/a/b", "../c", "/c"},
		{"/a/b", "../../../c", "/c"},
		{"/a/b", "./c/./d/..", "/a/c/"},
		{"/a/b", "c?d=../e", "/a/c?d=../e"},
		{"/", " /x\n", "/x"},
		{"/", "/x#part", "/x"},
		{"/", "/x?a=1&amp;b=2", "/x?a=1&b=2"},
		{"/", "http://localhost:80/x", "/x"},
		{"/", "HTTP://LOCALHOST:80", "/"},
		{"/", "//localhost:80/x", "/x"},
		{"/", "//localhost:80?x", NULL},
		{"/", "http://localhost:8080/x", NULL},
		{"/", "http://localhost:80.example/x", NULL},
		{"/", "https://localhost:80/x", NULL},
		{"/", "//elsewhere/x", NULL},
		{"/", "mailto:a@b", NULL},
		{"/", "javascript:void(0)", NULL},
		{"/", "data:text/html,x", NULL},
		{"/", "#top", NULL},
		{"/", "", NULL},
		{"/", "/a b", NULL},
		{"/", "/a\r\nHost: x", NULL},
		{"/", "http:x", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char path[PAGE_PATH_MAX] = "";
		int r = page_resolve("localhost:80", cases[i].base, cases[i].link, strlen(cases[i].link), path);

		CHECK_INT(r, cases[i].path != NULL);
		if (r)
			CHECK_STRING(path, cases[i].path ? cases[i].path : "elsewhere");
	}
}

static void a_long_link_is_none(void)
{
	static char link[PAGE_PATH_MAX + 10], path[PAGE_PATH_MAX];

	memset(link, 'a', sizeof(link) - 1);
	link[0] = '/';
	CHECK_INT(page_resolve("h", "/", link, PAGE_PATH_MAX - 1, path), 1);
	CHECK_INT(page_resolve("h", "/", link, PAGE_PATH_MAX, path), 0);
	CHECK_INT(page_resolve("h", "/x/", link + 1, PAGE_PATH_MAX - 2, path), 0);
}

int main(void)
{
	RUN(links_are_found_as_browsers_find_them);
	RUN(who_has_enough_ends_it);
	RUN(links_lead_to_paths_of_the_same_host);
	RUN(a_long_link_is_none);
	return test_end();
}
