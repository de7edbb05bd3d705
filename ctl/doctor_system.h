/*
 * doctor_system.h -- what doctor asks the machine: files, clock, limits,
 * kernel. Each adds its findings; none fails.
 */
#ifndef CTL_DOCTOR_SYSTEM_H
#define CTL_DOCTOR_SYSTEM_H

#include "ctl/findings.h"

void doctor_trust_anchor(const char *path, bool lab, struct findings *findings);
void doctor_public_suffixes(const char *path, struct findings *findings);
void doctor_clock(bool lab, struct findings *findings);
void doctor_limits(struct findings *findings);
void doctor_kernel(struct findings *findings);

#endif
