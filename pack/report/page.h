/* SPDX-License-Identifier: BSD-2-Clause */
/* The page that a report is: pack/report/report.html, which the build makes pack/report/page.c of. */
#ifndef PACK_REPORT_PAGE_H
#define PACK_REPORT_PAGE_H

extern const char report_page[];

#endif
