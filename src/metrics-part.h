/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Between metrics.c and metrics-print.c.
 */
#ifndef METRICS_PART_H
#define METRICS_PART_H

#include "metrics.h"

/* "agent_starts" */
const char *metrics_counter_name(enum metric_counter counter);

#endif
