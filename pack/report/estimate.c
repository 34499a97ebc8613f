// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/estimate.h"

#include <math.h>
#include <stdbool.h>

/* Variance of Chao2 where some files were seen twice; r = once / twice, a = (runs - 1) / runs. */
static double variance_classic(double twice, double r, double a)
{
	return twice * (a / 2 * r * r + a * a * r * r * r + a * a / 4 * r * r * r * r);
}

/* And where none was; whole = seen + unseen. */
static double variance_corrected(double once, double a, double whole)
{
	double twice_less = 2 * once - 1;

	return a * once * (once - 1) / 2 + a * a * once * twice_less * twice_less / 4 -
	       a * a * once * once * once * once / (4 * whole);
}

/* The number of unseen is log-normal around its estimate. */
static void interval(struct estimate *estimate, double variance)
{
	double unseen = estimate->unseen, k;

	if (unseen <= 0 || variance <= 0) {
		estimate->unseen_low = estimate->unseen_high = unseen;
		return;
	}
	k = exp(1.96 * sqrt(log1p(variance / (unseen * unseen))));
	estimate->unseen_low = unseen / k;
	estimate->unseen_high = unseen * k;
}

static double coverage_of(double once, double twice, double uses, double runs)
{
	double among = (runs - 1) * once + 2 * twice;

	if (uses == 0 || once == 0)
		return 1;
	return 1 - once / uses * (among > 0 ? (runs - 1) * once / among : 1);
}

void estimate_compute(const uint64_t *counts, size_t runs, struct estimate *ret_estimate)
{
	struct estimate e = {.runs = runs};
	double once, twice, uses = 0, a;

	for (size_t k = 1; k <= runs; k++) {
		e.seen += counts[k];
		uses += (double)counts[k] * (double)k;
	}
	if (runs >= 2) {
		e.once = counts[1];
		e.twice = counts[2];
		once = (double)e.once;
		twice = (double)e.twice;
		a = (double)(runs - 1) / (double)runs;
		e.unseen = twice > 0 ? a * once * once / (2 * twice) : a * once * (once - 1) / 2;
		interval(&e, twice > 0
				     ? variance_classic(twice, once / twice, a)
				     : variance_corrected(once, a, (double)e.seen + e.unseen));
		e.coverage = coverage_of(once, twice, uses, (double)runs);
	}
	*ret_estimate = e;
}

void estimate_sentence(const struct estimate *estimate, struct text *text)
{
	uint64_t low, high;

	if (estimate->runs < 2) {
		text_add(text, "still unseen: one run cannot tell; trace a second one with "
			       "another label");
		return;
	}
	low = (uint64_t)floor(estimate->unseen_low);
	high = (uint64_t)ceil(estimate->unseen_high);
	text_add(text, "still unseen, estimated: ");
	if (low != high) {
		text_add_count(text, low);
		text_add(text, " to ");
	}
	text_add_count(text, high);
	text_printf(text, " file%s (Chao2, 95 %%)", high == 1 ? "" : "s");
	if (estimate->runs == 2)
		text_add(text, ", from two runs only: a rough guess");
}
