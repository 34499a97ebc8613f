// SPDX-License-Identifier: BSD-2-Clause
/*
 * A system call by its number, with up to three arguments: prints its result, 0, 1 or more, or its errno's name.
 * Nothing in it names one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long words[4] = {0}, result;
	int pid = getpid();

	for (int i = 0; i < 4 && i + 1 < argc; i++)
		words[i] = strtol(argv[i + 1], NULL, 0);
	result = syscall(words[0], words[1], words[2], words[3]);
	if (result < 0)
		puts(strerrorname_np(errno));
	else if (getpid() == pid) /* no child that it made */
		puts(result == 0 ? "0" : result == 1 ? "1" : "more");
	return 0;
}
