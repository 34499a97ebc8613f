/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chance that something happens, from how often it happened before: so many times in so many trials,
 * and what one would have guessed without any. A Beta distribution: the guess counts as CHANCE_WEIGHT
 * trials, so that from none at all it is the guess that comes out, with a wide interval.
 */
#ifndef PACK_REPORT_CHANCE_H
#define PACK_REPORT_CHANCE_H

#include <stdint.h>

#define CHANCE_WEIGHT 2.0

struct chance {
	double mean;      /* 0 to 1 */
	double low, high; /* 95 % interval */
};

/* happened ≤ trials; guess between 0 and 1, both left out. */
struct chance chance_of(uint64_t happened, uint64_t trials, double guess);

/* The part of a Beta(a, b) distribution that lies below x. */
double chance_beta_below(double a, double b, double x);

#endif
