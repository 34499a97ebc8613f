/* SPDX-License-Identifier: BSD-2-Clause */
/* Being told to end, for what can stop in the middle and clean up after itself. */
#ifndef STAGE_CANCEL_H
#define STAGE_CANCEL_H

/* SIGINT, SIGTERM and SIGHUP end nothing from now on, but make *the result non-zero. */
const volatile int *cancel_begin(void);
/* They end us again at once. */
void cancel_end(void);
/* The one that came meanwhile; 0: none. */
int cancel_signal(void);

#endif
