/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The process between a tmux pane and an agent: `teamctl shim ID ENV LAUNCH
 * [GENERATION]`.
 *
 * It reads the env file and the launch file (both envfile.h), becomes a
 * sub-reaper, starts the agent in a process group of its own as the terminal's
 * foreground group, writes the record (record.h) once its exec has succeeded,
 * waits, ends whatever the agent left behind, writes the record again and
 * exits as the agent did (128 + n for signal n).
 *
 * On HUP or TERM it ends the whole tree below it: the kill signal and CONT,
 * after kill-after KILL, until no child is left.  A second TERM: KILL at once.
 * INT, QUIT, TSTP, TTOU and TTIN are ignored.  A stop of the agent by SIGSTOP
 * holds; one by C-z in an attached terminal is undone.
 *
 * When the agent never ran: exit 127 (no such program), 126 (not runnable) or
 * 125 (a file, a folder or a limit is wrong), why on the terminal and in the
 * record.
 *
 * Keys of the launch file, each once unless said otherwise:
 *   CWD, RECORD, TEAM, GENERATION, ATTEMPT, KILL_SIGNAL, KILL_AFTER_MS
 *                (KILL_SIGNAL as a number)
 *   ARG          repeated: the argv of the agent
 *   NOTIFY       path of a FIFO (may be absent, or have no reader)
 *   NOFILE, CPU_SECS   rlimits, when given
 *   CGROUP       1: it gets a cgroup of its own, where that can be had
 *   MEMORY_MAX   bytes that the kernel lets that one have
 *   FP           repeated: "name=digest", copied into the record
 *
 * GENERATION as an argument wins over the file's: a command that was killed may
 * have left a start to the tmux server while the next one replaces the file,
 * and the record must agree with the mark on the pane.  A shim waits until no
 * other shim of its agent is left (a lock beside the record).
 *
 * OOM_KILLS is what os_oom_kills said before: it is read once for all that are
 * started together.
 *
 * Lines written to NOTIFY, shorter than PIPE_BUF: "start ID GENERATION",
 * "fail ID GENERATION", "exit ID GENERATION".  They only wake the reader; the
 * record is the truth.
 *
 * The agent's environment: the pane's, then the env file, then
 * TEAMCTL_RUN=TEAM/ID/GENERATION, by which strays are found, and
 * TEAMCTL_TOKEN=ID/HEX, made anew for each start and written into the record,
 * by which it is known who asks (inside.h).
 */
#ifndef SHIM_H
#define SHIM_H

#define SHIM_MARKER "TEAMCTL_RUN"
#define SHIM_TOKEN "TEAMCTL_TOKEN"
#define SHIM_LOCK ".lock" /* what its lock has after the name of the record */

/*
 * argv: ID ENV LAUNCH [GENERATION [OOM_KILLS]].  Returns the exit status of the
 * process.
 */
int shim_main(int argc, char **argv);

#endif
