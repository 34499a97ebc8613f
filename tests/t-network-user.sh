#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Networks of a plain user: the same claims as root's, by somebody who may do nothing but what a fresh account may.
prod_by_user=yes
# shellcheck source=tests/t-network.sh
. "${srcdir:-.}/tests/t-network.sh"
