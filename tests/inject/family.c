/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes a program in as many ways as there are. family PROGRAM [ARG...]: a child made by posix_spawn(), and one by
 * fork() whose second thread does it, each with a signal handled meanwhile; at last this process does. The number of
 * signals seen, 2, is printed in between.
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static volatile sig_atomic_t seen;
static char **command;

static void on_signal(int sig)
{
	(void)sig;
	seen++;
}

static void *execute(void *arg)
{
	(void)arg;
	execv(command[0], command);
	_exit(126);
}

static void spawn(void)
{
	pid_t pid;

	if (!posix_spawn(&pid, command[0], NULL, NULL, command, environ))
		waitpid(pid, NULL, 0);
}

static void from_thread(void)
{
	pid_t pid = fork();
	pthread_t t;

	if (!pid) {
		pthread_create(&t, NULL, execute, NULL);
		pthread_join(t, NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	command = argv + 1;
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	spawn();
	raise(SIGUSR1);
	from_thread();
	printf("seen %d\n", (int)seen);
	fflush(stdout);
	execute(NULL);
}
