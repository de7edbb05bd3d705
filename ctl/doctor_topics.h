/*
 * doctor_topics.h -- doctor's questions to the brokers: are they there, and do
 * the topics fit together?
 */
#ifndef CTL_DOCTOR_TOPICS_H
#define CTL_DOCTOR_TOPICS_H

#include "ctl/conf.h"
#include "ctl/findings.h"

/* Runs a loop of its own until all is answered or a limit passed. False: the
   brokers did not answer. */
bool doctor_topics(const struct ctl_conf *conf, struct findings *findings);

#endif
