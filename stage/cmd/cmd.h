/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions that the table of commands names, a file of its name each. */
#ifndef STAGE_CMD_CMD_H
#define STAGE_CMD_CMD_H

#include <jansson.h>

#include "db/base/text.h"
#include "pack/oci/reference.h"
#include "stage/cmd/command.h"

struct state;

/* A plain user goes where he is root, stage/mount/user.h: before anything that is mounted or started. */
int cmd_enter(struct error *err);
/* The state, from there. */
int cmd_state_open(struct state **ret_state, struct error *err);
/* From where we are: for who reads the database and files of ours, and mounts and starts nothing. */
int cmd_state_look(struct state **ret_state, struct error *err);

/* --network app:APP/I: from now on it is one that stays, wherever the state is open again later. */
int cmd_hold_network(struct asked *asked, struct error *err);

/* Can this machine trace what is asked? */
int cmd_check_tracing(const struct spec *spec, struct error *err);
/* What -o names can be written. *ret_image, all zero before: it, taken apart; to be released in any case. */
int cmd_check_output(const struct asked *asked, struct reference *ret_image, struct error *err);
/* In the child of namespace_run(): signals end us again as any program. */
void cmd_unblock_signals(void);
/* Lines that begin with "warning: ", and others. */
void cmd_say_warnings(struct text *warnings);

int cmd_complete(const struct sfc_command *command, int argc, char **argv);
int cmd_dev_commit(const struct sfc_command *command, struct asked *asked);
int cmd_dev_create(const struct sfc_command *command, struct asked *asked);
int cmd_dev_diff(const struct sfc_command *command, struct asked *asked);
int cmd_dev_exec(const struct sfc_command *command, struct asked *asked);
int cmd_dev_export(const struct sfc_command *command, struct asked *asked);
int cmd_dev_import(const struct sfc_command *command, struct asked *asked);
int cmd_dev_info(const struct sfc_command *command, struct asked *asked);
int cmd_dev_list(const struct sfc_command *command, struct asked *asked);
int cmd_dev_log(const struct sfc_command *command, struct asked *asked);
int cmd_dev_repair(const struct sfc_command *command, struct asked *asked);
int cmd_dev_reset(const struct sfc_command *command, struct asked *asked);
int cmd_dev_rm(const struct sfc_command *command, struct asked *asked);
int cmd_dev_shell(const struct sfc_command *command, struct asked *asked);
int cmd_doctor(const struct sfc_command *command, struct asked *asked);
int cmd_export(const struct sfc_command *command, int argc, char **argv);
/* The tracefs that goes into images; the caller frees. */
int cmd_find_tracefs(char **ret_path, struct error *err);
int cmd_instrument(const struct sfc_command *command, struct asked *asked);
/* sfc instrument --compose or --kubernetes, which write how to start. */
int cmd_instrument_start(const struct sfc_command *command, struct asked *asked);
/* -o of what is written for others to start: it is not there yet; the objects of a list, a document each. */
int cmd_check_documents(const struct asked *asked, struct error *err);
int cmd_write_documents(const json_t *list, const struct asked *asked, struct error *err);
int cmd_manual(const struct sfc_command *command, int argc, char **argv);
int cmd_pack(const struct sfc_command *command, struct asked *asked);
int cmd_prod_boot_down(const struct sfc_command *command, struct asked *asked);
int cmd_prod_boot_up(const struct sfc_command *command, struct asked *asked);
int cmd_prod_checkpoint(const struct sfc_command *command, struct asked *asked);
int cmd_prod_debug(const struct sfc_command *command, struct asked *asked);
int cmd_prod_disable(const struct sfc_command *command, struct asked *asked);
int cmd_prod_enable(const struct sfc_command *command, struct asked *asked);
int cmd_prod_hold(const struct sfc_command *command, struct asked *asked);
int cmd_prod_wake(const struct sfc_command *command, struct asked *asked);
int cmd_prod_rest(const struct sfc_command *command, struct asked *asked);
int cmd_prod_ended(const struct sfc_command *command, struct asked *asked);
int cmd_prod_exec(const struct sfc_command *command, struct asked *asked);
int cmd_prod_health(const struct sfc_command *command, struct asked *asked);
int cmd_prod_inspect(const struct sfc_command *command, struct asked *asked);
int cmd_prod_install(const struct sfc_command *command, struct asked *asked);
int cmd_prod_list(const struct sfc_command *command, struct asked *asked);
int cmd_prod_logs(const struct sfc_command *command, struct asked *asked);
int cmd_prod_misses(const struct sfc_command *command, struct asked *asked);
int cmd_prod_own(const struct sfc_command *command, struct asked *asked);
int cmd_prod_restart(const struct sfc_command *command, struct asked *asked);
int cmd_prod_restore(const struct sfc_command *command, struct asked *asked);
int cmd_prod_rm(const struct sfc_command *command, struct asked *asked);
int cmd_prod_rollback(const struct sfc_command *command, struct asked *asked);
int cmd_prod_start(const struct sfc_command *command, struct asked *asked);
int cmd_prod_stats(const struct sfc_command *command, struct asked *asked);
int cmd_prod_stop(const struct sfc_command *command, struct asked *asked);
int cmd_prod_unit_start(const struct sfc_command *command, struct asked *asked);
int cmd_prod_unit_stop(const struct sfc_command *command, struct asked *asked);
int cmd_prod_update(const struct sfc_command *command, struct asked *asked);
int cmd_prod_wanted(const struct sfc_command *command, struct asked *asked);
int cmd_run(const struct sfc_command *command, struct asked *asked);
int cmd_sign(const struct sfc_command *command, struct asked *asked);
int cmd_slim(const struct sfc_command *command, struct asked *asked);
int cmd_slim_traces(const struct sfc_command *command, struct asked *asked);
int cmd_status(const struct sfc_command *command, struct asked *asked);
int cmd_test(const struct sfc_command *command, struct asked *asked);
int cmd_test_debug(const struct sfc_command *command, struct asked *asked);
int cmd_test_exec(const struct sfc_command *command, struct asked *asked);
int cmd_test_mount(const struct sfc_command *command, struct asked *asked);
int cmd_test_report(const struct sfc_command *command, struct asked *asked);
int cmd_test_rm(const struct sfc_command *command, struct asked *asked);
int cmd_test_start(const struct sfc_command *command, struct asked *asked);
int cmd_test_stop(const struct sfc_command *command, struct asked *asked);
int cmd_test_umount(const struct sfc_command *command, struct asked *asked);
int cmd_verify(const struct sfc_command *command, struct asked *asked);
/* A package beside its root, as cmd_verify() compares them; *ret_status: what sfc verify would exit with. */
int cmd_verify_there(const struct sfc_command *command, struct asked *asked, const char *package, const char *root,
		     int *ret_status, struct error *err);
int cmd_version(const struct sfc_command *command, int argc, char **argv);

#endif
