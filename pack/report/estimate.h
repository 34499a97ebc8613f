/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much testing has not seen yet, estimated from how the runs overlap: files that only one run
 * used are the sign that others are still to come. Runs are samples, files are species, and the
 * question is an old one of ecology:
 *
 * - Chao2, a lower bound of the number of unseen species from incidence counts, with its variance and
 *   log-normal interval: A. Chao, "Estimating the population size for capture-recapture data with
 *   unequal catchability", Biometrics 43 (1987); the bias-corrected form where nothing was seen twice.
 * - Good-Turing sample coverage for incidence data, the chance that the next use is of a file seen
 *   already: A. Chao and L. Jost, Ecology 93 (2012), equation 4a in its incidence form.
 *
 * Both assume that runs are alike in kind; a test suite whose every run exercises another feature
 * breaks that, and then the numbers are too low. tracepack(1) says so.
 */
#ifndef PACK_REPORT_ESTIMATE_H
#define PACK_REPORT_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/text.h"

struct estimate {
	size_t runs;        /* below 2 nothing can be said, and the rest is 0 */
	uint64_t seen;      /* files */
	uint64_t once;      /* seen in exactly one run */
	uint64_t twice;     /* in exactly two */
	double unseen;      /* Chao2 */
	double unseen_low;  /* 95 % interval */
	double unseen_high;
	double coverage;    /* Good-Turing, 0 to 1 */
};

/* counts[k]: how many files were used in exactly k of the runs, for k from 1 to runs. */
void estimate_compute(const uint64_t *counts, size_t runs, struct estimate *ret_estimate);

/* "still unseen, estimated: 0 to 3 files (Chao2, 95 %)", or why nothing can be said. */
void estimate_sentence(const struct estimate *estimate, struct text *text);

#endif
