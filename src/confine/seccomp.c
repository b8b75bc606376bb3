/* SPDX-License-Identifier: ISC */
/* seccomp: a list of what is allowed. Other calls answer ENOSYS, as an older kernel would. Then
 * the C library uses an older call (instead of clone3, and of calls newer than this list). EPERM
 * would be a failure to it, and a kill would end a daemon at the next upgrade of a library. An
 * attacker gains nothing by the reply. Where the kernel's audit is on, each refusal is logged
 * (audit: type=1326). */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine/confine_internal.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* names for memory: glibc 2.38 on */
#endif
#define NAMESPACES                                                                               \
	((uint64_t)(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | \
	    CLONE_NEWUSER | CLONE_NEWUTS))
#define WORD 0xffffffffu     /* of an int: the other half of the register may hold anything */
#define IOCTL_LETTER 0xff00u /* <linux/ioctl.h>: the "type" of a request */

#ifdef __s390__
enum { CLONE_FLAGS = 1 }; /* clone(2) has another order there */
#else
enum { CLONE_FLAGS = 0 };
#endif

/* Allowed when (argument & mask) == value. Of several conditions for a name, one must hold. */
struct condition {
	unsigned group;
	const char *name;
	unsigned argument;
	uint64_t mask, value;
};

static const struct condition conditions[] = {
	{ .name = "socket", .argument = 0, .mask = WORD, .value = AF_UNIX },
	{ .name = "socketpair", .argument = 0, .mask = WORD, .value = AF_UNIX },
	/* No memory that was written becomes code. */
	{ .name = "mmap", .argument = 2, .mask = PROT_EXEC, .value = 0 },
	{ .name = "mmap2", .argument = 2, .mask = PROT_EXEC, .value = 0 },
	{ .name = "mprotect", .argument = 2, .mask = PROT_EXEC, .value = 0 },
	{ .name = "prctl", .argument = 0, .mask = WORD, .value = PR_SET_NAME },
	{ .name = "prctl", .argument = 0, .mask = WORD, .value = PR_SET_VMA },
	{ .name = "prlimit64", .argument = 0, .mask = WORD, .value = 0 },
	{ .name = "ioctl",
	    .argument = 1,
	    .mask = WORD,
	    .value = FIONREAD }, /* libevent's buffers */
	/* VIDIOC_… are _IOWR('V', …) (kernel:
	 * Documentation/userspace-api/ioctl/ioctl-number.rst). */
	{ .group = CONFINE_CAMERA,
	    .name = "ioctl",
	    .argument = 1,
	    .mask = IOCTL_LETTER,
	    .value = 'V' << 8 },
	{ .group = CONFINE_THREADS,
	    .name = "clone",
	    .argument = CLONE_FLAGS,
	    .mask = CLONE_THREAD,
	    .value = CLONE_THREAD },
	{ .group = CONFINE_PROCESSES,
	    .name = "clone",
	    .argument = CLONE_FLAGS,
	    .mask = NAMESPACES,
	    .value = 0 },
	{ .group = CONFINE_PROCESSES,
	    .name = "prctl",
	    .argument = 0,
	    .mask = WORD,
	    .value = PR_SET_PDEATHSIG },
	{ .group = CONFINE_PROCESSES,
	    .name = "prctl",
	    .argument = 0,
	    .mask = WORD,
	    .value = PR_SET_NO_NEW_PRIVS },
};

/* These return a count, or a negative errno. */
static int
allow_group(scmp_filter_ctx filter, unsigned group)
{
	int count = 0, error;

	for (const char *const *name = calls_of(group); *name != NULL; name++) {
		int number = seccomp_syscall_resolve_name(*name);

		if (number == __NR_SCMP_ERROR) /* newer than this library */
			continue;
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		if (error != 0)
			return error;
		count += number >= 0;
	}
	return count;
}

static int
allow_if(scmp_filter_ctx filter, const struct condition *condition)
{
	struct scmp_arg_cmp when = { .arg = condition->argument,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = condition->mask,
		.datum_b = condition->value };

	return seccomp_rule_add_array(
	    filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(condition->name), 1, &when);
}

/* Signals to ourselves: abort(3), raise(3). */
static const struct condition *
to_ourselves(void)
{
	static struct condition condition = {
		.name = "tgkill", .argument = 0, .mask = WORD, .value = 0
	};

	condition.value = (uint64_t)getpid();
	return &condition;
}

static int
allow_conditions(scmp_filter_ctx filter, unsigned calls)
{
	int error = allow_if(filter, to_ourselves());

	for (size_t i = 0; i < sizeof conditions / sizeof conditions[0] && error == 0; i++)
		if ((conditions[i].group & calls) == conditions[i].group)
			error = allow_if(filter, &conditions[i]);
	return error;
}

/* The number of calls that are allowed without conditions. */
static int
fill(scmp_filter_ctx filter, unsigned calls)
{
	int count = 0, error;

#ifdef ORIEL_SANITIZED
	calls |= CALLS_SANITIZER;
#endif
	for (size_t i = 0; i < CALLS_GROUPS; i++) {
		unsigned group = calls_groups[i];
		int more = (group & calls) == group ? allow_group(filter, group) : 0;

		if (more < 0)
			return more;
		count += more;
	}
	error = allow_conditions(filter, calls);
	return error == 0 ? count : error;
}

int
seccomp_confine(unsigned calls, struct cause *why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int count = filter != NULL ? fill(filter, calls) : -ENOMEM, error = count;

	if (count < 0)
		goto done;
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1); /* where the kernel can */
	error = seccomp_load(filter);
done:
	if (filter != NULL)
		seccomp_release(filter);
	if (error >= 0)
		return count;
	errno = -error;
	return cause_errno(why, "seccomp");
}
