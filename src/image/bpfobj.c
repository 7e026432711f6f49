/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/bpfobj.h"
