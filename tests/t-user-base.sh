#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Layers over a base that is replaced, by a plain user: every byte is the new base's or the instance's own, where both
# bases are directories of the same disk.
# shellcheck disable=SC2034 # for tests/prod.sh
prod_by_user=1
# shellcheck source=tests/t-prod-base.sh
. "${srcdir:-.}/tests/t-prod-base.sh"
