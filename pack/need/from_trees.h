/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trees that are the operator's own: below /srv/x, /opt/x, /var/www/x, /var/lib/x, /home/x, what no package
 * of the distribution has. And trees of data of which a part makes no sense: they are packed whole or
 * named, never told by half. Whole trees of the host's own root, and those that are large, are named with
 * their size and stay as they were traced.
 */
#ifndef PACK_NEED_FROM_TREES_H
#define PACK_NEED_FROM_TREES_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* MARGIN_OWN. */
int closure_add_empty_directories(struct closure *closure, struct error *err);
int closure_add_own_trees(struct closure *closure, struct error *err);

/* At any margin, when all is computed: warnings of trees of data of which a part is in. */
int closure_report_data(struct closure *closure, struct error *err);

#endif
