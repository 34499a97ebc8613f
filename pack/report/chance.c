// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/chance.h"

#include <math.h>

/*
 * The continued fraction of the incomplete beta function, by Lentz's method: Abramowitz and Stegun 26.5.8.
 * It converges fast where x < (a + 1) / (a + b + 2).
 */
static double fraction(double a, double b, double x)
{
	const double tiny = 1e-300, enough = 1e-13;
	double c = 1, d = 1 - (a + b) * x / (a + 1), value;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	value = d;
	for (int i = 1; i < 500; i++) {
		double m = i, even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double before = value;

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		value *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		value *= d * c;
		if (fabs(value / before - 1) < enough)
			break;
	}
	return value;
}

double chance_beta_below(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x > 0;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a
					 : 1 - front * fraction(b, a, 1 - x) / b;
}

/* The x below which this part lies. */
static double quantile(double a, double b, double part)
{
	double low = 0, high = 1;

	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (chance_beta_below(a, b, middle) < part)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

struct chance chance_of(uint64_t happened, uint64_t trials, double guess)
{
	double a = (double)happened + CHANCE_WEIGHT * guess;
	double b = (double)(trials - happened) + CHANCE_WEIGHT * (1 - guess);

	/* what never or always happened may go on like that */
	return (struct chance){a / (a + b), happened ? quantile(a, b, 0.025) : 0,
			       trials && happened == trials ? 1 : quantile(a, b, 0.975)};
}
