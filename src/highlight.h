/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The selection of a dialog that shows it by colour alone.  Pure.
 */
#ifndef HIGHLIGHT_H
#define HIGHLIGHT_H

#include "strvec.h"

/*
 * Which of the options, which stand in the text in this order, has another
 * background than the rest of their lines.  screen: with the escape codes of
 * colours (capture-pane -e); the options are those that stand lowest.  -1: not
 * just one of them, or they are not all there.
 */
int highlight_find(const char *screen, const struct strvec *options);

#endif
