/* SPDX-License-Identifier: BSD-2-Clause */
/* tracefs _complete WORD…: what the last word may become; for scripts/completions. */
#ifndef FS_COMPLETE_H
#define FS_COMPLETE_H

/* argv[0] is "_complete". */
void complete(int argc, char **argv);

#endif
