/*
 * doctor_times.h -- doctor's look at whose time the records of a topic carry:
 * what is decided by time rests on the brokers' (LogAppendTime), not on that
 * of whoever writes.
 */
#ifndef CTL_DOCTOR_TIMES_H
#define CTL_DOCTOR_TIMES_H

#include "ctl/cluster_state.h"
#include "ctl/conf.h"
#include "ctl/findings.h"

/* Asks the brokers, and blocks inside the limits of cluster.h. */
void doctor_times(const struct ctl_conf *conf, struct findings *findings);

/* found: topics with their configurations; those that are not there are left
   out. Pure. */
void doctor_times_judge(const struct topics *topics,
                        const struct cluster_state *found,
                        struct findings *findings);

#endif
