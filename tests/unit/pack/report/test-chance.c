// SPDX-License-Identifier: BSD-2-Clause
/* The chance of something from how often it happened before. */
#include "pack/report/chance.h"

#include <math.h>

#include "tests/test.h"

static void the_beta_distribution_is_what_it_is_by_hand(void)
{
	/* uniform; x²; 1 - (1-x)²; and 3x² - 2x³ */
	CHECK(fabs(chance_beta_below(1, 1, 0.3) - 0.3) < 1e-12);
	CHECK(fabs(chance_beta_below(2, 1, 0.3) - 0.09) < 1e-12);
	CHECK(fabs(chance_beta_below(1, 2, 0.3) - 0.51) < 1e-12);
	CHECK(fabs(chance_beta_below(2, 2, 0.9) - (3 * 0.81 - 2 * 0.729)) < 1e-12);
	/* the arcsine law */
	CHECK(fabs(chance_beta_below(0.5, 0.5, 0.25) - 1.0 / 3) < 1e-9);
	CHECK(chance_beta_below(3, 4, 0) == 0 && chance_beta_below(3, 4, 1) == 1);
}

static void of_no_trial_it_is_the_guess_and_wide(void)
{
	struct chance chance = chance_of(0, 0, 0.3);

	CHECK(fabs(chance.mean - 0.3) < 1e-12);
	CHECK(chance.low == 0 && chance.high > 0.75 && chance.high < 1);
}

static void trials_draw_it_together(void)
{
	struct chance few = chance_of(1, 4, 0.5), many = chance_of(25, 100, 0.5);

	CHECK(fabs(few.mean - 2.0 / 6) < 1e-12);
	CHECK(fabs(many.mean - 26.0 / 102) < 1e-12);
	CHECK(many.high - many.low < (few.high - few.low) / 3);
	CHECK(many.low < 0.25 && many.high > 0.25);
	/* what never or always happened may do so for good, and need not */
	CHECK(chance_of(0, 50, 0.3).low == 0 && chance_of(0, 50, 0.3).high > 0.02);
	CHECK(chance_of(50, 50, 0.3).high == 1 && chance_of(50, 50, 0.3).low < 0.98);
}

int main(void)
{
	RUN(the_beta_distribution_is_what_it_is_by_hand);
	RUN(of_no_trial_it_is_the_guess_and_wide);
	RUN(trials_draw_it_together);
	return test_end();
}
