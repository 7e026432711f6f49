# SPDX-License-Identifier: BSD-2-Clause
# Everything is done by tools/; this names it. See README.md.
#
#   make                          build
#   make demo                     set up, build, run both examples, here or in a guest
#   make check [T=recursion]      set up, build, run every test
#   make check-long               what takes minutes: more programs traced whole, more cycles
#   make check-kernels [K=6.1] [T=recursion] [ARCH=arm64] [E=split]
#   make bench                    trampolines beside some written by hand, the JIT's code beside the compiler's,
#                                 maps beside plain C, sessions in processes beside uftrace and uprobes
#   make bench-kernels [K=6.1]    overhead and attach times
#   make install [prefix=/usr/local] [DESTDIR=]
prefix ?= /usr/local

all:
	@tools/build

setup:
	@tools/setup

demo: setup all
	@tools/demo

check: setup all
	@tools/check $(if $(T),-t '$(T)')

check-long: setup all
	@LONG=1 tools/run-tap -b native inject

check-kernels: setup all
	@tools/check-kernels $(if $(K),-k $(K)) $(if $(T),-t '$(T)') $(if $(ARCH),--arch $(ARCH)) $(if $(E),-e $(E))

bench: setup all
	@meson test -C build --benchmark --verbose

bench-kernels: setup all
	@tools/bench-kernels $(if $(K),-k $(K)) $(if $(ARCH),--arch $(ARCH))

install: all
	@meson configure build -Dprefix=$(prefix)
	@DESTDIR='$(DESTDIR)' meson install -C build --quiet

clean:
	rm -rf build build-*

distclean: clean
	rm -rf .cache

.PHONY: all setup demo check check-long check-kernels bench bench-kernels install clean distclean
