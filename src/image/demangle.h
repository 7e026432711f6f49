/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of C++ and Rust functions as their programmers know them. */
#ifndef FS_IMAGE_DEMANGLE_H
#define FS_IMAGE_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * "shop::item::price" of "_ZNK4shop4item5priceE...", or with the types of its parameters behind it; "@0x1234"
 * and "@VERSION", as in usym.name, are kept. malloc()ed; NULL if @name is none of these.
 */
char *demangle(const char *name, bool with_params);

#endif
