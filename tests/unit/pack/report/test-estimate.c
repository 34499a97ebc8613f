// SPDX-License-Identifier: BSD-2-Clause
/* The estimate of what is still unseen. */
#include "pack/report/estimate.h"

#include <math.h>

#include "db/base/cleanup.h"
#include "tests/test.h"

static void chao2_is_what_the_formula_gives_by_hand(void)
{
	/* 20 files in 10 runs: 5 once, 3 twice, 12 in all ten */
	uint64_t counts[11] = {0, 5, 3, [10] = 12};
	struct estimate e;

	estimate_compute(counts, 10, &e);
	CHECK_INT(e.seen, 20);
	/* 0.9 · 25 / 6; variance 3 · (1.25 + 3.75 + 1.5625) = 19.6875; K = exp(1.96 · √ln 2.4) */
	CHECK(fabs(e.unseen - 3.75) < 1e-9);
	CHECK(fabs(e.unseen_low - 0.5992) < 1e-3);
	CHECK(fabs(e.unseen_high - 23.468) < 1e-2);
	/* 1 - 5/131 · 45/51 */
	CHECK(fabs(e.coverage - (1 - 5.0 / 131 * 45 / 51)) < 1e-9);
}

static void nothing_seen_once_means_nothing_unseen(void)
{
	uint64_t counts[4] = {0, 0, 2, 40};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct estimate e;

	estimate_compute(counts, 3, &e);
	CHECK(e.unseen == 0 && e.unseen_high == 0 && e.coverage == 1);
	estimate_sentence(&e, &text);
	CHECK_STRING(text.bytes, "still unseen, estimated: 0 files (Chao2, 95 %)");
}

static void nothing_seen_twice_takes_the_corrected_form(void)
{
	uint64_t counts[4] = {0, 4, 0, 30};
	struct estimate e;

	estimate_compute(counts, 3, &e);
	CHECK(fabs(e.unseen - 2.0 / 3 * 4 * 3 / 2) < 1e-9);
	CHECK(e.unseen_low < e.unseen && e.unseen < e.unseen_high);
	CHECK(isfinite(e.unseen_high));
}

static void one_run_cannot_tell(void)
{
	uint64_t counts[2] = {0, 7};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct estimate e;

	estimate_compute(counts, 1, &e);
	CHECK_INT(e.seen, 7);
	estimate_sentence(&e, &text);
	CHECK(strstr(text.bytes, "one run cannot tell") != NULL);
}

static void the_sentence_rounds_outwards(void)
{
	uint64_t counts[11] = {0, 5, 3, [10] = 12};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct estimate e;

	estimate_compute(counts, 10, &e);
	estimate_sentence(&e, &text);
	CHECK_STRING(text.bytes, "still unseen, estimated: 0 to 24 files (Chao2, 95 %)");
}

int main(void)
{
	RUN(chao2_is_what_the_formula_gives_by_hand);
	RUN(nothing_seen_once_means_nothing_unseen);
	RUN(nothing_seen_twice_takes_the_corrected_form);
	RUN(one_run_cannot_tell);
	RUN(the_sentence_rounds_outwards);
	return test_end();
}
