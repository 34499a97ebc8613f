// SPDX-License-Identifier: BSD-2-Clause
/*
 * Instead of libFuzzer: hands each file, and each file of each directory, named on the command line
 * to LLVMFuzzerTestOneInput(), so that every build and every compiler replays the corpus. Without
 * arguments it takes $srcdir/tests/fuzz/corpus-NAME of a program called fuzz-NAME.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "r");
	uint8_t *data = NULL;
	struct stat st;

	if (!file || fstat(fileno(file), &st) < 0 || !(data = malloc((size_t)st.st_size + 1)) ||
	    fread(data, 1, (size_t)st.st_size, file) != (size_t)st.st_size) {
		perror(path);
		exit(1);
	}
	fclose(file);
	printf("%s\n", path);
	fflush(stdout); /* a crash shows which one it was */
	LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	free(data);
	return 1;
}

static int replay(const char *path)
{
	struct dirent **names;
	int count, done = 0;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return replay_file(path);
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char inner[4096];

		snprintf(inner, sizeof(inner), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			done += replay_file(inner);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return done;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir"), *name = strstr(argv[0], "fuzz-");
	char corpus[4096];
	int done = 0;

	for (int i = 1; i < argc; i++)
		done += replay(argv[i]);
	if (argc < 2 && name) {
		snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus-%s", srcdir ? srcdir : ".",
			 name + strlen("fuzz-"));
		done = replay(corpus);
	}
	printf("%d inputs\n", done);
	return done ? 0 : 1;
}
