// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/text.h"

static const char *program_name = "sfc-tools";
static enum log_level shown_level = LOG_NORMAL;

/* Guards what follows and the order of bar and lines on stderr. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bar_visible;
static int64_t bar_started_ms, bar_drawn_ms;
static const char *bar_what;

void log_init(const char *program, enum log_level level)
{
	program_name = program;
	shown_level = level;
}

enum log_level log_level_now(void)
{
	return shown_level;
}

static void bar_wipe(void)
{
	if (bar_visible)
		fputs("\r\033[K", stderr);
	bar_visible = false;
}

__attribute__((format(printf, 2, 0))) static void line(const char *kind, const char *format, va_list args)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char *message;

	if (vasprintf(&message, format, args) < 0)
		return;
	text_add_plain(&text, message);
	free(message);
	pthread_mutex_lock(&lock);
	bar_wipe();
	fprintf(stderr, "%s: %s%s\n", program_name, kind, text.bytes);
	pthread_mutex_unlock(&lock);
}

#define LINE_IF(condition, kind)                                                                   \
	do {                                                                                       \
		va_list args;                                                                      \
		if (!(condition))                                                                  \
			return;                                                                    \
		va_start(args, format);                                                            \
		line(kind, format, args);                                                          \
		va_end(args);                                                                      \
	} while (0)

void log_error(const char *format, ...)
{
	LINE_IF(true, "");
}

void log_warning(const char *format, ...)
{
	LINE_IF(true, "warning: ");
}

void log_note(const char *format, ...)
{
	LINE_IF(shown_level >= LOG_NORMAL, "");
}

void log_verbose(const char *format, ...)
{
	LINE_IF(shown_level >= LOG_VERBOSE, "");
}

void log_debug(const char *format, ...)
{
	LINE_IF(shown_level >= LOG_DEBUG, "");
}

static void bar_draw(const char *what, uint64_t done, uint64_t total, int64_t elapsed_ms)
{
	enum { WIDTH = 30 };
	static const char full[] = "##############################";
	static const char empty[] = "------------------------------";
	_cleanup_(text_release) struct text text = TEXT_INIT;
	double part = total ? (double)done / (double)total : 1.0;
	int filled;

	if (part > 1.0)
		part = 1.0;
	filled = (int)(part * WIDTH);
	text_printf(&text, "\r\033[K%-7s [%.*s%.*s] %3d%%  ", what, filled, full, WIDTH - filled,
		    empty, (int)(part * 100));
	if (elapsed_ms > 500) {
		text_add_size(&text, (uint64_t)((double)done * 1000.0 / (double)elapsed_ms));
		text_add(&text, "/s");
		if (part > 0.01)
			text_printf(&text, "  %.0f s left",
				    (double)elapsed_ms / 1000.0 * (1.0 - part) / part);
	}
	fputs(text.bytes, stderr);
	fflush(stderr);
	bar_visible = true;
}

void progress_show(const char *what, uint64_t done, uint64_t total)
{
	int64_t now = clock_steady_ms();

	if (shown_level == LOG_QUIET || !isatty(STDERR_FILENO))
		return;
	pthread_mutex_lock(&lock);
	if (!bar_what || strcmp(bar_what, what) != 0) {
		bar_what = what;
		bar_started_ms = now;
		bar_drawn_ms = 0;
	}
	if (now - bar_drawn_ms >= 100) {
		bar_draw(what, done, total, now - bar_started_ms);
		bar_drawn_ms = now;
	}
	pthread_mutex_unlock(&lock);
}

void progress_done(void)
{
	pthread_mutex_lock(&lock);
	bar_wipe();
	bar_what = NULL;
	pthread_mutex_unlock(&lock);
}
