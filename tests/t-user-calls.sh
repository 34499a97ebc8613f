#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod of a plain user killed, or failed by the kernel, at one system call after the other: the same claims as
# root's, by somebody who makes a namespace first. Some calls of each claim here; SFC_TEST_LONG=1 tries many more.
# shellcheck disable=SC2034 # for tests/prod.sh
prod_by_user=yes claims_of=t-prod-calls.sh
# shellcheck source=tests/t-prod-calls.sh
. "${srcdir:-.}/tests/t-prod-calls.sh"
