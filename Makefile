# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# GNU make.  Nothing is configured: libraries come from pkg-config, settings
# from the command line or from config.mak (not in the repository).
# `make help` lists the targets.

VERSION = 0.1.0

-include config.mak

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/teamctl
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

CC ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
INSTALL ?= install
NM ?= nm
PROVE ?= prove
# Most of a test is waiting: more of them than there are processors.
PROVEFLAGS ?= -j4
VALGRIND ?= valgrind -q --error-exitcode=99 --leak-check=full \
	--child-silent-after-fork=yes \
	--suppressions=$(abspath t/tools/valgrind.supp)
FUZZ_SECONDS ?= 5

# `make sanitize check` runs the suite of a build with sanitizers (SAN=1).
ifneq ($(filter sanitize,$(MAKECMDGOALS)),)
SAN = 1
endif

ifdef SAN
O ?= build/sanitize
SAN_FLAGS = -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
endif

# O=DIR: where all output goes.  Without it the binary is bin/teamctl.
ifdef O
TEAMCTL = $(O)/teamctl
else
O = build
TEAMCTL = bin/teamctl
endif

OS := $(shell uname -s | tr A-Z a-z)
PACKAGES = yaml-0.1 jansson libmd libevent_extra libevent_core
TEST_PROGRAMS = fake-agent

# All of them; src/layers names the layer of each, for `make lint`.
STEMS = $(filter-out os-%,$(patsubst src/%.c,%,$(wildcard src/*.c))) os-$(OS)

objs = $(addprefix $(O)/obj/,$(addsuffix .o,$(1)))
OBJS = $(call objs,$(STEMS))

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wwrite-strings -Wpointer-arith -Wundef \
	-Wformat=2 -Wswitch-enum $(if $(DEV),-Werror)
DEFINES = -D_POSIX_C_SOURCE=200809L
# For tests only: sources find their headers beside them, and a folder on the
# path would put src/limits.h before the one that gcc's own limits.h goes on to.
TEST_DIRS = -iquote src -iquote t/unit
COMPILE = $(CC) -std=c11 $(DEFINES) $(PKG_CFLAGS) $(WARN) $(SAN_FLAGS) \
	$(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(SAN_FLAGS) $(CFLAGS) $(LDFLAGS)

# V=1 shows whole command lines.
ifndef V
Q = @printf '%-4s %s\n' $(1) $@;
endif

# Only files that name version or folder depend on them.  A tarball has no
# .git and is VERSION; a clone without a tag is VERSION+commit.
DESCRIBED := $(if $(wildcard .git),$(shell git describe --tags --always \
	--dirty --match 'v*' 2>/dev/null))
FULL_VERSION = $(or $(patsubst v%,%,$(filter v%,$(DESCRIBED))),$(VERSION)$(DESCRIBED:%=+%))
VERSIONED := $(shell grep -lE 'TEAMCTL_(VERSION|DATADIR)' src/*.c)
VERSIONED_OBJS = $(call objs,$(patsubst src/%.c,%,$(VERSIONED)))

# There is an exec for each agent, and four shared libraries are a quarter of
# what it costs: their archives are linked where there are any (STATIC=no: not).
archive = $(or $(filter /%,$(if $(filter -l%,$(1)),$(shell \
	$(CC) -print-file-name=$(1:-l%=lib%.a)))),$(1))

# Goals that work without compiler and libraries.
TOOLLESS = help clean setup check demo dist uninstall sanitize fuzz fuzz-smoke
ifneq ($(filter-out $(TOOLLESS),$(or $(MAKECMDGOALS),all)),)
ifneq ($(shell $(PKG_CONFIG) --exists $(PACKAGES) && echo yes),yes)
$(error a library of $(PACKAGES) or $(PKG_CONFIG) is missing: run 'make setup')
endif
ifeq ($(wildcard src/os-$(OS).c),)
$(error teamctl has not been ported to $(OS) yet: there is no src/os-$(OS).c)
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES))
# `teamctl top` wants it; without it, it says so.
ifeq ($(shell $(PKG_CONFIG) --exists ncursesw && echo yes),yes)
$(O)/obj/topscreen.o: DEFINES = -DHAVE_NCURSES $(shell $(PKG_CONFIG) --cflags-only-I ncursesw)
LIBS += $(shell $(PKG_CONFIG) --libs ncursesw)
endif
ifneq ($(STATIC),no)
LIBS := $(foreach l,$(LIBS),$(call archive,$(l)))
endif
endif

all: $(TEAMCTL) ## build bin/teamctl (O=DIR: DIR/teamctl)

$(TEAMCTL): $(OBJS)
	@mkdir -p $(@D)
	$(call Q,LD)$(LINK) -o $@ $(OBJS) $(LIBS)

$(O)/obj/%.o: src/%.c $(O)/flags
	@mkdir -p $(@D)
	$(call Q,CC)$(COMPILE) -MMD -MP -c -o $@ $<

$(VERSIONED_OBJS): DEFINES += -DTEAMCTL_VERSION='"$(FULL_VERSION)"' \
	-DTEAMCTL_DATADIR='"$(subst ','\'',$(DATADIR))"'
$(VERSIONED_OBJS): $(O)/version

# Rewritten only when the text differs, so that it is as old as the last change.
define stamp
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(1))' | cmp -s - $@ || \
		echo '$(subst ','\'',$(1))' >$@
endef
$(O)/flags: FORCE
	$(call stamp,$(COMPILE) $(LINK) $(LIBS))
$(O)/version: FORCE
	$(call stamp,$(FULL_VERSION) $(DATADIR))

# Unit tests: t/unit/u-NAME.c names its objects in a comment and is included
# by a main that t/tools/unit-main finds its test functions for.
UNITS := $(or $(U),$(patsubst t/unit/%.c,%,$(wildcard t/unit/u-*.c)))
UNIT_TESTS = $(UNITS:%=$(O)/t/%.t)
UNIT_OBJS := $(shell awk '/\/\* objs: / && FNR < 20 { on = 1 } on { \
	f = FILENAME; gsub(/.*\/|\.c$$/, "", f); \
	for (i = 1; i <= NF; i++) if ($$i ~ /^[a-z][a-z0-9-]*$$/) \
		print f ":" $$i ($$i == "os" ? "\n" f ":os-$(OS)" : "") } \
	/\*\// { on = 0 }' \
	$(wildcard t/unit/u-*.c t/fuzz/f-*.c) t/journal-writer.c </dev/null)
unit_objs = $(call objs,$(patsubst $(1):%,%,$(filter $(1):%,$(UNIT_OBJS))))

define unit_rule
$(O)/t/$(1).t: $(O)/t/$(1).o $(call unit_objs,$(1))
	$$(call Q,LD)$$(LINK) -o $$@ $$^ $$(LIBS)
endef
$(foreach u,$(UNITS),$(eval $(call unit_rule,$(u))))

$(O)/t/%.main.c: t/unit/%.c t/tools/unit-main
	@mkdir -p $(@D)
	@t/tools/unit-main $< >$@.tmp
	@mv $@.tmp $@
$(O)/t/%.o: $(O)/t/%.main.c $(O)/flags
	$(call Q,CC)$(COMPILE) $(TEST_DIRS) -MMD -MP -c -o $@ $<
.SECONDARY:

# They are not what is tested, and a sanitizer takes its time to start.
PROGRAMS = $(TEST_PROGRAMS:%=$(O)/t/%)
$(PROGRAMS): $(O)/t/%: t/%.c $(O)/flags
	@mkdir -p $(@D)
	$(call Q,CC)$(filter-out $(SAN_FLAGS),$(COMPILE)) -MMD -MP -MF $@.d -o $@ $< $(LDFLAGS)

TEST_ENV = BUILD="$(abspath $(O))" TEAMCTL_BIN="$(abspath $(TEAMCTL))" \
	NM="$(NM)" TEST_SLOW=$(if $(SAN),3,1)

setup: ## install the packages that are missing (apt, dnf or brew)
	bin/setup

check: ## build and run all tests, after installing what is missing
	bin/setup
	$(MAKE) SAN=$(SAN) check-all

check-all: all $(UNIT_TESTS) programs
	$(TEST_ENV) $(PROVE) $(PROVEFLAGS) t $(UNIT_TESTS)

check-unit: $(UNIT_TESTS) ## run the unit tests (U=u-NAME: only that)
	$(TEST_ENV) $(PROVE) $(PROVEFLAGS) $(UNIT_TESTS)

check-shell: all programs ## run the shell tests (T=t/NNNN-x.t: only those)
	$(TEST_ENV) $(PROVE) $(PROVEFLAGS) $(or $(T),t)

check-long: all programs ## the supervisor: 500 kills at random instants, 10000 restarts
	$(TEST_ENV) KILLS=500 t/8001-kill9-supervisor.t
	$(TEST_ENV) CYCLES=10000 t/8002-restart-cycles.t

# The one that names objects as unit tests do.
$(O)/t/journal-writer: t/journal-writer.c $(call unit_objs,journal-writer) \
		$(O)/flags
	@mkdir -p $(@D)
	$(call Q,LD)$(COMPILE) $(TEST_DIRS) -o $@ $< \
		$(call unit_objs,journal-writer) $(LDFLAGS) $(LIBS)

programs: $(PROGRAMS) $(O)/t/journal-writer fuzzers

sanitize: check ## the tests on a build with address and undefined sanitizers

# Each process writes its findings to a file; none may have any.
VALGRIND_LOGS = $(abspath $(O))/valgrind
VALGRIND_TESTS = $(filter-out t/1103-% t/2000-%,$(wildcard t/1*.t t/2*.t)) \
	$(wildcard t/4000-*.t t/4001-*.t t/4005-*.t)
VALGRIND_PATH = $(shell command -v $(firstword $(VALGRIND)))
valgrind: all $(UNIT_TESTS) programs ## unit tests and some shell tests under valgrind
	rm -rf $(VALGRIND_LOGS)
	mkdir -p $(VALGRIND_LOGS)
	chmod 1777 $(VALGRIND_LOGS)
	printf '#!/bin/sh\nexec %s "%s" "$$@"\n' "$(VALGRIND:valgrind=$(VALGRIND_PATH)) \
		--log-file=$(VALGRIND_LOGS)/%p" "$(abspath $(TEAMCTL))" \
		>$(VALGRIND_LOGS)/teamctl
	chmod +x $(VALGRIND_LOGS)/teamctl
	$(PROVE) $(PROVEFLAGS) -e '$(VALGRIND) --trace-children=no' $(UNIT_TESTS)
	$(TEST_ENV) TEAMCTL_BIN=$(VALGRIND_LOGS)/teamctl TEST_SLOW=10 \
		$(PROVE) $(PROVEFLAGS) $(VALGRIND_TESTS)
	rm $(VALGRIND_LOGS)/teamctl
	@! cat $(VALGRIND_LOGS)/* | grep '^=='

lint: all ## check what a script can: layers, purity, calls, scripts, man pages
	$(TEST_ENV) t/tools/lint

golden: all ## rewrite the golden files; look at the diff
	$(TEST_ENV) GOLDEN=1 $(PROVE) $(PROVEFLAGS) $(shell grep -lw GOLDEN t/*.t)

bench: all programs ## measure, beside a baseline (B=t/bench/pNNNN-x.sh)
	@for b in $(or $(B),$(wildcard t/bench/p*.sh)); do \
		$(TEST_ENV) $$b || exit 1; done

# Fuzzing: t/fuzz/f-NAME.c are libFuzzer targets that name their objects as
# unit tests do; t/fuzz/seeds/NAME/ holds what they begin with.  Built with a
# main of our own they run the seeds in every `make check`.
FUZZERS = $(patsubst t/fuzz/%.c,%,$(wildcard t/fuzz/f-*.c))
FUZZ_MAIN = t/fuzz/replay.c
FUZZ_DIR = $(O)/fuzz

define fuzz_rule
$(O)/$(1): t/fuzz/$(1).c t/fuzz/fuzz.h t/fuzz/replay.c $(call unit_objs,$(1)) \
		$$(O)/flags
	$$(call Q,LD)$$(COMPILE) $$(TEST_DIRS) $$(FUZZ_MAIN) -o $$@ $$< \
		$(call unit_objs,$(1)) $$(LDFLAGS) $$(LIBS)
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzz_rule,$(f))))
fuzzers: $(FUZZERS:%=$(O)/%)

FUZZ_MAKE = $(MAKE) O=$(FUZZ_DIR) CC=clang CFLAGS="-O1 -g" \
	SAN_FLAGS="-fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all" FUZZ_MAIN=-fsanitize=fuzzer
FUZZ_FLAGS = -timeout=10 -rss_limit_mb=1024 -artifact_prefix=$(FUZZ_DIR)/

fuzz-smoke: ## each fuzzer for FUZZ_SECONDS (with clang)
	+$(FUZZ_MAKE) fuzzers
	@for f in $(FUZZERS); do \
		mkdir -p $(FUZZ_DIR)/corpus/$$f || exit 1; \
		$(FUZZ_DIR)/$$f $(FUZZ_FLAGS) -max_total_time=$(FUZZ_SECONDS) \
		    $(FUZZ_DIR)/corpus/$$f t/fuzz/seeds/$${f#f-} \
		    >$(FUZZ_DIR)/$$f.log 2>&1 || \
		    { tail -60 $(FUZZ_DIR)/$$f.log; exit 1; }; \
		echo "$$f: $$(grep '^Done' $(FUZZ_DIR)/$$f.log)"; \
	done

fuzz: ## one fuzzer until it finds something: make fuzz F=f-NAME
	+$(FUZZ_MAKE) fuzzers
	mkdir -p $(FUZZ_DIR)/corpus/$(F)
	$(FUZZ_DIR)/$(F) $(FUZZ_FLAGS) $(FUZZ_DIR)/corpus/$(F) \
		t/fuzz/seeds/$(F:f-%=%)

demo: ## a small team up, changed, reloaded and down, on a private tmux server
	bin/setup
	$(MAKE) all programs
	bin/demo

# What is installed, as paths below share/ and man/.
SCRIPTS = $(sort $(wildcard share/wrappers/* share/hooks/*))
DATA = $(sort $(wildcard share/runtimes/* share/prometheus/* share/grafana/*) \
	$(shell find share/templates -type f))
PAGES = $(sort $(wildcard man/*.[1-8]))
installed_page = $(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))/$(notdir $(1))
SCHEMA = $(DATADIR)/teamctl.schema.json

# As a word of the shell, below DESTDIR: folders may have blanks in their names.
there = '$(subst ','\'',$(DESTDIR)$(1))'
define put
	@umask 022 && mkdir -p "$$(dirname $(call there,$(3)))"
	$(INSTALL) -m $(1) $(2) $(call there,$(3))

endef
define put_output
	@umask 022 && mkdir -p "$$(dirname $(call there,$(2)))"
	$(TEAMCTL) $(1) >$(call there,$(2))
	@chmod 644 $(call there,$(2))

endef
install: all ## install below PREFIX (and DESTDIR)
	$(call put,755,$(TEAMCTL),$(BINDIR)/teamctl)
	$(foreach f,$(SCRIPTS),$(call put,755,$(f),$(f:share/%=$(DATADIR)/%)))
	$(foreach f,$(DATA),$(call put,644,$(f),$(f:share/%=$(DATADIR)/%)))
	$(foreach f,$(PAGES),$(call put,644,$(f),$(call installed_page,$(f))))
	$(call put_output,schema,$(SCHEMA))
	$(call put_output,completion bash,$(BASHDIR)/teamctl)
	$(call put_output,completion zsh,$(ZSHDIR)/_teamctl)
	$(call put_output,completion fish,$(FISHDIR)/teamctl.fish)

uninstall: ## remove what install put there
	rm -f $(call there,$(BINDIR)/teamctl) $(call there,$(SCHEMA)) \
		$(call there,$(BASHDIR)/teamctl) \
		$(call there,$(ZSHDIR)/_teamctl) \
		$(call there,$(FISHDIR)/teamctl.fish) \
		$(foreach f,$(SCRIPTS) $(DATA),$(call there,$(f:share/%=$(DATADIR)/%))) \
		$(foreach f,$(PAGES),$(call there,$(call installed_page,$(f))))
	[ ! -d $(call there,$(DATADIR)) ] || \
		find $(call there,$(DATADIR)) -depth -type d -exec rmdir {} \; 2>/dev/null || :

DIST = teamctl-$(VERSION)
dist: ## a tarball of the last commit
	@git rev-parse HEAD >/dev/null
	git archive -9 --prefix=$(DIST)/ -o $(DIST).tar.gz HEAD

clean: ## remove what was built
	rm -rf build bin/teamctl

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | \
		while IFS='	' read -r t h; do printf '%-14s %s\n' "$$t" "$$h"; done

FORCE:
.PHONY: all setup check check-all check-unit check-shell programs sanitize \
	valgrind lint golden bench fuzzers fuzz-smoke fuzz demo install \
	uninstall dist clean help FORCE

-include $(wildcard $(O)/obj/*.d $(O)/t/*.d)
