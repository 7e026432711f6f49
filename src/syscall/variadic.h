/* SPDX-License-Identifier: BSD-2-Clause */
/* What open(), ioctl() and syscall() of libc get behind their named arguments; read whether it was given or not. */
#ifndef FS_SYSCALL_VARIADIC_H
#define FS_SYSCALL_VARIADIC_H

#include <stdarg.h>

/* The first one behind @last */
#define NEXT_ARG(type, last)                                                                       \
	({                                                                                         \
		va_list ap_;                                                                       \
		type arg_;                                                                         \
												   \
		va_start(ap_, last);                                                               \
		arg_ = va_arg(ap_, type);                                                          \
		va_end(ap_);                                                                       \
		arg_;                                                                              \
	})

/* The system call's arguments behind its number; for functions without AddressSanitizer. */
#define SIX_ARGS(a, nr)                                                                            \
	do {                                                                                       \
		va_list ap_;                                                                       \
												   \
		va_start(ap_, nr);                                                                 \
		for (int i_ = 0; i_ < 6; i_++)                                                     \
			(a)[i_] = va_arg(ap_, long);                                               \
		va_end(ap_);                                                                       \
	} while (0)

#endif
