// SPDX-License-Identifier: BSD-2-Clause
/* What rules, secrets and customs do to a closure, and the tree that it becomes. */
#include "tests/unit/pack/need/closure.h"

int main(void)
{
	root_new(&root);
	root_free(&root);
	return test_end();
}
