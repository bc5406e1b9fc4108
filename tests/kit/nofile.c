/* Copyright (c) 2026, crosscluster.elasticsearch contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Elasticsearch's bootstrap check wants 65535 open files; where the host's hard limit is lower and cannot be raised,
 * the server is told that it has them. Preloaded into the server only.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int getrlimit64(__rlimit_resource_t resource, struct rlimit64 *limit)
{
    int failed = syscall(SYS_prlimit64, 0, resource, NULL, limit);
    if (!failed && resource == RLIMIT_NOFILE && limit->rlim_max < 65535)
        limit->rlim_cur = limit->rlim_max = 65535;
    return failed;
}

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
    return getrlimit64(resource, (struct rlimit64 *) limit);
}
