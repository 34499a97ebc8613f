/* SPDX-License-Identifier: BSD-2-Clause */
/* The takers that rows of the table of options name; see option_take. */
#ifndef STAGE_SPEC_TAKE_H
#define STAGE_SPEC_TAKE_H

#include "stage/spec/options.h"

/* With the offset of a bool, a const char *, a spec_strings; of an owned string, of a uint64_t. */
option_take take_flag, take_word, take_words, take_text, take_path, take_size, take_pids,
    take_weight;
/* The option with its value, as tracepack build has it, into asked->packer. */
option_take take_packer;

/* One member of the spec each. */
option_take take_env, take_env_file, take_user, take_hostname, take_volume, take_tmpfs,
    take_network, take_publish, take_memory, take_cpus, take_rate, take_ulimit, take_capability,
    take_device, take_seccomp, take_ready, take_http_probe, take_health, take_idle, take_instances, take_per, take_restart, take_timeout, take_grace,
    take_runtime;

/* Members of asked->access. */
option_take take_tls_verify, take_credentials, take_platform;

/* SFC_STATE for us and whom we start. */
option_take take_state;

#endif
