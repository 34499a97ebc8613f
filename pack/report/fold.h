/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * So many rows as a page can hold: a small directory in which nothing was used is counted in the one
 * above it, and only where that is not enough, what was used, too, the smallest first. What is counted in
 * a directory becomes a row in it at last, as "(1,234 files never used)".
 */
#ifndef PACK_REPORT_FOLD_H
#define PACK_REPORT_FOLD_H

#include "pack/report/rows.h"

/* The rows are in order, each with its parent; they are so again afterwards. 0, or -ENOMEM with err set. */
int report_fold(struct report_rows *rows, struct error *err);

#endif
