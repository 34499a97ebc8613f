// SPDX-License-Identifier: BSD-2-Clause
/* Takes ptrace(2) from the C library, for t-learn.sh, where nobody runs it. */
#include <sys/ptrace.h>

int main(void)
{
	return ptrace(PTRACE_TRACEME, 0, 0, 0) < 0;
}
